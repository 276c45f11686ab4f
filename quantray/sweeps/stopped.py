"""What a sweep leaves that is stopped: the report of what it holds, if that is written in a moment."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from quantray.errors import GOES_ON, Interrupted
from quantray.interrupts import check, written_in_time
from quantray.plain import amount
from quantray.protocols import Reached
from quantray.report.listing import REPORT
from quantray.sweeps.outcome import Market, so_far
from quantray.sweeps.plan import Plan
from quantray.sweeps.prepare import Opened
from quantray.sweeps.report.files import write_all

STOPPED = "the run was stopped, and the same command goes on"
#: What a run did when it was stopped.
DID = {
    "data": "while the data were read",
    "kernels": "while kernels were read",
    "compiling": "while kernels were compiled",
    "Ray": "while Ray was started",
    "comparing": "while it was compared with the whole table",
    "judging": "while it was judged",
    "writing": "while its report was written",
}


class Stages:
    """The stage that a run is in: Ctrl-C is answered with it where the stage itself says nothing."""

    def __init__(self, reached: Reached | None) -> None:
        self._reached, self._stage = reached, ""

    def __call__(self, stage: str) -> None:
        check()
        self._stage = stage
        if self._reached is not None:
            self._reached(stage)

    @contextmanager
    def told(self, made: Opened | None = None) -> Iterator[None]:
        """An interruption without a sentence gets one; ``made`` where the study says what is kept."""
        try:
            yield
        except KeyboardInterrupt:
            raise Interrupted(self.sentence(made)) from None

    def sentence(self, made: Opened | None = None) -> str:
        """Where it was stopped, and what is kept of it."""
        did = DID.get(self._stage, "before it began" if made is None else "")
        return f"{' '.join(part for part in ('stopped', did, _kept(made)) if part)}{GOES_ON}"


def _kept(made: Opened | None) -> str:
    if made is None or made.plan.search.kind == "exhaustive":
        return ""
    stored = made.ledger.counts()
    return f"with {stored.complete:,} of {amount(made.plan.search.n_trials, 'trial')} complete, all of them stored"


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
