"""Winners, their lanes and what stands beside them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quantray.callers.data import CallsData
from quantray.callers.policies import read_policy
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.objective import Bounds
from quantray.callers.report.tables import calls_frame
from quantray.callers.results import GROUP, LANES, CallerResults
from quantray.settings import OutOfSample
from tests.builders.call_plans import TP_SL, finished, market, shown
from tests.builders.call_tables import data_of


@pytest.mark.slow
def test_winners_come_with_trades_equity_top_and_lanes(both: CallerResults) -> None:
    assert both.ranked
    for unit in both.ranked:
        assert unit.train is not None
        assert unit.held_out is not None
        assert unit.best is not None
        for part in (unit.train, unit.held_out):
            executed = part.trades.skip == 0
            assert executed.sum() == part.metrics["n_trades"]
            assert part.metrics["max_drawdown"] is not None
            assert (np.diff(part.times) > 0).all()
            assert len(part.times) == len(part.equity) <= 2000
            assert part.equity[-1] == part.trades.final_capital == part.metrics["final_capital"]
        calls = both.coverage.plan.calls
        assert (calls.caller[unit.train.trades.call] == unit.train.trades.caller).all()
        assert (calls.asset[unit.train.trades.call] == unit.train.trades.asset).all()
        assert unit.top[0][0] == unit.best
        assert unit.top[0][1]["captured_return"] == unit.value
        raising = any(kind in str(unit.policy) for kind in ("Trailing", "BreakEven", "PhasedStop"))
        absent = {"calls never edited", *(() if raising else ("raise first",))}
        assert list(unit.lanes) == [lane for lane in LANES if lane not in absent]
        assert unit.verdict is not None


@pytest.mark.slow
def test_lanes_are_what_they_say(both: CallerResults) -> None:
    for unit in both.ranked:
        assert unit.train is not None
        base, lanes = unit.train.metrics, {name: train for name, (train, _) in unit.lanes.items()}
        dear = [lanes[f"costs {c} bps"]["captured_return"] for c in ("50/100", "75/150", "50/200")]
        assert base["captured_return"] > dear[0] > dear[1] > dear[2]
        assert lanes["dead at zero"]["captured_return"] <= base["captured_return"]
        assert lanes["one candle late"] != base


@pytest.mark.slow
def test_an_asset_that_never_prints_again_is_shown_at_zero_too(tmp_path: Path) -> None:
    """TOKEN0 dies half-way: a policy without a stop holds it to the end of its data."""
    data = market(tmp_path, n_calls=120)
    hold = (read_policy({"hold": "2h"}),)
    found = finished(data, tmp_path / "run", policies=hold, account=Account(limited=False), oos=OutOfSample(0))
    lost = [(u.train.metrics["captured_return"], u.lanes["dead at zero"][0]["captured_return"]) for u in found.ranked]
    assert any(zero < base for base, zero in lost)


@pytest.mark.slow
def test_the_lane_without_edited_calls_is_a_run_without_them(tmp_path: Path) -> None:
    """And their share is that of the caller: above 5 % nothing is believed of it."""
    data = market(tmp_path, n_calls=120, n_callers=2)
    with duckdb.connect(str(data.duckdb), read_only=True) as connection:
        table, candles = (connection.sql(f"FROM {name}").to_arrow_table() for name in ("calls", "candles"))
    edited = np.array([i % 9 == 0 and name == "caller_0" for i, name in enumerate(table["caller"].to_pylist())])
    one = (read_policy({"hold": "30m", "sl": 0.98}),)
    runs = {}
    for name, rows in (("marked", table.append_column("edited", pa.array(edited))), ("without", table.filter(~edited))):
        (tmp_path / name).mkdir()
        some = data_of(tmp_path / name, rows, candles)
        runs[name] = finished(some, tmp_path / name / "run", policies=one, oos=OutOfSample(0))
    marked, other = (runs["marked"].unit(name) for name in ("caller_0", "caller_1"))
    train = runs["without"].unit("caller_0").train
    assert train is not None
    lane = marked.lanes["calls never edited"][0]
    of_lanes = set(lane) - {"max_drawdown", "sharpe", "sortino"}  # lanes have these where the ranking needs them
    assert {name: lane[name] for name in of_lanes} == {name: train.metrics[name] for name in of_lanes}
    assert "calls never edited" not in other.lanes
    calls = runs["marked"].coverage.plan.calls
    assert marked.edited == pytest.approx(calls.changed[calls.of("caller_0")].mean())
    assert marked.edited > 0.05
    assert calls_frame(runs["marked"])["edited"].tolist() == calls.changed.tolist()
    assert "edited" not in calls_frame(runs["without"])
    assert other.edited == 0
    assert marked.verdict is not None
    (check,) = (c for c in marked.verdict.checks if c.name == "calls as they were made")
    assert check.decides
    assert not check.passed


@pytest.mark.slow
def test_no_stress_leaves_out_higher_costs_only(data: CallsData, tmp_path: Path) -> None:
    found = finished(data, tmp_path, stress=False, policies=TP_SL)
    assert list(found.ranked[0].lanes) == ["one candle late", "dead at zero", "target first"]


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["grouped", "both"])
def test_collapsed_callers_are_left_out_of_the_group(data: CallsData, tmp_path: Path, mode: str) -> None:
    dear = Costs(400, 300)
    alone = finished(data, tmp_path / "alone", policies=TP_SL, costs=dear)
    kept = [u.name for u in alone.units if u.collapsed == "kept"]
    found = finished(data, tmp_path / "run", policies=TP_SL, costs=dear, mode=mode, filter_collapsed=True)
    assert [u.name for u in found.units] == (
        [GROUP] if mode == "grouped" else ["caller_0", "caller_1", "caller_2", GROUP]
    )
    group = found.unit(GROUP)
    assert group.n_calls == sum(u.n_calls for u in alone.units if u.name in kept)
    assert len(kept) < 3
    assert any("filter_collapsed leaves out" in note for note in found.notes)


@pytest.mark.slow
@pytest.mark.parametrize("grouped", ["mean", "weighted"])
def test_the_group_may_take_the_mean_of_its_callers(data: CallsData, tmp_path: Path, grouped: str) -> None:
    found = finished(data, tmp_path, policies=TP_SL, mode="both", grouped=grouped)
    *callers, group = found.units
    best = [u for u in callers if u.state == "ranked"]
    weights = [u.train.metrics["n_trades"] if grouped == "weighted" else 1 for u in best]
    assert group.policy.tp == float(np.average([u.policy.tp for u in best], weights=weights))
    assert group.policy.sl == float(np.average([u.policy.sl for u in best], weights=weights))
    assert group.policy.hold_s == 7200
    assert group.best is None
    assert group.train.metrics["n_trades"] > 0
    assert group.lanes
    rows = pq.read_table(found.table, filters=[("unit", "=", GROUP)]).to_pylist()
    assert [(r["policy"], r["part"], r["rank"]) for r in rows] == [(None, "train", 1)]


@pytest.mark.slow
def test_zero_trades_are_said_loudly_and_never_win(data: CallsData, tmp_path: Path) -> None:
    tiny = Account(sizing="fixed", amount=5)
    found = finished(data, tmp_path, account=tiny, policies=TP_SL, mode="both", bounds=Bounds(min_trades=0))
    assert {u.state for u in found.units} == {"no_trades"}
    assert not found.ranked
    assert all(u.best is None and u.policy is None and u.collapsed == "no_trades" for u in found.units)
    assert any(note.startswith("ZERO TRADES for caller_0, caller_1, caller_2") for note in found.notes)


@pytest.mark.slow
def test_too_few_trades_are_infeasible_with_their_violation(data: CallsData, tmp_path: Path) -> None:
    found = finished(data, tmp_path, policies=TP_SL, bounds=Bounds(min_trades=1000))
    assert {u.state for u in found.units} == {"infeasible"}
    rows = pq.read_table(found.table).to_pylist()
    assert all(r["violation_min_trades"] == 1000 - r["n_trades"] for r in rows)
    assert all(r["rank"] is None and r["state"] == "infeasible" for r in rows)


@pytest.mark.slow
def test_the_bound_on_the_drawdown_is_of_the_account(data: CallsData, tmp_path: Path) -> None:
    free = finished(data, tmp_path / "free", policies=TP_SL)
    falls = [row["max_drawdown"] for u in free.ranked for _, row, _ in u.top if row["max_drawdown"] is not None]
    falls += [u.train.metrics["max_drawdown"] for u in free.ranked]
    bound = Bounds(min_trades=3, max_drawdown=float(np.median(falls)))
    tight = finished(data, tmp_path / "tight", policies=TP_SL, bounds=bound)
    assert all(u.train.metrics["max_drawdown"] <= bound.max_drawdown for u in tight.ranked)
    assert shown(tight) != shown(free)


@pytest.mark.slow
def test_a_caller_without_training_calls_is_a_unit_without_a_best(tmp_path: Path) -> None:
    data = market(tmp_path, n_calls=30, n_callers=12)
    found = finished(data, tmp_path / "run", policies=TP_SL, bounds=Bounds(min_trades=1))
    empty = [u for u in found.units if u.n_train == 0]
    assert empty
    assert {u.state for u in empty} == {"no_calls"}
    assert any(note.startswith("No call to train on") for note in found.notes)
