"""The same winner in a harsher market: entered later, other orders inside a candle, dearer, dead assets worthless;

and on the calls that show what was said at the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from quantray.callers.plan import CallerPlan
from quantray.callers.policies import BreakEven, PhasedStop, Policy, Trailing
from quantray.callers.policies.account import STRESS, Costs
from quantray.callers.results import LANES
from quantray.callers.stages.work import TableSpec


@dataclass(frozen=True, slots=True)
class Lane:
    """One re-simulation. ``spec`` None: on the tables that the winner was found on."""

    name: str
    costs: Costs
    spec: TableSpec | None = None
    at_zero: bool = False
    raising: bool = False  # only for policies that raise a stop
    unedited: bool = False  # only the calls that nobody edited; for units that have others


def lanes_of(plan: CallerPlan, winners: Sequence[Policy], *, edited: bool = False) -> list[Lane]:
    """The lanes of a plan in the order of ``results.LANES``; tables of other markets hold the winners' levels alone.

    The order inside a candle that the plan itself has is no lane; higher costs are left out with ``stress=false``.
    ``edited``: some calls were edited after they were made.
    """
    distinct = tuple(dict.fromkeys(winners))
    raising = tuple(p for p in distinct if raises(p))

    def other(policies: tuple[Policy, ...], order: str, late: int = 0) -> TableSpec:
        return TableSpec(policies, order, plan.entry, late, plan.target_gap)

    late, dead, target, raised, unedited, *dear = LANES
    lanes = [Lane(late, plan.costs, other(distinct, plan.order, 1)), Lane(dead, plan.costs, at_zero=True)]
    if plan.order != "target_first":
        lanes.append(Lane(target, plan.costs, other(distinct, "target_first")))
    if raising:
        lanes.append(Lane(raised, plan.costs, other(raising, "raise_first"), raising=True))
    if edited:
        lanes.append(Lane(unedited, plan.costs, unedited=True))
    if plan.stress:
        costs = (replace(plan.costs, taker_bps=taker, slippage_bps=slip) for taker, slip in STRESS)
        lanes += [Lane(name, c) for name, c in zip(dear, costs, strict=True)]
    return lanes


def raises(policy: Policy) -> bool:
    """Whether the order in which a candle's high and low came decides where its stop stands."""
    return any(policy.all(kind) for kind in (Trailing, BreakEven, PhasedStop))
