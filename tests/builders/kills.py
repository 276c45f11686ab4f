"""Killing runs with SIGKILL at random moments, going on, and comparing with a run that nobody disturbed."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from tests.builders.desks import ROOT, SMALL, Desk

SEARCHES = {
    "exhaustive": ["search=exhaustive"],
    "random": ["search=random", "search.n_trials=200"],
    "qmc": ["search=qmc", "search.n_trials=200"],
    "tpe": ["search=tpe", "search.n_trials=200"],
}
KILLED = {**SEARCHES, "rustuna": ["search=rustuna", "search.n_trials=200"]}


@dataclass(frozen=True)
class Row:
    """What became of a run that was killed ``kills`` times and then finished."""

    search: str
    kills: int
    calls_at_death: tuple[int, ...]
    stored: int  # candidates
    twice: int  # candidates that are stored more than once
    again: int  # candidates that were evaluated more than once
    astray: int  # of these, the ones that were not claimed when a driver died
    reported: int  # how many the report says at most
    same: bool  # trials.parquet and surface/ are those of the undisturbed run, byte for byte


def command(search: str, run_dir: str, *more: str) -> list[str]:
    return ["quantray.run", *SMALL, *KILLED[search], "runner=local", f"run_dir={run_dir}", *more]


def undisturbed(desk: Desk, search: str) -> Counter[str]:
    """Run once; the calls it took, those for the report included."""
    desk.here(*command(search, f"whole-{search}"))
    calls = desk.calls
    desk.log.unlink()
    return calls


def killed(desk: Desk, search: str, whole: Counter[str], kills: int, seed: int) -> Row:
    """Start, kill after a random number of evaluations and then some microseconds, ``kills`` times; then finish."""
    rng = random.Random(f"{search}{seed}")
    run = f"{search}-{seed}"
    at_death: list[int] = []
    in_work: set[str] = set()
    goals = sorted(rng.randrange(0, whole.total() * 9 // 10) for _ in range(kills))
    for goal in goals:
        _kill(desk, command(search, run), goal, rng.uniform(0, 0.05))
        at_death.append(desk.calls.total())
        in_work |= claimed(desk.folder / run / "ledger.db")
    desk.here(*command(search, run))
    again = desk.calls - whole
    desk.log.unlink()
    digests = [t.digest for t in desk.trials(run)]
    if search == "exhaustive":
        digests = [str(n) for n in _numbers(desk.folder / run / "surface")]
    summary = json.loads((desk.folder / run / "summary.json").read_text())
    return Row(
        search, kills, tuple(at_death), len(digests), len(digests) - len(set(digests)), len(again),
        len(set(again) - in_work), sum(summary["repeated"].values()),
        _bytes(desk, run) == _bytes(desk, f"whole-{search}"),
    )  # fmt: skip


def _bytes(desk: Desk, run: str) -> list[bytes]:
    """Of the trials and of every part of a complete table."""
    return [desk.table(run), *(part.read_bytes() for part in sorted((desk.folder / run / "surface").glob("*.parquet")))]


def _kill(desk: Desk, args: list[str], goal: int, more_s: float) -> None:
    process = desk.start(*args)
    deadline = time.monotonic() + 300
    while process.poll() is None and time.monotonic() < deadline:
        if desk.log.exists() and desk.log.stat().st_size >= 40 * goal:
            time.sleep(more_s)
            break
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.communicate()


@dataclass(frozen=True)
class CallerRow:
    """What became of a run about callers that was killed once and then finished."""

    done_at_death: int  # buckets and blocks that had begun
    of: int  # in a run that nobody disturbed
    again: int  # that were begun in both runs
    same: bool  # the table is that of the undisturbed run, byte for byte


def callers(folder: Path, *, kill_after: int | None = None, more_s: float = 0.0) -> Counter[str]:
    """Run the small run about callers of :mod:`tests.builders.killed` in ``folder``; what it began, by name.

    With ``kill_after`` it is killed some microseconds after so many buckets and blocks have begun.
    """
    log = folder / f"log-{time.monotonic_ns()}"
    command = [sys.executable, "-m", "tests.builders.killed", str(folder), str(log)]
    process = subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while kill_after is not None and process.poll() is None:
        if log.exists() and len(log.read_text().splitlines()) >= kill_after:
            time.sleep(more_s)
            process.send_signal(signal.SIGKILL)
            break
        time.sleep(0.001)
    _, err = process.communicate(timeout=300)
    assert process.returncode in ((0,) if kill_after is None else (0, -signal.SIGKILL)), err
    return Counter(log.read_text().splitlines()) if log.exists() else Counter()


def killed_callers(folder: Path, whole: Counter[str], table: dict[str, str], seed: int) -> CallerRow:
    """Start, kill at a random moment, finish, compare."""
    from tests.builders.call_plans import bytes_of

    rng = random.Random(f"callers{seed}")
    first = callers(folder, kill_after=rng.randrange(1, whole.total() + 1), more_s=rng.uniform(0, 0.05))
    second = callers(folder)
    return CallerRow(first.total(), whole.total(), (first & second).total(), bytes_of(folder / "run") == table)


def claimed(ledger: Path) -> set[str]:
    """Digests of what was claimed and not stored when the driver died."""
    if not ledger.exists():
        return set()
    with sqlite3.connect(ledger) as connection:
        try:
            rows = connection.execute("SELECT params, digest FROM quantray_evaluations WHERE state = 'CLAIMED'")
            found = rows.fetchall()
        except sqlite3.OperationalError:  # killed before there were tables
            return set()
    plain = {digest for params, digest in found if "start" not in params}
    ranges = [json.loads(params) for params, _ in found if "start" in params]
    return plain | {d for r in ranges for d in _points(r["start"], r["stop"])}


def _points(start: int, stop: int) -> set[str]:
    from quantray.space import candidate_digest

    return {candidate_digest({"a": n // 80, "b": n // 10 % 8, "c": n % 10}) for n in range(start, stop)}


def _numbers(surface: Path) -> list[int]:
    return [n for part in sorted(surface.glob("*.parquet")) for n in pq.read_table(part)["number"].to_pylist()]
