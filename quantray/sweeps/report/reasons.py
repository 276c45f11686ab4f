"""Why candidates did not complete, in words."""

from __future__ import annotations

from collections.abc import Sequence

from quantray.failures import REFUSED, Reason
from quantray.plain import amount
from quantray.protocols import Counts
from quantray.report import words
from quantray.sweeps.plan import Plan

#: What it means that an objective does not exist although there were trades enough.
_ABSENT = {
    "profit_factor": "no trade lost, so there is nothing to divide by",
    "sharpe": "trades in fewer than 2 sessions, or the same net in each",
    "return_on_risk_percent": "nothing was at risk",
}


def meaning(reason: Reason, plan: Plan) -> str:
    """A reason as a reader understands it: a pruned candidate's rule, or a failed one's message."""
    if reason.state == "FAIL":
        return reason.first
    if reason.first == "too_few_trades":
        return f"too few trades: under constraints.min_trades={plan.constraints.min_trades}"
    name = plan.objective if reason.first == "no_objective" else reason.first.removeprefix("no_")
    why = _ABSENT.get(name)
    return f"no {words.label(name)}" + (f": {why}" if why else "")


def nothing(counts: Counts, reasons: Sequence[Reason], plan: Plan) -> str:
    """The sentence of a run without a best candidate: the commonest reason, its count, and what may help."""
    if counts.complete:
        bounds = ", ".join(f"{key} {words.parameter(value)}" for key, value in plan.constraints.written.items())
        return (
            f"{counts.complete:,} of {amount(counts.attempts, 'candidate')} completed, and none of them meets "
            f"the constraints ({bounds}). Wider constraints, another space or more data may help."
        )
    tried = f"None of {amount(counts.attempts, 'candidate')} completed" if counts.attempts else "No candidate was tried"
    if not reasons:
        return f"{tried}."
    most = reasons[0]
    if most.n < counts.attempts:
        said = f"{tried}. The commonest reason, {amount(most.n, 'time')}: {meaning(most, plan)}"
    elif most.first == "too_few_trades":
        said = f"No candidate had enough trades: all {most.n:,} are under constraints.min_trades="
        said += f"{plan.constraints.min_trades}"
    else:
        said = f"{tried}: {meaning(most, plan)}"
    return f"{said}. {_remedy(most)}"


def _remedy(reason: Reason) -> str:
    if reason.state == "FAIL":
        if reason.first.startswith(REFUSED):
            return "The strategy's own rules leave nothing of this space; change the space, or the rules."
        return f"That is candidate {reason.number:,}, the first that failed so; repair the strategy."
    if reason.first == "too_few_trades":
        return "More data, a lower constraints.min_trades or a wider space may help."
    return "Another objective, more data or a wider space may help."


def failures(counts: Counts, reasons: Sequence[Reason]) -> str | None:
    """How many candidates failed, and the first message of the commonest reason; None when none did."""
    failed = [reason for reason in reasons if reason.state == "FAIL"]
    if not failed:
        return None
    earliest = min(failed, key=lambda reason: reason.number)
    ways = f" for {len(failed):,} reasons" if len(failed) > 1 else ""
    return (
        f"{counts.failed:,} of {amount(counts.attempts, 'candidate')} failed{ways}; the first one, number "
        f"{earliest.number:,}: {earliest.first}"
    )


def everything_failed(counts: Counts, reasons: Sequence[Reason]) -> str:
    """The sentence of a run in which every candidate failed."""
    failed = [reason for reason in reasons if reason.state == "FAIL"]
    earliest = min(failed, key=lambda reason: reason.number)
    tried = amount(counts.attempts, "candidate")
    return f"all {tried} failed; the first one, number {earliest.number:,}: {earliest.first}"
