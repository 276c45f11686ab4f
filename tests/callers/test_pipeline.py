"""From a plan to results: bytes that do not depend on who computed them, modes, lanes, verdicts, what is said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from quantray.callers.data import CallsData, CoverageSettings
from quantray.callers.data.synthetic_settings import SyntheticCalls
from quantray.callers.pipeline import run
from quantray.callers.plan import CallerPlan
from quantray.callers.policies import grid, read_policy
from quantray.callers.policies.account import Account
from quantray.callers.progress import STAGES, Progress
from quantray.callers.results import GROUP, CallerResults
from quantray.errors import DataError
from quantray.settings import OutOfSample, Runner
from quantray.stats.checks import Word
from tests.builders.call_plans import TP_SL, bytes_of, finished, market, plan_on, shown
from tests.builders.rays import own_ray
from tests.builders.vendor_markets import three


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 4])
def test_workers_change_no_byte(data: CallsData, both: CallerResults, tmp_path: Path, workers: int) -> None:
    again = finished(data, tmp_path, mode="both", runner=Runner("local", workers))
    assert bytes_of(tmp_path) == bytes_of(both.table.parent)
    assert shown(again) == shown(both)


@pytest.mark.slow
def test_ray_gives_the_same_bytes(data: CallsData, both: CallerResults, tmp_path: Path) -> None:
    with own_ray():
        again = finished(data, tmp_path, mode="both", runner=Runner("ray", 2, in_process_s=0))
    assert bytes_of(tmp_path) == bytes_of(both.table.parent)
    assert shown(again) == shown(both)


@pytest.mark.slow
def test_small_work_stays_in_this_process(data: CallsData, both: CallerResults, tmp_path: Path) -> None:
    said: list[str] = []
    again = run(plan_on(data, tmp_path, mode="both", runner=Runner("ray", 2)), say=said.append)
    assert [s for s in said if "runner.in_process_s" in s]
    assert shown(again) == shown(both)


@pytest.mark.slow
def test_the_order_of_the_calls_in_the_file_changes_nothing(
    data: CallsData, both: CallerResults, tmp_path: Path
) -> None:
    other = market(tmp_path, reverse=True)
    again = finished(other, tmp_path / "run", mode="both")
    assert bytes_of(tmp_path / "run") == bytes_of(both.table.parent)
    assert shown(again) == shown(both)


@pytest.mark.slow
def test_blocks_and_buckets_of_any_size_give_the_same_table(
    data: CallsData, both: CallerResults, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quantray.callers.stages import scores, touch

    monkeypatch.setattr(scores, "PAIRS", 70)
    monkeypatch.setattr(touch, "AT_ONCE", 10_000)
    again = finished(replace(data, bucket_rows=100), tmp_path, mode="both")
    assert bytes_of(tmp_path) == bytes_of(both.table.parent)
    assert shown(again) == shown(both)
    assert len(list((tmp_path / ".quantray").glob("*/*/scores/units/*.npy"))) > 10
    assert len(list((tmp_path / ".quantray").glob("*/*/tables/*/*"))) > 10


@pytest.mark.slow
def test_a_second_run_does_nothing_again(data: CallsData, tmp_path: Path) -> None:
    first = finished(data, tmp_path, mode="both")
    before = bytes_of(tmp_path)
    told: list[Progress] = []
    second = run(plan_on(data, tmp_path, mode="both"), progress=told.append, say=print)
    assert (first.reused, second.reused > 0) == (0, True)
    assert bytes_of(tmp_path) == before
    assert shown(second) == shown(first)
    assert all(p.done == p.total == p.reused for p in told if p.stage in ("first touch", "scores", "ranking"))
    assert [s for s in STAGES if s in {p.stage for p in told}] == list(STAGES)


def test_units_say_how_many_calls_they_rest_on(both: CallerResults) -> None:
    assert [u.name for u in both.units] == ["caller_0", "caller_1", "caller_2", GROUP]
    *callers, group = both.units
    for name in ("n_calls", "n_eligible", "n_train", "n_held_out", "n_dropped"):
        assert sum(getattr(u, name) for u in callers) == getattr(group, name)
    for unit in both.units:
        assert unit.n_eligible == unit.n_train + unit.n_held_out + unit.n_dropped
        assert sum(unit.counts.values()) == len(both.plan.policies)
    assert group.n_calls == both.counts["kept"]


@pytest.mark.slow
def test_an_account_without_limits_trades_every_call(data: CallsData, tmp_path: Path) -> None:
    found = finished(data, tmp_path, account=Account(limited=False))
    for unit in found.ranked:
        assert unit.train.metrics["n_trades"] + unit.train.metrics["no_entry"] == unit.n_train
        assert unit.train.metrics["final_capital"] is None
        assert not len(unit.train.equity)


@pytest.mark.slow
def test_sharpe_can_be_the_objective(data: CallsData, tmp_path: Path) -> None:
    found = finished(data, tmp_path, objective="sharpe", policies=TP_SL)
    for unit in found.ranked:
        assert unit.value == unit.train.metrics["sharpe"]
        assert unit.held_out_value == unit.held_out.metrics["sharpe"]


@pytest.mark.slow
def test_nothing_held_out(data: CallsData, tmp_path: Path) -> None:
    found = finished(data, tmp_path, oos=OutOfSample(0), mode="both")
    assert found.split_ns is None
    for unit in found.ranked:
        assert unit.held_out is None
        assert unit.held_out_value is None
        assert unit.collapsed_held_out is None
        assert unit.verdict.word != Word.BELIEVE
    assert pq.read_table(found.table)["part"].unique().to_pylist() == ["train"]
    assert any("oos.fraction=0" in note for note in found.notes)


@pytest.mark.slow
def test_grouped_alone_has_one_unit(data: CallsData, both: CallerResults, tmp_path: Path) -> None:
    found = finished(data, tmp_path, mode="grouped")
    assert [u.name for u in found.units] == [GROUP]
    assert shown(found)[0] == shown(both)[-1]


@pytest.mark.slow
def test_a_selection_by_the_whole_window_says_that_it_looks_ahead(data: CallsData, tmp_path: Path) -> None:
    found = finished(data, tmp_path, policies=TP_SL, coverage=CoverageSettings("window", 0.05))
    assert any("selects on the future" in note for note in found.notes)


def test_no_eligible_call_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    data = market(tmp_path)
    plan = replace(plan_on(data, tmp_path / "run"), policies=(read_policy({"hold": "900h"}),))
    with pytest.raises(DataError, match="no call is eligible"):
        run(plan, say=print)
    assert not (tmp_path / "run").exists()


def synthetic(folder: Path, **settings: object) -> CallerPlan:
    market = SyntheticCalls(assets=30, callers=4, calls=800, days=28, **settings)  # type: ignore[arg-type]
    data = CallsData("synthetic", from_="2025-01-01", cache=str(folder / "cache"), synthetic=market)
    policies = grid("v1", tp_mults=(1.2, 1.3, 1.5), sl_mults=(0.85, 0.9), hold="12h")
    return CallerPlan("edge", data, policies, folder / "run", runner=Runner("local", 2))


@pytest.mark.slow
def test_a_planted_edge_is_found_and_nobody_elses(tmp_path: Path) -> None:
    found = run(synthetic(tmp_path, edge={"caller_2": 2.0}, dead_share=0.0), say=print)
    words = {u.name: u.verdict.word for u in found.units}
    edge = found.unit("caller_2")
    assert edge.value > 0.02
    assert edge.held_out_value > 0.02
    assert edge.pick is not None
    assert edge.pick.held_out_value > 0.02
    survive = next(c for c in edge.verdict.checks if c.name == "survivors")
    assert survive.passed
    words.pop("caller_2")
    assert not {Word.BELIEVE, Word.DOUBTFUL} & set(words.values())


@pytest.mark.slow
def test_the_embedded_default_runs(tmp_path: Path) -> None:
    data = CallsData("synthetic", from_="2025-01-01", cache=str(tmp_path / "cache"))
    found = run(CallerPlan("default", data, grid("v1"), tmp_path / "run", mode="both"), say=print)
    assert len(found.units) == 9
    assert found.ranked
    assert all(u.verdict.word != Word.BELIEVE for u in found.units)


@pytest.mark.slow
def test_a_market_in_layouts_of_vendors_is_the_same_market(tmp_path: Path) -> None:
    """Klines and Telegram, named; Birdeye and Discord, guessed: the results of our own layout, to the last bit."""
    found = {
        name: finished(data, tmp_path / name / "run", policies=TP_SL[:2], stress=False)
        for name, data in three(tmp_path, n_calls=45, n_assets=3, length=300).items()
    }
    own = shown(found["own"])
    assert any(unit.state == "ranked" for unit in found["own"].units)
    for name in ("binance", "birdeye"):
        assert shown(found[name]) == own, name
        assert any(sentence.startswith("Candles of 3 files: read as") for sentence in found[name].notes)
        assert any("calls were read from" in sentence for sentence in found[name].notes)
        deleted = {"binance": "No id is missing between", "birdeye": "How many messages were deleted cannot be seen"}
        assert any(sentence.startswith(deleted[name]) for sentence in found[name].notes)


@pytest.mark.slow
def test_an_objective_of_ones_own_ranks_as_its_formula_says(
    data: CallsData, both: CallerResults, tmp_path: Path
) -> None:
    """One that is worth the metric gives the metric's ranking; what it reads is measured for every policy."""
    text = "captured_return + 0 * max_drawdown"
    own = finished(data, tmp_path, mode="both", objective=text)
    for unit in own.units:
        other = both.unit(unit.name)
        assert (unit.best, unit.value, unit.held_out_value) == (other.best, other.value, other.held_out_value)
        assert [i for i, *_ in unit.top] == [i for i, *_ in other.top]
        assert unit.peak.train.metrics[text] == unit.value
    rows = pq.read_table(own.table).to_pandas()
    traded = rows[rows.n_trades > 1]
    assert len(traded)
    assert traded.max_drawdown.notna().all()
    assert (traded.objective == traded.captured_return).all()
    assert text not in rows.columns


@pytest.mark.slow
def test_a_policy_for_which_the_objective_raises_is_unranked_and_told_with_its_line(
    data: CallsData, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = finished(data, tmp_path, objective="strategy.objectives.solvent")
    rows = pq.read_table(found.table, columns=["unit", "part", "state", "n_trades", "captured_return"]).to_pandas()
    rows = rows[(rows.part == "train") & (rows.n_trades > 0)]
    assert (rows[rows.captured_return < 0].state == "unranked").all()
    assert (rows[rows.captured_return >= 0].state != "unranked").all()
    for unit, n in rows[rows.captured_return < 0].groupby("unit", observed=True).size().items():
        line = next(text for text in caplog.messages if f": {unit} is unranked for {n} of " in text)
        assert "ValueError: it loses (shelf/objectives.py, line " in line
