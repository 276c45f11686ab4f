"""What an interrupted run leaves behind: pieces of finished rows, each noted in the ledger with its digest."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from quantray.callers.data import CallPlan, CallsData, CandleSlice, Coverage
from quantray.callers.data.settings import KEYS
from quantray.callers.identity import code_digest
from quantray.callers.plan import CallerPlan
from quantray.callers.policies import spec_of
from quantray.callers.prepare import Prepared
from quantray.callers.progress import Progress
from quantray.digests import digest_of
from quantray.errors import GOES_ON, DiskError, Interrupted
from quantray.files.pieces import DAMAGED, MISSING, WHOLE, Pieces
from quantray.interrupts import check
from quantray.ledger.difference import plain_sections, renamed, request_of
from quantray.plain import amount
from quantray.protocols import Ledger, Say
from quantray.runner.dataflow import flow
from quantray.settings import Runner

#: Under which a study notes how many rows each stage has.
ROWS = "rows"
Row = TypeVar("Row")
Result = TypeVar("Result")
Report = Callable[[Progress], object]


class Asked(Protocol):
    """What a request says of where it runs."""

    @property
    def study(self) -> str: ...
    @property
    def run_dir(self) -> Path: ...
    @property
    def runner(self) -> Runner: ...


class Driver:
    """Runs stages row by row: what the ledger notes, and is still as it was written, is not done again.

    ``reused`` counts those rows, ``remade`` the ones that were noted and are damaged or gone.
    """

    def __init__(self, plan: Asked, progress: Report | None, say: Say) -> None:
        self.plan, self.say, self._progress = plan, say, progress
        self._ledger: Ledger | None = None
        self.pieces = Pieces(plan.run_dir, plan.study)
        self.notes: dict[str, Any] = {}
        self.began, self.reused, self.remade, self._said = time.monotonic(), 0, 0, False
        self._at, self._detail = ("calls", 0, 0), ""

    def reached(self, stage: str, done: int = 0, total: int = 0, reused: int = 0) -> None:
        check()
        self._at = (stage, done, total)
        if self._progress is not None:
            self._progress(Progress(stage, done, total, reused, time.monotonic() - self.began, self._detail))

    def resume(self, ledger: Ledger) -> None:
        """From here on finished rows are noted in ``ledger``, and what it notes already is not done again."""
        self._ledger, self.notes = ledger, dict(ledger.notes())

    def stage(
        self, stage: str, rows: Sequence[Row], key: Callable[[Row], str],
        make: Callable[[], Callable[[Row], Mapping[str, Any]]], *, seconds: float | None,
        detail: Callable[[Mapping[str, Any]], str] = lambda note: "",
        kept: Callable[[Mapping[str, Any]], object] = lambda note: None,
    ) -> list[Mapping[str, Any]]:  # fmt: skip
        """What is noted of every row, in order. ``make()`` gives what turns a row into pieces and their note, which

        has under ``files`` what :meth:`Pieces.write` gave for each.

        ``seconds``: what the rows are expected to cost one core, for choosing where they run; None: in this process.
        ``detail`` makes a note's part of what progress says; ``kept`` hears first of what an earlier run noted.
        """
        keys = [f"callers/{key(row)}" for row in rows]
        notes = [self.notes.get(k) for k in keys]
        there = self._kept(stage, notes)
        todo = [i for i, whole in enumerate(there) if not whole]
        again = sum(there)
        self.reused += again
        for note, whole in zip(notes, there, strict=True):
            if note is not None and whole:
                kept(note)
        self._detail = ""
        self.reached(stage, again, len(rows), again)
        self.note(ROWS, {**self.notes.get(ROWS, {}), stage: len(rows)})
        assert self._ledger is not None  # the study was opened: resume() came first
        for i, note in zip(todo, self._flow(stage, [rows[i] for i in todo], make, seconds, again), strict=True):
            self._ledger.note(keys[i], note)
            self.notes[keys[i]] = notes[i] = note
            self._detail = detail(note)
        return [n for n in notes if n is not None]

    def note(self, key: str, value: object) -> None:
        """Keep a value with the study, unless it is what the study keeps already."""
        assert self._ledger is not None  # the study was opened: resume() came first
        if self.notes.get(key) != value:
            self._ledger.note(key, value)
            self.notes[key] = value

    def _kept(self, stage: str, notes: Sequence[Mapping[str, Any] | None]) -> list[bool]:
        """Whether the pieces of each note are as they were written; what is not is said and counted."""
        files = {name: note for n in notes if n is not None for name, note in n.get("files", {}).items()}
        states = self.pieces.states(files)
        kept = []
        for n in notes:
            mine = [states[name] for name in (n or {}).get("files", ())]
            kept.append(bool(mine) and all(state == WHOLE for state in mine))
        lost = sum(n is not None and not whole for n, whole in zip(notes, kept, strict=True))
        if lost:
            bad = [state for state in states.values() if state != WHOLE]
            counted = ", ".join(f"{bad.count(s):,} {s}" for s in (DAMAGED, MISSING) if s in bad)
            first = next(name for name, state in states.items() if state != WHOLE)
            self.say(
                f"{stage}: of {amount(len(states), 'file')} of an earlier run {counted} ({self.pieces.path(first)}); "
                f"{lost:,} of {amount(len(notes), 'row')} are done again"
            )
            self.remade += lost
        return kept

    def passed(
        self, stage: str, rows: Sequence[Row], make: Callable[[], Callable[[Row], Result]], *, seconds: float | None
    ) -> list[Result]:
        """The result of every row, in order; kept nowhere."""
        self.reached(stage, 0, len(rows))
        return list(self._flow(stage, rows, make, seconds, 0))

    def _flow(
        self, stage: str, rows: Sequence[Row], make: Callable[[], Callable[[Row], Result]], seconds: float | None,
        again: int,
    ) -> Iterator[Result]:  # fmt: skip
        done = again
        try:
            for _, result in flow(self.runner(seconds), rows, make, name=stage):
                yield result  # noted when control comes back
                done += 1
                self.reached(stage, done, again + len(rows), again)
        except DiskError as error:
            raise DiskError(f"stopped in {stage} after {done:,} of {again + len(rows):,}: {error}") from None

    @property
    def interrupted(self) -> Interrupted:
        """What Ctrl-C is answered with."""
        stage, done, total = self._at
        where = f"{stage} after {done:,} of {total:,}" if total else f"the stage of {stage}"
        return Interrupted(f"stopped in {where}{GOES_ON}")

    def runner(self, seconds: float | None) -> Runner:
        """The plan's, or threads of this process where starting actors would take longer than the work."""
        own = self.plan.runner
        if seconds is None:
            return Runner("local", own.workers)
        if own.kind != "ray" or own.address != "local" or seconds >= own.in_process_s:
            return own
        if not self._said:
            self.say(
                f"work of less than runner.in_process_s={own.in_process_s:g} s a stage runs on threads of this "
                "process: it is done before Ray's actors have started"
            )
            self._said = True
        return Runner("local", own.workers)


