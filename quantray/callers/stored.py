"""What an interrupted run leaves behind: files of finished rows, each noted in the ledger with its size."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from quantray.callers.plan import CallerPlan
from quantray.callers.prepare import Prepared
from quantray.callers.progress import Progress
from quantray.digests import digest_of
from quantray.errors import Interrupted
from quantray.plan import Runner
from quantray.runner.dataflow import flow

Row = TypeVar("Row")
Say = Callable[[str], None]
Report = Callable[[Progress], Any]

#: Packages whose bytes decide a result here, and the files of this one that do not.
_COMPUTES = ("callers", "calls", "policies")
_TELLS = ("progress.py", "results.py", "pipeline.py", "stored.py", "__init__.py")


class Driver:
    """Runs stages row by row: what the ledger notes is not done again. ``reused`` counts those rows."""

    def __init__(self, plan: CallerPlan, ledger: Any, progress: Report | None, say: Say) -> None:
        self.plan, self.ledger, self.say, self._progress = plan, ledger, say, progress
        self.notes: dict[str, Any] = dict(ledger.notes()) if ledger is not None else {}
        self.began, self.reused, self._said = time.monotonic(), 0, False

    def reached(self, stage: str, done: int = 0, total: int = 0, reused: int = 0, detail: str = "") -> None:
        if self._progress is not None:
            self._progress(Progress(stage, done, total, reused, time.monotonic() - self.began, detail))

    def stage(
        self, stage: str, key: str, rows: Sequence[Row], path: Callable[[Row], Path],
        make: Callable[[], Callable[[Row], Mapping[str, Any]]], *, seconds: float = 0.0,
    ) -> list[Mapping[str, Any]]:  # fmt: skip
        """What is noted of every row, in order. ``make()`` gives what turns a row into a file and its note.

        ``seconds``: what the rows are expected to cost one core, for choosing where they run.
        """
        kept = {i: self.notes.get(f"{key}/{i:06d}") for i in range(len(rows))}
        found = {i: note for i, note in kept.items() if note is not None and size_of(path(rows[i])) == note["bytes"]}
        todo = [i for i in range(len(rows)) if i not in found]
        self.reused += len(found)
        again = len(found)
        self.reached(stage, again, len(rows), again)
        try:
            results = flow(self.runner(seconds), [rows[i] for i in todo], make, name=stage)
            for i, (_, note) in zip(todo, results, strict=True):
                self.ledger.note(f"{key}/{i:06d}", note)
                found[i] = note
                self.reached(stage, len(found), len(rows), again)
        except KeyboardInterrupt:
            raise self.interrupted(stage, len(found), len(rows)) from None
        return [found[i] for i in range(len(rows))]

    def interrupted(self, stage: str, done: int, total: int) -> Interrupted:
        return Interrupted(f"stopped in {stage} after {done:,} of {total:,} rows; the same command goes on there")

    def runner(self, seconds: float) -> Runner:
        """The plan's, or threads of this process where starting actors would take longer than the work."""
        own = self.plan.runner
        if own.kind != "ray" or own.address != "local" or seconds >= own.in_process_s:
            return own
        if not self._said:
            self.say(
                f"small enough for this process (runner.in_process_s={own.in_process_s:g}): threads, no actors of Ray"
            )
            self._said = True
        return Runner("local", own.workers)


def size_of(path: Path) -> int:
    """Bytes of a file, or of the files of a folder; -1 where there is none."""
    if path.is_dir():
        return sum(f.stat().st_size for f in path.iterdir())
    return path.stat().st_size if path.is_file() else -1


def remove_others(folder: Path, expected: Sequence[Path]) -> None:
    """Files and folders that an earlier plan of this study left in ``folder``."""
    names = {p.name for p in expected}
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in names:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def code_digest() -> str:
    """Digest of the files that stand between candles and a result."""
    package = Path(__file__).parents[1]
    files = [f for name in _COMPUTES for f in sorted((package / name).glob("*.py")) if f.name not in _TELLS]
    files += sorted((package / "kernels").glob("policy_*.py"))
    return digest_of([(f"{f.parent.name}/{f.name}", f.read_bytes().hex()) for f in files])


def digests_of(prepared: Prepared) -> dict[str, str]:
    """What resume compares: the plan's parts, and the calls and candles that they meet."""
    plan, coverage = prepared.plan, prepared.coverage
    calls = digest_of(prepared.windows.digest, coverage.reason, coverage.entry_ns, coverage.silent,
                      coverage.vendor_gap)  # fmt: skip
    clip = plan.data.print_filter_k if plan.data.print_filter == "clip" else None
    data = digest_of(prepared.slice.digest(prepared.windows), clip)
    return plan.digests(calls, data, code_digest())


def described(plan: CallerPlan) -> dict[str, Any]:
    """The sections of a plan that decide its results, under the names that its digests have."""
    from quantray.ledger.difference import plain_sections

    return plain_sections({
        "calls": {"calls": plan.calls, "coverage": plan.coverage},
        "data": plan.data,
        "policy": plan.grid,
        "fees": plan.costs,
        "capital": plan.account,
        "constraints": plan.bounds,
        "objective": plan.objective,
        "ties": plan.ties,
        "mode": {"mode": plan.mode, "grouped": plan.grouped, "filter_collapsed": plan.filter_collapsed},
        "market": {"intrabar": plan.intrabar, "entry": plan.entry, "stress": plan.stress},
        "oos": plan.oos,
        "seed": plan.seed,
    })  # fmt: skip
