"""Plans of three kinds, told apart: what each is about, and the sentence for one in the place of another."""

from __future__ import annotations

from quantray.sweeps.plan import Plan

#: The call that carries a plan of each kind out -> what the plan is about.
KINDS = {"sweep": "a sweep", "optimise": "about callers and their policies", "baseline": "the alert baseline"}
#: An experiment of each kind.
EXAMPLES = {
    "sweep": "+experiment=options_sweep",
    "optimise": "+experiment=v1_baseline",
    "baseline": "+experiment=alert_baseline",
}


def kind_of(plan: object) -> str | None:
    """Which call carries a plan out; None for what is none."""
    if isinstance(plan, Plan):
        return "sweep"
    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.callers.plan import CallerPlan

    kinds = (("optimise", CallerPlan), ("baseline", BaselinePlan))
    return next((call for call, kind in kinds if isinstance(plan, kind)), None)


def other(plan: object, kind: str, asked: str, remedy: str) -> str:
    """A plan of this ``kind`` where ``asked`` needs one of another; ``remedy`` is what helps.

    >>> other(None, "sweep", "quantray calls coverage", "give +experiment=v1_baseline")
    ' is a sweep, which quantray calls coverage does not take; give +experiment=v1_baseline'
    """
    return f"{getattr(plan, 'study', '')} is {KINDS[kind]}, which {asked} does not take; {remedy}"
