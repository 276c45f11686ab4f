"""The group: which callers share one account, and the policies that are tried on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quantray.callers.plan import CallerPlan
from quantray.callers.policies import FixedStop, Policy, TakeProfit, TimeStop
from quantray.callers.policies.objective import mean_levels
from quantray.callers.results import GROUP
from quantray.callers.stages.ranking import Place
from quantray.callers.stages.work import Unit
from quantray.digests import digest_of
from quantray.plain import amount


@dataclass(frozen=True, slots=True)
class Group:
    """``policies`` None: the whole grid is tried on the pool."""

    unit: Unit
    policies: tuple[Policy, ...] | None
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Tells the scores of one group from another's."""
        return "group-" + digest_of(self.unit.callers, [p.digest for p in self.policies or ()])[:12]


def depends_on_callers(plan: CallerPlan) -> bool:
    """Whether there is a group that cannot be formed before the callers were ranked on their own."""
    return plan.mode != "per_caller" and (plan.filter_collapsed or plan.grouped != "pool")


def group_of(plan: CallerPlan, names: Sequence[str], places: Sequence[Place], trades: Mapping[str, int]) -> Group:
    """The group of the callers that are kept, ``places`` being theirs in the order of ``names``.

    ``trades``: what each caller's best policy traded in training, the weights of ``grouped=weighted``.
    """
    kept = list(range(len(names)))
    notes: list[str] = []
    if plan.filter_collapsed:
        kept = [i for i, place in enumerate(places) if place.collapsed == "kept"]
        left_out = Counter(place.collapsed for place in places if place.collapsed != "kept")
        said = ", ".join(f"{n} {state.replace('_', ' ')}" for state, n in left_out.items()) or "none"
        notes.append(f"filter_collapsed leaves out of the group, of {amount(len(names), 'caller')}: {said}.")
    unit = Unit(GROUP, tuple(kept))
    if plan.grouped == "pool":
        return Group(unit, None, tuple(notes))
    ranked = [places[i] for i in kept if places[i].best is not None]
    if not ranked:
        notes.append(f"grouped={plan.grouped}: no caller has a best policy, so there is nothing to take the mean of.")
        return Group(Unit(GROUP, ()), None, tuple(notes))
    best = [plan.policies[place.top[0]] for place in ranked]
    weights = np.array([trades[place.name] for place in ranked]) if plan.grouped == "weighted" else None
    mean = "weighted mean" if plan.grouped == "weighted" else "mean"
    notes.append(f"The policy of the group is the {mean} of the best policies of {amount(len(best), 'caller')}.")
    return Group(unit, (mean_policy(best, weights),), tuple(notes))


def mean_policy(best: Sequence[Policy], weights: np.ndarray | None = None) -> Policy:
    """Target, stop and hold at the mean of the policies'; no time stop where one of them has none.

    ``weights`` [policies] are their trades; None: plain. ConfigError for a policy without target or stop.
    """
    targets = np.array([np.nan if p.tp is None else p.tp for p in best])
    stops = np.array([np.nan if p.sl is None else p.sl for p in best])
    tp, sl = mean_levels(targets, stops, weights)
    holds = [p.hold_s for p in best if p.hold_s is not None]
    parts: list[TakeProfit | FixedStop | TimeStop] = [TakeProfit(tp), FixedStop(sl)]
    if len(holds) == len(best):
        parts.append(TimeStop(max(1, round(float(np.average(holds, weights=weights))))))
    return Policy(tuple(parts))