def digests_of(prepared: Prepared) -> dict[str, str]:
    """What resume compares: the plan's parts, and the calls and candles that they meet."""
    met = met_by(prepared.plan.data, prepared.windows, prepared.slice, prepared.coverage)
    return prepared.plan.digests(*met, code_digest())


def met_by(data: CallsData, windows: CallPlan, made: CandleSlice, coverage: Coverage) -> tuple[str, str]:
    """Digests of the calls with their entries, and of the candles of their windows."""
    outages = [(o.asset, o.start_ns, o.end_ns) for o in coverage.outages]
    calls = digest_of(windows.digest, coverage.reason, coverage.entry_ns, coverage.source_end_ns, outages)
    clip = data.print_filter_k if data.print_filter == "clip" else None
    return calls, digest_of(made.digest(windows), clip)


def request(plan: CallerPlan) -> dict[str, Any]:
    """The whole plan as the configuration that gives it again, but for where its ledger lies: that may be a secret."""
    same = ["mode", "grouped", "filter_collapsed", "intrabar", "entry", "target_gap", "objective", "ties", "oos"]
    same += ["stress", "seed", "calls", "coverage", "runner", "tracking", "gates", "report"]
    grid = plan.grid or {"grid": "listed", "policies": [spec_of(policy) for policy in plan.policies]}
    return request_of({
        "study": {"name": plan.study},
        **data_sections(plan.data),
        "policy": grid,
        "fees": plan.costs,
        "capital": plan.account,
        "constraints": plan.bounds,
        **{name: getattr(plan, name) for name in same},
    }, plan.run_dir, plan.asked)  # fmt: skip


def data_sections(data: CallsData) -> dict[str, object]:
    """Settings of the data as the configuration has them: how calls are read from chats in a section of its own."""
    found = renamed(data, KEYS)
    return {"data": {key: value for key, value in found.items() if key != "messages"}, "messages": data.messages}


def described(plan: CallerPlan) -> dict[str, Any]:
    """The sections of a plan that decide its results, under the names that its digests have."""
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
        "market": {"intrabar": plan.intrabar, "entry": plan.entry, "target_gap": plan.target_gap,
                   "stress": plan.stress},
        "oos": plan.oos,
        "seed": plan.seed,
    })  # fmt: skip
