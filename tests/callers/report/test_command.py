"""The command that a page about callers prints makes the same run again."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from quantray.callers.baseline.plan import BaselinePlan
from quantray.callers.plan import CallerPlan
from quantray.callers.policies.account import Costs
from quantray.callers.report.command import command, identity
from quantray.config.plans import load_plan, load_plans
from quantray.settings import Runner, Storage
from tests.builders.caller_pages import page
from tests.builders.caller_results import results

TYPED = {
    "policies": [
        "+experiment=v1_baseline",
        "data=synthetic",
        "policy.hold=[2h,4h]",
        "calls.callers=[\"it's a name\",'$HOME']",
        "seed=3",
    ],
    "baseline": ["+experiment=alert_baseline", "calls.horizon=24h", "baseline.tp=3"],
}


def loaded(lines: list[str]) -> CallerPlan | BaselinePlan:
    plan = load_plan(lines)
    assert isinstance(plan, CallerPlan | BaselinePlan)
    return plan


@pytest.mark.slow
@pytest.mark.parametrize("kind", TYPED)
def test_what_was_typed_is_printed_and_gives_the_same_plan(kind: str):
    plan = loaded(TYPED[kind])
    words = shlex.split(command(plan))
    assert words == ["quantray", "run", *TYPED[kind]]
    again = loaded(words[2:])
    assert again == plan
    assert identity(again) == identity(plan)


@pytest.mark.slow
def test_each_job_of_several_has_a_command_of_its_own():
    for plan in load_plans(["+experiment=v1_baseline", "seed=1,2"]):
        assert isinstance(plan, CallerPlan)
        again = loaded(shlex.split(command(plan))[2:])
        assert (again, again.run_dir) == (plan, plan.run_dir)


@pytest.mark.slow
@pytest.mark.parametrize("kind", TYPED)
def test_a_plan_that_was_changed_since_is_not_told_as_it_was_typed(kind: str):
    plan = loaded(TYPED[kind])
    assert command(replace(plan, costs=Costs(taker_bps=1.0))) == ""
    assert command(replace(plan, asked=None)) == ""
    moved = replace(plan, run_dir=Path("elsewhere"), storage=Storage("memory"), runner=Runner("local", workers=3))
    assert command(moved) == command(plan)


@pytest.mark.slow
def test_the_page_holds_it_or_says_why_not():
    r = results()
    _, said = page(r)
    assert "made or changed in Python" in said
    plan = loaded(TYPED["policies"])
    assert isinstance(plan, CallerPlan)
    mine = replace(r.plan, asked=replace(plan.asked, of=identity(r.plan)))  # type: ignore[type-var]
    html, said = page(replace(r, plan=mine))
    assert "quantray run +experiment=v1_baseline" in said
    assert html.count('id="command"') == 1
