"""Every file of a run of the optimiser, for every shape of results."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import pandas
import pytest

from quantray.callers.report.database import check_database, write_database
from quantray.callers.report.files import write_all
from quantray.callers.report.html import report_html
from quantray.callers.report.sections import callers, in_detail
from quantray.callers.report.tables import PARTS, best_frame, calls_frame, parts_of, policy_table
from quantray.callers.report.trades import trades_frame
from quantray.callers.report.words import metric
from quantray.callers.results import CallerResults
from quantray.errors import ConfigError, DataError
from quantray.report.words import number
from tests.builders.caller_results import SHAPES, many, results
from tests.sweeps.report.test_files import Balanced

FILES = {"optimal_policies.csv", "trades.parquet", "calls.parquet", "worklist.csv", "summary.json", "report.html",
         "results.duckdb", "policies"}  # fmt: skip
KINDS = [pytest.param(s, marks=pytest.mark.slow) if s == "thousand callers" else s for s in SHAPES]
COMPARED = ("optimal_policies.csv", "trades.parquet", "calls.parquet", "worklist.csv")


def page(r: CallerResults) -> tuple[str, str]:
    html = report_html(r)
    reader = Balanced()
    reader.feed(html)
    assert reader.open == []
    return html, " ".join(" ".join(reader.said).split())


@pytest.mark.parametrize("shape", KINDS)
def test_every_file_is_written_and_reads_back(shape: str, tmp_path: Path):
    r = SHAPES[shape]()
    files = write_all(r, tmp_path / "run")
    assert set(files) == FILES
    left = {p.name for p in (tmp_path / "run").iterdir()}
    assert left == FILES - {"policies"} | {".quantray"}  # and nothing is left beside them
    found = json.loads(files["summary.json"].read_text(), parse_constant=lambda name: pytest.fail(name))
    assert list(found["units"]) == [u.name for u in r.units]
    assert len(pandas.read_csv(files["optimal_policies.csv"])) == len(r.units)
    assert len(pandas.read_parquet(files["calls.parquet"])) == len(r.coverage)
    with duckdb.connect(str(files["results.duckdb"]), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM best").fetchone() == (len(r.units),)


@pytest.mark.parametrize("shape", KINDS)
def test_the_page_stands_alone_and_prints_no_nothing(shape: str):
    html, said = page(SHAPES[shape]())
    assert re.findall(r"""(?:src|href|action)\s*=\s*["'](?!data:|#)""", html) == []
    assert re.findall(r"https?://|url\(|@import|<script", html) == []
    assert not re.findall(r"\b(?:None|nan|NaN|inf|NaT|<NA>)\b", said)
    drawn = re.findall(r'(?:points|x|y|x1|y1|x2|y2|width|height|cx|cy)="([^"]*)"', html)
    assert not [value for value in drawn if "nan" in value or "inf" in value]
    assert len(html) < 3_000_000


def test_the_same_results_give_the_same_bytes(tmp_path: Path):
    one, two = write_all(results(), tmp_path / "a"), write_all(results(), tmp_path / "b")
    for name in COMPARED:
        assert one[name].read_bytes() == two[name].read_bytes(), name
    assert report_html(results()) == report_html(results())


def test_what_took_how_long_is_in_no_compared_file(tmp_path: Path):
    one = write_all(results(), tmp_path / "a")
    two = write_all(replace(results(), seconds=99.0, reused=7), tmp_path / "b")
    for name in COMPARED:
        assert one[name].read_bytes() == two[name].read_bytes(), name


def test_the_best_policies_read_back_exactly(tmp_path: Path):
    r = results()
    read = pandas.read_csv(write_all(r, tmp_path)["optimal_policies.csv"]).set_index("unit")
    for unit in r.units:
        row = read.loc[unit.name]
        assert unit.policy is not None
        assert (row.tp, row.sl, row.hold_s, row.hold) == (unit.policy.tp, unit.policy.sl, 3600, "1h")
        assert (row.value_train, row.value_held_out) == (unit.value, unit.held_out_value)
        assert (row.n_calls, row.n_train, row.n_held_out) == (unit.n_calls, unit.n_train, unit.n_held_out)
        assert row.policy_number == unit.best
        assert r.plan.policies[int(row.policy_number)] == unit.policy
        for name, part in parts_of(unit):
            assert row[f"n_trades_{name}"] == part.metrics["n_trades"]
            assert row[f"max_drawdown_{name}"] == part.metrics["max_drawdown"]
        assert (row.verdict, row.collapsed) == (str(unit.verdict and unit.verdict.word), unit.collapsed)


