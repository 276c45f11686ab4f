"""The report of a stored study about callers: of one that has ended as its run wrote it, of any other what it holds."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from quantray import errors
from quantray.callers.baseline.pipeline import run as measure
from quantray.callers.baseline.pipeline import so_far
from quantray.callers.baseline.plan import BaselinePlan
from quantray.callers.pipeline import run
from quantray.callers.plan import CallerPlan
from quantray.callers.report import so_far as page
from quantray.callers.report.baseline import files as baseline_files
from quantray.callers.report.files import check_results, write_all
from quantray.callers.seal import finish
from quantray.errors import Interrupted, LedgerError, UserError
from quantray.files import Published
from quantray.interrupts import written_in_time
from quantray.ledger.addresses import address
from quantray.ledger.reader import open_reader
from quantray.plain import amount
from quantray.protocols import REPORTED, Say
from quantray.report.ended import Ended, ended_of
from quantray.report.listing import REPORT

#: The files of a report, and one sentence about it.
Written = tuple[Mapping[str, Path], str]
STOPPED = "the run was stopped, and the same command goes on"


def report_policies(plan: CallerPlan, url: str, out: Path, say: Say) -> Written:
    """Write the report of a study over policies under ``out``.

    Where it has ended and nobody works on it, from what it holds as its run would; else how far it is, from the ledger
    alone: nothing is judged.
    """
    check_results(out)
    notes, _, ended, where = _state(url, plan.study)
    if ended is None or where:
        found = page.headline(plan, notes, where or GOES_ON)
        return page.write(plan, notes, out, where or GOES_ON, say), found
    try:
        results = run(plan, say=say)
    except UserError as error:
        return _as_it_was(plan.study, out, error)
    files = write_all(results, out, say)
    finish(results, files, say, whole=out == plan.run_dir)
    return files, f"verdicts: {results.ended().verdict}"


def report_baseline(plan: BaselinePlan, url: str, out: Path, say: Say) -> Written:
    """The same of an alert baseline: of one that has not ended with the calls that are measured by now."""
    baseline_files.check_results(out, plan.study)
    notes, digests, ended, where = _state(url, plan.study)
    try:
        if ended is not None and not where:
            results = measure(plan, say=say)
            files = baseline_files.write_all(results, out, say)
            finish(results, files, say, whole=out == plan.run_dir)
            return files, f"{amount(int(results.alerts.done.sum()), 'call')} measured"
        found = so_far(plan, notes, digests, where or GOES_ON)
    except UserError as error:
        return _as_it_was(plan.study, out, error)
    return baseline_files.write_all(found, out, say), found.notes[0]


GOES_ON = "nobody works on it, and the same command goes on"


def stopped(error: Interrupted, plan: CallerPlan | BaselinePlan) -> Interrupted:
    """The answer to Ctrl-C, with the report of what is stored by now, or with the command that writes it."""
    if plan.storage.kind == "memory":
        return error
    url = address(plan.storage, plan.run_dir)

    def write(wanted: Callable[[], bool]) -> Path | None:
        notes, digests, _, _ = _state(url, plan.study)
        if isinstance(plan, CallerPlan):
            return page.write(plan, notes, plan.run_dir, STOPPED, lambda sentence: None)[REPORT]
        found = so_far(plan, notes, digests, STOPPED)
        return baseline_files.write_all(found, plan.run_dir)[REPORT] if wanted() else None

    found = written_in_time(write)
    where = plan.storage.url if plan.storage.kind == "postgres" and plan.storage.url else str(plan.run_dir)
    command = shlex.join(["quantray", "study", "report", plan.study, "--where", where])
    return Interrupted(str(error), report=found, command="" if found or not _is_there(url, plan.study) else command)


@contextmanager
def written() -> Iterator[None]:
    """Around the writing of a report: an interruption says what is kept."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(
            f"stopped while the report was written; everything that it tells is stored{errors.GOES_ON}"
        ) from None


def _is_there(url: str, study: str) -> bool:
    try:
        with open_reader(url, study):
            return True
    except LedgerError:
        return False


def _state(url: str, study: str) -> tuple[Mapping[str, Any], Mapping[str, str], Ended | None, str]:
    """What the study notes, its digests, what its run came to, and who works on it."""
    with open_reader(url, study) as stored:
        notes, working = stored.notes(), stored.drivers()
        return notes, stored.digests, ended_of(notes.get(REPORTED)), f"{working[0]} works on it" if working else ""


def _as_it_was(study: str, out: Path, error: UserError) -> Written:
    """The report of the run, which stays where what it was made of cannot be read; raises where there is none."""
    if Published(out).studies([REPORT]).get(REPORT) != study:
        raise LedgerError(f"{error}; quantray study show {shlex.quote(study)} tells what the ledger holds") from None
    return {REPORT: out / REPORT}, f"{error}; the report that was written stays as it is"
