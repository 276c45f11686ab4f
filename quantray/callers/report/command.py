"""The command that makes a run about callers again: what was typed for its plan."""

from __future__ import annotations

from dataclasses import fields

from quantray.callers.baseline.plan import BaselinePlan
from quantray.callers.plan import CallerPlan
from quantray.command_line import in_shell
from quantray.digests import digest_of
from quantray.passwords import masked

COMMAND = ("quantray", "run")
#: Of a plan, what says where and how it runs: its results are the same in any other place.
_WHERE = ("run_dir", "fresh", "runner", "storage", "asked")


def identity(plan: CallerPlan | BaselinePlan) -> str:
    """Digest of a study's name and of everything that decides what a run gives, wherever it runs and is kept."""
    decides = {f.name: getattr(plan, f.name) for f in fields(plan) if f.name not in _WHERE}
    return digest_of(type(plan).__name__, repr(decides))


def command(plan: CallerPlan | BaselinePlan) -> str:
    """One line for a shell, passwords masked; empty where the plan was made or changed in Python."""
    asked = plan.asked
    if asked is None or asked.of != identity(plan):
        return ""
    return masked(in_shell([*COMMAND, *asked.lines]))
