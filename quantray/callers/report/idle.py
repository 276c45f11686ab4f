"""Parts of a policy that ended none of its trades: a target that was never reached has earned nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from quantray.callers.codes import Reason
from quantray.callers.policies import (
    BreakEven,
    DelayedEntry,
    FixedStop,
    Ladder,
    PhasedStop,
    Policy,
    TakeProfit,
    TimeStop,
    Trailing,
)  # fmt: skip
from quantray.callers.policies.evaluate import PolicyTrades
from quantray.callers.policies.parts import Part as PolicyPart
from quantray.callers.report.words import sentence
from quantray.callers.results import Chosen, Part
from quantray.plain import amount

#: What ends a trade by each part. Parts of one reason (two trailing stops) are idle together or not at all.
_REASONS = {
    FixedStop: Reason.STOP, Trailing: Reason.TRAILING_STOP, BreakEven: Reason.RAISED_STOP,
    PhasedStop: Reason.RAISED_STOP, TimeStop: Reason.TIME,
}  # fmt: skip


def idle(policy: Policy, parts: Sequence[Part]) -> tuple[PolicyPart, ...]:
    """The parts of ``policy`` that closed none of the executed trades, nor a rung of one; none without a trade.

    A ladder is idle while no rung of it was sold, a target while nothing was sold at it: a candle that holds stop and
    target ends a trade at the stop, so the target counts as not reached.
    """
    if not any(_executed(part.trades).any() for part in parts):
        return ()
    return tuple(p for p in policy.parts if not isinstance(p, DelayedEntry) and not _fired(policy, p, parts))


def _executed(trades: PolicyTrades) -> np.ndarray:
    done: np.ndarray = trades.skip == 0
    return done


def _fired(policy: Policy, p: PolicyPart, parts: Sequence[Part]) -> bool:
    if isinstance(p, TakeProfit):
        return _sold(parts) > _rungs_below(policy, p.tp)
    if isinstance(p, Ladder):
        return _sold(parts) > 0 and _rungs_below(policy, policy.tp or math.inf) > 0
    reason = _REASONS.get(type(p), Reason.TRIGGER)
    return any(bool((part.trades.reason[_executed(part.trades)] == reason).any()) for part in parts)


def _sold(parts: Sequence[Part]) -> int:
    """The most targets, rungs or the last one, at which one of the trades sold."""
    most = 0
    for part in parts:
        t, done = part.trades, _executed(part.trades)
        if done.any():
            most = max(most, int((t.n_fills - (t.reason != Reason.TARGET))[done].max()))
    return most


def _rungs_below(policy: Policy, tp: float) -> int:
    """Rungs of the ladder that are sold before the target."""
    ladder = policy.one(Ladder)
    return 0 if ladder is None else sum(multiple < tp for multiple, _ in ladder.rungs)


def target_notes(c: Chosen) -> list[str]:
    """What has to be known of a target that only some of the parts of the calls ever reached.

    One that none of them reached is told by the policy's own sentence.
    """
    target = c.policy.one(TakeProfit)
    if target is None or c.train is None or c.held_out is None:
        return []
    shown = [part for part in (c.train, c.held_out) if _executed(part.trades).any()]
    missing = [part for part in shown if target in idle(c.policy, [part])]
    if len(shown) < 2 or len(missing) != 1:
        return []
    where = "in training, where it was chosen" if missing[0] is c.train else "on the held-out calls"
    n = int(_executed(missing[0].trades).sum())
    return [f"The target of {target.tp:g}x was never reached {where}: of {amount(n, 'trade')} none was sold at it."]


def told_of(c: Chosen) -> str:
    """What a policy does as a sentence, with the parts of it that ended none of its trades said to be so."""
    return sentence(c.policy, idle(c.policy, [part for part in (c.train, c.held_out) if part is not None]))
