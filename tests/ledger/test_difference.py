"""How plans differ, in words."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from quantray.callers.data.settings import CallsData
from quantray.callers.plan import CallerPlan
from quantray.callers.policies import read_policy
from quantray.ledger.difference import differences
from quantray.settings import Search
from quantray.space import parse_space
from quantray.sweeps.description import describe
from quantray.sweeps.plan import Constraints, Fees, Plan, StrategySpec

PLAN = Plan(
    study="s",
    strategy=StrategySpec("strategy.x.X", {"latency_seconds": 1}, "a" * 32),
    space=parse_space({"stop_loss_percent": [-25, -50], "mode": ["itm"], "x": {"low": 0.1, "high": 1, "log": True}}),
    data={"path": Path("somewhere"), "days": (1, 2)},
    run_dir=Path("outputs/s"),
)
CALLERS = CallerPlan("s", CallsData(), (read_policy({"hold": "1h"}),), Path("outputs/s"))


def _lines(new: Plan, data: str = "d") -> list[str]:
    was, now = (json.loads(json.dumps(describe(plan))) for plan in (PLAN, new))
    return differences(PLAN.digests("d", "c"), new.digests(data, "c"), was, now)


def test_equal_plans_have_no_difference() -> None:
    assert _lines(replace(PLAN, study="t", run_dir=Path("elsewhere"), search=replace(PLAN.search, n_trials=7))) == []


def test_every_part_points_to_its_keys() -> None:
    other = replace(
        PLAN,
        space=parse_space({"stop_loss_percent": [-25], "x": {"low": 0.1, "high": 2, "log": True}}),
        fees=Fees(broker_per_contract=1.0),
        constraints=Constraints(bounds={"min_sharpe": 1.0}),
        objective="sharpe",
        seed=3,
        search=Search(kind="random", batch=8),
        strategy=StrategySpec("strategy.x.X", {"latency_seconds": 2}, "b" * 32),
    )
    text = "\n".join(_lines(other, data="e"))
    for line in (
        "space.stop_loss_percent: [-25, -50] -> [-25]",
        'space.mode: ["itm"] -> absent',
        "space.x.high: 1 -> 2",
        "fees.broker_per_contract: 0.65 -> 1.0",
        "constraints.bounds.min_sharpe: absent -> 1.0",
        'objective: "return_on_risk_percent" -> "sharpe"',
        "seed: 0 -> 3",
        'search.kind: "tpe" -> "random"',
        "search.batch: 16 -> 8",
        "strategy.latency_seconds: 1 -> 2",
        'strategy.file: "aaaaaaaa" -> "bbbbbbbb"',
        "data: d -> e (the market data changed)",
    ):
        assert line in text
    assert "capital" not in text
    assert "oos" not in text


def test_the_described_space_is_the_space() -> None:
    assert parse_space(json.loads(json.dumps(describe(PLAN)))["space"]) == PLAN.space


def test_long_values_are_cut() -> None:
    other = replace(PLAN, space=parse_space({"stop_loss_percent": list(range(-500, 0))}))
    assert max(map(len, _lines(other))) < 300


@pytest.mark.parametrize("plan", [PLAN, CALLERS], ids=["sweep", "callers"])
def test_a_study_of_other_rules_is_refused_with_that_reason_first(plan: Plan | CallerPlan) -> None:
    now = plan.digests("d", "c") if isinstance(plan, Plan) else plan.digests("k", "d", "c")
    before = {name: value for name, value in now.items() if name != "rules_version"}  # what release 0.1.0 stored
    line, *others = differences(before | {"code": "other"}, now, {}, {})
    assert line.startswith(f"  rules_version: absent -> {now['rules_version']} (the rules of trading changed")
    assert [other.split(":")[0] for other in others] == ["  code"]