def test_trades_add_up_to_what_is_reported():
    r = results()
    frame = trades_frame(r)
    for unit in r.units:
        for name, part in parts_of(unit):
            mine = frame[(frame.unit == unit.name) & (frame.part == name)]
            done = mine[mine.skipped == ""]
            m = part.metrics
            assert len(done) == m["n_trades"]
            assert done.net.mean() == pytest.approx(m["captured_return"])
            assert done.pnl.sum() == pytest.approx(part.trades.final_capital - r.plan.account.initial)
            assert done.ambiguous.astype(float).mean() == pytest.approx(m["ambiguous_share"])
            assert (mine.skipped == "max_positions_per_asset").sum() == m["skipped_max_positions_per_asset"]
            assert mine.entry_ns.is_monotonic_increasing
            skipped = mine[mine.skipped != ""]
            assert skipped[["exit", "net", "pnl", "size", "reason"]].isna().all().all()
            assert list(mine.asset) == [r.coverage.plan.calls.assets[a] for a in part.trades.asset]


def test_calls_say_what_became_of_each():
    r = results()
    frame, whole = calls_frame(r), r.unit("(all callers)")
    count = frame.part.value_counts()
    assert (count["train"], count["held_out"], count["dropped"]) == (whole.n_train, whole.n_held_out, whole.n_dropped)
    assert set(frame[frame.part == "excluded"].reason) == {"late_entry"}
    assert (frame.reason == "").sum() == whole.n_eligible
    assert frame[~frame.eligible].entry.isna().all()


def test_the_grid_is_asked_by_unit():
    r = results()
    mine = policy_table(r, "caller_1")
    assert len(mine) == len(r.plan.policies) * len(PARTS)
    assert len(policy_table(r)) == len(mine) * len(r.units)
    best = mine[(mine.part == "train") & (mine.policy == r.unit("caller_1").best)]
    assert best.captured_return.iloc[0] == r.unit("caller_1").value


def test_the_database_keeps_what_was_imported(tmp_path: Path):
    r = results()
    path = write_all(r, tmp_path)["results.duckdb"]
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE imported_results AS SELECT 42 AS answer")
        connection.execute("CREATE TABLE scribbles AS SELECT 1 AS x")
    assert write_all(r, tmp_path)["results.duckdb"] == path
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        assert tables == {"policies", "best", "trades", "calls", "imported_results", "scribbles"}
        assert connection.execute("SELECT answer FROM imported_results").fetchone() == (42,)
        n = connection.execute("SELECT count(*) FROM policies WHERE part = 'train'").fetchone()
    assert n == (len(r.units) * len(r.plan.policies),)


def test_a_database_that_cannot_be_read_is_not_overwritten(tmp_path: Path):
    path = tmp_path / "results.duckdb"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(DataError, match="move it away"):
        write_database(path, {}, tmp_path)
    with pytest.raises(ConfigError, match="move it away"):
        check_database(path)
    assert path.read_bytes().startswith(b"not a database")
    assert [p.name for p in tmp_path.iterdir()] == ["results.duckdb"]


def test_held_out_results_come_first_and_decide_the_order():
    r = results(8, 300)
    html, _ = page(r)
    head = re.findall(r"<th>([^<]*)</th>", html[html.index('class="grid callers"') :])
    assert head[:5] == ["caller, best policy", "held out", "trades", "one candle late", "dead at zero"]
    assert head.index("held out") < head.index("training")
    values = [u.held_out_value for u in callers(r) if u.held_out_value is not None]
    assert values == sorted(values, reverse=True)
    assert len(values) >= 6


