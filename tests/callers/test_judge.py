"""The verdicts of a run: alone and among many, on the account that is shown."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from quantray.callers import CallerPlan, CallerResults
from quantray.callers.data import CallsData, SyntheticCalls
from quantray.callers.judge import nets_of
from quantray.callers.pipeline import run
from quantray.callers.policies import grid
from quantray.callers.policies.account import Account
from quantray.callers.report.tables import survivors_frame
from quantray.callers.results import GROUP
from quantray.settings import Report, Runner
from quantray.stats.checks import Word
from tests.builders.call_plans import shown

LEVELS: dict[str, Any] = {"tp_mults": [1.1, 1.3, 2], "sl_mults": [0.8, 0.9, 0.95], "hold": "6h"}


def planted(folder: Path, edge: float | dict[str, float], seed: int = 0, **other: Any) -> CallerPlan:
    market = SyntheticCalls(
        assets=12, callers=3, calls=600, days=48, lead_hours=1, tail_hours=8, edge=edge, seed=seed, ticks_per_minute=3
    )  # fmt: skip
    data = CallsData(cache=str(folder / "cache"), synthetic=market, interval="15m")
    given: dict[str, Any] = {"mode": "both", "runner": Runner("local", 2), **other}
    return CallerPlan("planted", data, grid("v1", **LEVELS), folder / "run", LEVELS, **given)


@pytest.fixture(scope="module")
def skilled(tmp_path_factory: pytest.TempPathFactory) -> CallerResults:
    return run(planted(tmp_path_factory.mktemp("skilled"), {"caller_2": 2.0}), say=lambda sentence: None)


@pytest.mark.slow
def test_a_skilled_caller_is_believed_and_nobody_else(skilled: CallerResults) -> None:
    words = {u.name: u.verdict.word for u in skilled.units if u.verdict is not None and u.name != GROUP}
    assert words.pop("caller_2") is Word.BELIEVE
    assert Word.BELIEVE not in words.values()
    unit = skilled.unit("caller_2")
    assert unit.pick is not None
    assert unit.surviving is not None
    assert unit.surviving.tested.n_candidates == 9
    assert unit.pick.number in unit.surviving.numbers
    assert skilled.across is not None
    assert skilled.across.n_tested >= 1
    assert skilled.across.expected_false_share is not None
    assert skilled.across.expected_false_share <= 0.1
    own, drawn = skilled.across.shrunk["caller_2"].own, skilled.across.shrunk["caller_2"].mean
    assert skilled.across.common is not None
    assert abs(drawn - skilled.across.common) <= abs(own - skilled.across.common)


@pytest.mark.slow
def test_what_is_judged_is_the_account_that_is_shown(skilled: CallerResults) -> None:
    unit, plan = skilled.unit("caller_2"), skilled.plan
    assert unit.pick is not None
    assert unit.pick.held_out is not None
    assert unit.verdict is not None
    final = unit.pick.held_out.metrics["final_capital"]
    assert isinstance(final, float)
    assert unit.verdict.figures["held_out_net"] == pytest.approx(final - plan.account.initial)
    unseen = next(c for c in unit.verdict.checks if c.name.startswith("unseen"))
    assert f"{final - plan.account.initial:,.2f} on its account" in unseen.sentence
    told = {c.name: c.value for c in unit.verdict.checks if c.name in unit.pick.lanes}
    assert set(told) == set(unit.pick.lanes)
    for name, (train, _) in unit.pick.lanes.items():
        assert told[name] == pytest.approx((train["final_capital"] or 0.0) - plan.account.initial)
    frame = survivors_frame(skilled)
    assert set(frame.unit) >= {"caller_2"}
    assert frame[frame.pick].groupby("unit").size().max() == 1


@pytest.mark.slow
def test_held_out_values_of_the_others_are_shown_only_where_asked_for(skilled: CallerResults, tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    assert pq.read_table(skilled.table)["part"].unique().to_pylist() == ["train"]
    assert all(n.held_out is None for u in skilled.units for n in u.neighbours)
    assert all(held is None for u in skilled.units for *_, held in u.top)
    plan = planted(tmp_path, {"caller_2": 2.0}, mode="per_caller")
    first = run(plan, say=lambda sentence: None)
    found = run(replace(plan, report=Report(held_out="all")), say=lambda sentence: None)
    assert found.reused > 0
    assert set(pq.read_table(found.table)["part"].unique().to_pylist()) == {"train", "held_out"}
    assert any(n.held_out is not None for u in found.units for n in u.neighbours)
    unit = found.unit("caller_2")
    assert unit.verdict is not None
    assert unit.verdict.figures["n_looks"] == len(plan.policies)
    again = run(plan, say=lambda sentence: None)
    assert shown(again) == shown(first)
    assert pq.read_table(again.table)["part"].unique().to_pylist() == ["train"]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_without_skill_nobody_is_believed(tmp_path: Path, seed: int) -> None:
    found = run(planted(tmp_path, 0.0, seed), say=lambda sentence: None)
    assert all(u.verdict is not None and u.verdict.word is not Word.BELIEVE for u in found.units)
    assert found.across is not None
    assert found.across.expected_false_share is None


@pytest.mark.slow
def test_any_number_of_workers_judges_alike(skilled: CallerResults, tmp_path: Path) -> None:
    one = run(planted(tmp_path, {"caller_2": 2.0}, runner=Runner("local", 1)), say=lambda sentence: None)
    assert shown(one) == shown(skilled)
    assert one.across == skilled.across


def test_nets_without_an_account_are_of_one_position(both: CallerResults) -> None:
    unit = both.unit("caller_1")
    assert unit.train is not None
    free = replace(both.plan, account=Account(limited=False))
    blocks = blocks_of_plan(both)
    money, position = nets_of(both.plan, unit.train, blocks), nets_of(free, unit.train, blocks)
    assert position == pytest.approx(money * 400.0)


def blocks_of_plan(r: CallerResults) -> Any:
    from quantray.callers.blocks import Blocks

    train = r.unit("caller_1").train
    assert train is not None
    return Blocks.between(train.start_ns, train.end_ns, 1)
