"""What a sweep leaves that is stopped: the report of what it holds, if that is written in a moment."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

from quantray.errors import Interrupted
from quantray.interrupts import written_in_time
from quantray.report.listing import REPORT
from quantray.sweeps.outcome import Market, so_far
from quantray.sweeps.plan import Plan
from quantray.sweeps.prepare import Opened
from quantray.sweeps.report.files import write_all

STOPPED = "the run was stopped, and the same command goes on"


def stopped(made: Opened, sentence: str, began: float) -> Interrupted:
    """The answer to Ctrl-C, with the report of what is stored, or with the command that writes it."""
    if made.plan.storage.kind == "memory":
        return Interrupted(sentence)
    found = written_in_time(lambda wanted: _write(made, began, wanted))
    return Interrupted(sentence, report=found, command="" if found else command(made.plan))


def command(plan: Plan) -> str:
    """What writes the report of the study later."""
    where = plan.storage.url if plan.storage.kind == "postgres" and plan.storage.url else str(plan.run_dir)
    return shlex.join(["quantray", "study", "report", plan.study, "--where", where])


def _write(made: Opened, began: float, wanted: Callable[[], bool]) -> Path | None:
    plan, market = made.plan, Market(made.slice, made.train, made.held_out)
    results = so_far(plan, made.ledger, made.digests, market, STOPPED, began=began)
    if not wanted():
        return None
    return write_all(results, plan.run_dir, None, lambda sentence: None)[REPORT]