def test_every_figure_of_the_table_is_the_results_own():
    r = results()
    html, _ = page(r)
    body = html[html.index('class="grid callers"') :]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr[^>]*>(<td>.*?)</tr>", body)]
    found = {re.sub("<small.*|<[^>]*>", "", row[0]): row for row in rows[: len(r.units)]}
    for unit in r.units:
        assert unit.train is not None
        assert unit.held_out is not None
        held, train, late = unit.held_out.metrics, unit.train.metrics, unit.lanes["one candle late"][1]
        assert late is not None
        assert found[unit.name][1:8] == [
            metric("captured_return", unit.held_out_value), number(held["n_trades"]),
            metric("captured_return", late["captured_return"]), metric("captured_return", held["captured_return"]),
            metric("captured_return", unit.value), number(train["n_trades"]), metric("win_rate", held["win_rate"]),
        ]  # fmt: skip


def test_the_page_says_what_a_reader_looks_for():
    r = results()
    _, said = page(r)
    for words in (
        "held out first, because that is what counts", "All callers on one account", "one candle late", "dead at zero",
        "costs 50/100 bps", "One step away in one level", "Account over time", "What ended the trades",
        "order inside a candle decided", "mean R multiple", "Net return of each trade", "Quality of the candles",
        "Calls left out or thin", "left out: first candle too late", "thin windows", "Spelt so alike",
        "caller_0 and caller_O", "without a call in the data: nobody", "30 fee + 10 slippage", "Reproduce",
        "Stop at 0.95x the entry", "9 policies", "token<1>", *r.digests,
    ):  # fmt: skip
        assert words in said, words
    for unit in r.units:
        assert unit.verdict is not None
        assert unit.verdict.headline in said


def test_a_thousand_callers_stay_one_usable_page():
    r = many(1000)
    html, said = page(r)
    assert len(in_detail(r)) == r.plan.report.top + 3
    assert html.count('class="card unit"') == r.plan.report.top + 4  # and the group
    assert said.count("caller_00500") == 1
    assert len(html) < 2_000_000


def test_zero_trades_is_said_loudly():
    r = results(minimum=1e9)
    html, said = page(r)
    assert "ZERO TRADES for caller_0, caller_1, caller_2" in said
    assert "No caller has a best policy" in said
    assert 'class="card loud"' in html
    frame = best_frame(r)
    assert set(frame.state) == {"no_trades"}
    assert frame.policy.isna().all()
    assert len(trades_frame(r)) == 0


def test_a_policy_that_was_never_tried_on_held_out_calls_is_said_loudly():
    r = results()
    unit = r.unit("caller_1")
    assert unit.held_out is not None
    none = {**dict.fromkeys(unit.held_out.metrics), "n_trades": 0}
    empty = replace(unit.held_out.trades, **{
        name: getattr(unit.held_out.trades, name)[:0] for name in unit.held_out.trades.__slots__
        if isinstance(getattr(unit.held_out.trades, name), np.ndarray)
    })  # fmt: skip
    silent = replace(unit, held_out=replace(unit.held_out, metrics=none, trades=empty), held_out_value=None)
    _, said = page(replace(r, units=[silent if u is unit else u for u in r.units]))
    assert "ZERO TRADES on the held-out calls: the best policy of caller_1 is untested" in said


def test_constraints_that_nobody_meets_leave_every_caller_in_the_table():
    r = results(min_trades=500)
    html, said = page(r)
    assert said.count("no policy meets the constraints") >= len(r.units)
    assert html.count('class="empty"') == len(r.units) - 1
    assert "No result" in said


def test_without_held_out_calls_there_is_no_column_for_them():
    html, said = page(results(fraction=0.0, mode="per_caller", limited=False))
    assert "<th>held out</th>" not in html
    assert "Nothing was held out" in said
    assert "Net returns of the trades, cumulated" in said
    assert "final capital" not in said


def test_a_group_alone_is_judged_by_its_own_verdict():
    r = results(mode="grouped")
    _, said = page(r)
    group = r.units[0]
    assert group.verdict is not None
    assert f"Should you believe it? {str(group.verdict.word).capitalize()}" in said
    assert "All 3 callers share one account" in said


def test_names_are_escaped():
    r = results()
    units = [replace(u, name=f"<b>{u.name}</b>&") if u.name == "caller_1" else u for u in r.units]
    html, said = page(replace(r, units=units, notes=("<script>alert(1)</script>",)))
    assert "<script" not in html
    assert "<b>caller_1</b>&" in said
