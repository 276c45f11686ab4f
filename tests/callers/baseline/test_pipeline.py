"""From a plan to files: bytes that do not depend on who made them, what is told on the way, what is left out."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quantray.callers.baseline import BaselineProgress, BaselineSettings
from quantray.callers.baseline.columns import ALERTS, MULTIPLES
from quantray.callers.baseline.progress import STAGES
from quantray.callers.baseline_study import BaselineStudy, baseline, open_baseline
from quantray.callers.data import CallsData, CallSettings, CoverageSettings
from quantray.callers.policies import read_policy
from quantray.callers.report.baseline.tables import alerts_frame
from quantray.callers.report.baseline.words import multiple
from quantray.callers.report.beside import sheet
from quantray.callers.report.words import metric
from quantray.errors import ConfigError, DataError
from quantray.plain import original
from quantray.settings import Runner
from tests.builders import call_plans
from tests.builders.baselines import TABLES, bytes_of, finished, plan_on
from tests.builders.call_plans import market
from tests.builders.call_tables import call_rows, candle_rows, changed, data_of, minute
from tests.builders.rays import own_ray

ROOT = Path(__file__).parents[3]
ATH = "median_ath_multiple"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> CallsData:
    return market(tmp_path_factory.mktemp("market"), n_calls=90, length=900)


@pytest.fixture(scope="module")
def straight(data: CallsData, tmp_path_factory: pytest.TempPathFactory) -> BaselineStudy:
    return finished(data, tmp_path_factory.mktemp("straight"))


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 4])
def test_workers_and_buckets_change_no_byte(
    data: CallsData, straight: BaselineStudy, tmp_path: Path, workers: int
) -> None:
    finished(replace(data, bucket_rows=(100, 100_000)[workers == 1]), tmp_path, runner=Runner("local", workers))
    assert bytes_of(tmp_path) == bytes_of(straight.plan.run_dir)


@pytest.mark.slow
def test_ray_data_gives_the_same_bytes(data: CallsData, straight: BaselineStudy, tmp_path: Path) -> None:
    with own_ray():
        finished(data, tmp_path, runner=Runner("ray", 2, in_process_s=0))
    assert bytes_of(tmp_path) == bytes_of(straight.plan.run_dir)


@pytest.mark.slow
def test_killed_and_resumed_the_bytes_are_the_same(tmp_path: Path) -> None:
    row = 2

    def start(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tests.builders.killed_baseline", str(tmp_path), *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)

    assert start(row).returncode == -signal.SIGKILL
    done = start()
    assert done.returncode == 0, done.stderr
    first, *_ = done.stdout.splitlines()
    assert first == f"{row} {row}"  # what was noted is not done again
    (tmp_path / "other").mkdir()
    finished(market(tmp_path / "other", bucket_rows=300), tmp_path / "straight")
    assert bytes_of(tmp_path / "run") == bytes_of(tmp_path / "straight")


@pytest.mark.slow
def test_a_damaged_piece_is_made_again(data: CallsData, straight: BaselineStudy, tmp_path: Path) -> None:
    finished(data, tmp_path)
    piece = next((tmp_path / ".quantray").rglob("alerts.npy"))
    piece.write_bytes(piece.read_bytes()[:-1] + b"x")
    said: list[str] = []
    again = baseline(plan_on(data, tmp_path), say=said.append)
    assert again.results.remade == 1
    assert any("1 damaged" in sentence for sentence in said)
    assert bytes_of(tmp_path) == bytes_of(straight.plan.run_dir)


@pytest.mark.slow
def test_every_call_has_one_row_in_order(straight: BaselineStudy) -> None:
    alerts = straight.alerts()
    assert tuple(alerts.columns) == ALERTS
    assert len(alerts) == len(straight.results.coverage) == straight.results.counts["kept"]
    keys = list(zip(alerts["ts_ns"], alerts["asset"], alerts["call_id"], strict=True))
    assert keys == sorted(keys)
    measured = alerts["status"] == "ok"
    assert 0 < measured.sum() < len(alerts)
    assert alerts.loc[measured, ["ath_multiple", "time_to_ath_s", "end_return", "silent_s"]].notna().all(axis=None)
    never = ["ath_multiple", "time_to_ath_s", "tp_sl_reason", "dead", "headfake", "late_ath_multiple", "tp_sl_net"]
    assert alerts.loc[~measured, never].isna().all(axis=None)
    assert alerts.loc[~measured, "why_not"].notna().all()


def test_files_hold_the_same_table(straight: BaselineStudy) -> None:
    folder, alerts = straight.plan.run_dir, straight.alerts()
    pandas.testing.assert_frame_equal(pq.read_table(folder / "alerts.parquet").to_pandas(), plain(alerts))
    with duckdb.connect(str(folder / "results.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*), count(ath_multiple) FROM alerts").fetchone() == (
            len(alerts), int(alerts["ath_multiple"].notna().sum()))  # fmt: skip
        named = connection.execute("SELECT caller FROM leaderboard ORDER BY place NULLS LAST, caller").fetchall()
    assert [name for (name,) in named] == straight.leaderboard()["caller"].tolist()
    read = pandas.read_csv(folder / "alerts.csv")
    assert read["call_id"].map(original).tolist() == alerts["call_id"].tolist()
    assert read["ath_multiple"].dropna().tolist() == alerts["ath_multiple"].dropna().tolist()


def plain(frame: pandas.DataFrame) -> pandas.DataFrame:
    """As Parquet gives it back: numbers with holes are floats, truth with holes objects."""
    import pyarrow

    return pyarrow.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None).to_pandas()


def test_the_table_and_the_plain_rows_are_one(straight: BaselineStudy) -> None:
    alerts, frame = straight.results.alerts, straight.alerts()
    rows = alerts.rows(np.arange(len(alerts)))
    for i, row in enumerate(rows):
        kept = {name: None if pandas.isna(value) else value for name, value in frame.iloc[i].items()}
        assert kept == row


def test_the_leaderboard_says_what_the_rows_say(straight: BaselineStudy) -> None:
    alerts, board = straight.alerts(), straight.leaderboard().set_index("caller")
    for caller, mine in alerts.groupby("caller"):
        ok, row = mine[mine["status"] == "ok"], board.loc[caller]
        assert row["n_calls"] == len(mine)
        assert row["n_ok"] == len(ok)
        assert row["median_ath_multiple"] == np.median(ok["ath_multiple"])
        assert row["p75_ath_multiple"] == pytest.approx(np.quantile(ok["ath_multiple"], 0.75), rel=1e-15)
        assert row["p05_end_return"] == pytest.approx(np.quantile(ok["end_return"], 0.05), rel=1e-15)
        net = ok["tp_sl_net"]
        assert row["expectancy"] == pytest.approx(net.mean(), rel=1e-14)
        assert row["win_rate"] == (net > 0).mean()
        lost = -net[net < 0].sum()
        assert row["profit_factor"] == pytest.approx(net[net > 0].sum() / lost, rel=1e-14)
        for name in MULTIPLES:
            times = ok[f"time_to_{name}_s"].dropna()
            assert (row[f"n_{name}"], row[f"hit_rate_{name}"]) == (len(times), len(times) / len(ok))
            if len(times):
                assert row[f"median_time_to_{name}_s"] == np.median(times.astype(float))
        reasons = Counter(ok["tp_sl_reason"])
        assert [row[f"n_{name}"] for name in ("target", "stop", "horizon")] == [
            reasons[name] for name in ("target", "stop", "horizon")
        ]
        dead = np.where(ok["dead"].astype(bool), -1.0, ok["end_return"])
        assert row["mean_end_return_dead_at_zero"] == pytest.approx(dead.mean(), rel=1e-13)


@pytest.mark.slow
def test_too_few_calls_have_no_place(data: CallsData, tmp_path: Path) -> None:
    board = finished(data, tmp_path, baseline=BaselineSettings(min_calls=8)).leaderboard()
    placed = board["n_ok"] >= 8
    assert 0 < placed.sum() < len(board)
    assert board["place"].notna().tolist() == placed.tolist() == sorted(placed, reverse=True)
    values = board.loc[placed, "median_ath_multiple"].tolist()
    assert values == sorted(values, reverse=True)


@pytest.mark.slow
def test_what_is_told_on_the_way(data: CallsData, tmp_path: Path) -> None:
    told: list[BaselineProgress] = []
    study = baseline(plan_on(replace(data, bucket_rows=100), tmp_path), progress=told.append, say=print)
    assert list(dict.fromkeys(e.stage for e in told)) == list(STAGES)
    events = [e for e in told if e.stage == "first touch"]
    assert [e.done for e in events] == list(range(events[-1].total + 1))
    assert [e.measured for e in events] == sorted({e.measured for e in events})
    assert events[-1].measured == events[-1].eligible == (study.alerts()["status"] == "ok").sum()
    halfway = events[len(events) // 2]
    assert halfway.alerts is not None
    assert halfway.alerts.done.sum() == halfway.measured == sum(c.n for c in halfway.callers()) < halfway.eligible
    done = study.alerts()[halfway.alerts.done]
    assert halfway.medians.ath_multiple == done["ath_multiple"].median()
    for caller in halfway.callers():
        mine = done[done["caller"] == caller.caller]
        assert caller.n == len(mine)
        assert caller.median_ath_multiple == (mine["ath_multiple"].median() if len(mine) else None)
        rows = halfway.alerts.rows(halfway.alerts.of(caller.caller))
        assert sum(row["ath_multiple"] is not None for row in rows) == caller.n
    assert events[0].rate is None
    assert all(e.rate is not None and e.eta is not None for e in events[1:])
    again: list[BaselineProgress] = []
    baseline(plan_on(replace(data, bucket_rows=100), tmp_path), progress=again.append, say=print)
    first = next(e for e in again if e.stage == "first touch")
    assert first.measured == first.eligible
    assert (first.reused, first.rate) == (first.total, None)


def test_a_callers_calls_and_a_calls_candles(straight: BaselineStudy) -> None:
    mine = straight.alerts("caller_1")
    assert set(mine["caller"]) == {"caller_1"}
    row = mine[mine["status"] == "ok"].iloc[0]
    stored = open_baseline(straight.plan.run_dir)
    assert stored.study == "test"
    for study in (straight, stored):
        candles, marks = study.candles(row["call_id"]), study.milestones(row["call_id"])
        assert candles.open[0] == row["entry_price"] == candles.entry_price
        assert candles.high.max() / candles.entry_price == row["ath_multiple"]
        assert candles.ts[0] == row["entry_ns"]
        assert candles.ts[-1] < candles.until_ns == row["entry_ns"] + 7200 * 10**9
        thin = candles.thinned(7)
        assert (len(thin), thin.high.max(), thin.low.min()) == (7, candles.high.max(), candles.low.min())
        assert thin.close[-1] == candles.close[-1]
        assert [m.ns for m in marks] == sorted(m.ns for m in marks)
        by_name = {m.name: m for m in marks}
        assert by_name["ath"].multiple == row["ath_multiple"]
        assert by_name["end"].multiple == pytest.approx(1 + row["end_return"])
        with pytest.raises(ConfigError, match="unknown call 'nobody'"):
            study.candles("nobody")
        with pytest.raises(ConfigError, match="unknown caller 'caller_9'; did you mean"):
            study.alerts("caller_9")
        left_out = mine[mine["why_not"].notna() & mine["entry_ns"].isna()].iloc[0]
        with pytest.raises(DataError, match="has no entry"):
            study.candles(left_out["call_id"])
        assert study.milestones(left_out["call_id"]) == []


@pytest.mark.slow
def test_statuses_and_their_reasons(tmp_path: Path) -> None:
    candles = candle_rows({"A": range(300), "LATE": [40, *range(100, 300)], "NEW": range(290, 300)})
    bad = np.where(np.arange(candles.num_rows) == 50, np.nan, np.asarray(candles["open"]))
    calls = call_rows(("x", "A", 10), ("x", "A", 50), ("x", "A", 250), ("x", "LATE", 50), ("x", "NOWHERE", 10))
    study = finished(data_of(tmp_path, calls, changed(candles, open=bad)), tmp_path / "run")
    found = study.alerts().set_index(["asset", "ts_ns"])[["status", "why_not"]].fillna("")
    assert [found.loc[key].tolist() for key in (("A", minute(10)), ("A", minute(50)), ("A", minute(250)),
                                                ("LATE", minute(50)), ("NOWHERE", minute(10)))] == [
        ["ok", ""], ["bad_entry", "bad_price"], ["too_new", "too_new"], ["missing", "late_entry"],
        ["missing", "no_candles"],
    ]  # fmt: skip
    with (tmp_path / "run" / "worklist.csv").open() as file:
        assert sorted(line.split(",")[0] for line in file.readlines()[1:]) == ["A", "A", "LATE", "NOWHERE"]


@pytest.mark.slow
def test_who_dies_ends_at_the_last_close_and_at_nothing(tmp_path: Path) -> None:
    """DEAD stops for ever, PAUSE prints again behind the horizon: only the first counts as dead."""
    pause = [*range(60), *range(300, 310)]
    data = data_of(tmp_path, call_rows(("x", "DEAD", 10), ("x", "PAUSE", 10), ("x", "ALIVE", 10)),
                   candle_rows({"DEAD": range(60), "PAUSE": pause, "ALIVE": range(400)}))  # fmt: skip
    study = finished(data, tmp_path / "run")
    alerts = study.alerts().set_index("asset")
    assert alerts["dead"].to_dict() == {"DEAD": True, "PAUSE": False, "ALIVE": False}
    assert alerts["silent_s"].to_dict() == {"DEAD": 4200, "PAUSE": 4200, "ALIVE": 0}
    assert alerts.loc["DEAD", "end_return"] == alerts.loc["PAUSE", "end_return"] > 0
    (row,) = study.results.leaderboard
    ends = alerts["end_return"]
    assert row["mean_end_return"] == pytest.approx(ends.mean())
    assert row["mean_end_return_dead_at_zero"] == pytest.approx((ends["PAUSE"] + ends["ALIVE"] - 1) / 3)
    assert row["expectancy_dead_at_zero"] < row["expectancy"]
    assert any("Of 3 measured calls, 1 on assets that fell silent" in note for note in study.results.notes)


@pytest.mark.slow
def test_a_change_of_scale_is_told_beside_the_callers_it_touched(tmp_path: Path) -> None:
    candles = candle_rows({"X": range(400), "Y": range(400)})
    scale = np.where((np.arange(800) < 400) & (np.arange(800) >= 200), 1000.0, 1.0)
    candles = changed(candles, **{n: np.asarray(candles[n]) * scale for n in ("open", "high", "low", "close")})
    calls = call_rows(("across", "X", 150), ("before", "X", 20), ("after", "X", 250), ("other", "Y", 150))
    study = finished(data_of(tmp_path, calls, candles), tmp_path / "run")
    alerts = study.alerts().set_index("caller")
    assert alerts["rescaled"].to_dict() == {"across": True, "before": False, "after": False, "other": False}
    (note,) = [n for n in study.results.notes if "change scale" in n]
    assert "across (1)" in note
    assert "before" not in note


def test_entered_one_candle_later_until_the_same_end(straight: BaselineStudy) -> None:
    alerts = straight.alerts()
    for row in alerts[alerts["late_ath_multiple"].notna()].head(20).to_dict("records"):
        candles = straight.candles(row["call_id"])
        price = candles.open[1]
        assert row["late_ath_multiple"] == max(candles.high[1:].max() / price, 1.0)
        assert row["late_end_return"] == candles.close[-1] / price - 1.0


@pytest.mark.slow
def test_a_run_over_policies_measures_its_calls_alike(straight: BaselineStudy, data: CallsData, tmp_path: Path) -> None:
    """What its report shows beside the policies is what the baseline alone says of the calls that both measure."""
    from quantray.callers.baseline.offered import baseline_of

    results = call_plans.finished(data, tmp_path, policies=(read_policy({"sl": 0.9, "hold": "2h"}),))
    found = baseline_of(results)
    assert found is not None
    beside, alone = (alerts_frame(a).set_index("call_id") for a in (found.alerts, straight.results.alerts))
    pandas.testing.assert_frame_equal(beside, alone)
    rows = {row[0]: row for row in sheet(results, found).rows}
    board = straight.leaderboard().set_index("caller")
    for unit in results.units:
        net = unit.held_out.metrics["captured_return"] if unit.held_out is not None else None
        assert rows[unit.name][1:3] == [f"{board.loc[unit.name, 'n_ok']}", multiple(board.loc[unit.name, ATH])]
        assert rows[unit.name][6].startswith(metric("captured_return", net))


@pytest.mark.slow
def test_coverage_by_window_says_that_it_selects_on_the_future(data: CallsData, tmp_path: Path) -> None:
    study = finished(data, tmp_path, coverage=CoverageSettings(mode="window", min_share=0.3))
    assert "low_coverage" in set(study.alerts()["why_not"].dropna())
    assert any("selects on the future" in note for note in study.results.notes)


def test_a_folder_with_the_results_of_another_study_is_refused(straight: BaselineStudy, data: CallsData) -> None:
    before = bytes_of(straight.plan.run_dir)
    with pytest.raises(ConfigError, match=r"holds alerts\.parquet of the study 'test', and this is 'other'"):
        baseline(replace(straight.plan, study="other"))
    assert bytes_of(straight.plan.run_dir) == before


def test_other_settings_under_one_name_are_refused(straight: BaselineStudy) -> None:
    from quantray.errors import LedgerError

    with pytest.raises(LedgerError, match=r"baseline\.sl: 0\.5 -> 0\.6"):
        baseline(replace(straight.plan, baseline=BaselineSettings(sl=0.6, min_calls=3)))


def test_no_directory_holds_a_baseline_but_one_that_does(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="holds no finished alert baseline"):
        open_baseline(tmp_path)
    (tmp_path / "summary.json").write_text('{"study": "v1"}')
    with pytest.raises(ConfigError, match=r"its summary\.json is of something else"):
        open_baseline(tmp_path)


def test_nothing_eligible_writes_nothing(data: CallsData, tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"no call is eligible: too_new=86 of 86 calls; the candles end at .*horizon=\d+m"
    ):
        finished(data, tmp_path / "run", calls=CallSettings(horizon="500h"))
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_names_that_a_spreadsheet_runs_are_harmless_in_csv_and_whole_elsewhere(tmp_path: Path) -> None:
    names: list[Any] = ["=1+1", "a\x1b[31m", "<b>x</b>"]
    data = data_of(tmp_path, call_rows(*[(name, "A", 10 + i) for i, name in enumerate(names)]),
                   candle_rows({"A": range(300)}))  # fmt: skip
    study = finished(data, tmp_path / "run")
    assert sorted(study.leaderboard()["caller"]) == sorted(names)
    assert sorted(open_baseline(tmp_path / "run").leaderboard()["caller"]) == sorted(names)
    text = (tmp_path / "run" / "leaderboard.csv").read_text()
    assert "\x1b" not in text
    assert ",'=1+1," in text
    page = (tmp_path / "run" / "report.html").read_text()
    assert "<b>x</b>" not in page
    assert "\x1b" not in page
    assert set(TABLES) <= {path.name for path in (tmp_path / "run").iterdir()}


@pytest.mark.slow
def test_figures_stand_beside_those_without_edited_calls(tmp_path: Path) -> None:
    data = market(tmp_path, n_calls=45, n_assets=3, length=300)
    with duckdb.connect(str(data.duckdb), read_only=True) as connection:
        calls, candles = (connection.sql(f"FROM {name}").to_arrow_table() for name in ("calls", "candles"))
    edited = np.array([name == "caller_0" and i % 3 == 0 for i, name in enumerate(calls["caller"].to_pylist())])
    (tmp_path / "marked").mkdir()
    marked = data_of(tmp_path / "marked", calls.append_column("edited", pa.array(edited)), candles)
    found = finished(marked, tmp_path / "run")
    notes = found.results.notes
    (figures,) = (note for note in notes if "edited after being made" in note)
    alerts = alerts_frame(found.results.alerts)
    marks = pandas.DataFrame({"call_id": calls["call_id"].to_pylist(), "edited": edited})
    ok = alerts[alerts.status == "ok"].merge(marks)
    assert figures.startswith(f"{int(ok.edited.sum())} measured calls were edited")
    medians = [f"{some.ath_multiple.median():.4g}" for some in (ok, ok[~ok.edited])]
    assert f"the median highest multiple is {medians[0]} with them and {medians[1]} without them" in figures
    (doubted,) = (note for note in notes if note.startswith("More than 5% of the calls of"))
    assert "caller_0 (" in doubted
    assert "caller_1" not in doubted
