"""``quantray launch N``: N drivers on one study, in processes of their own, then one report.

Each driver claims what it evaluates, so nothing is evaluated twice; which driver gets what depends on timing. What a
driver that died had claimed is evaluated at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import quantray
from quantray.capacity import check_run_dir
from quantray.cli.exits import DONE, FAILED, INTERRUPTED, USER_ERROR, WORST, guarded, quiet
from quantray.cli.run import typed
from quantray.cli.verbs import Parser, Work, whole
from quantray.errors import ConfigError, Interrupted
from quantray.plain import amount

if TYPE_CHECKING:
    from quantray.sweeps.plan import Plan

MOST = 256
_LINE_S = 5.0  # between two lines of progress
_GRACE_S = 15.0  # what a driver that was told twice to stop may still take

ABOUT = """\
Run one sweep with N drivers: N processes that search the same study, each with a seed of its own, and one report.
The trials of all drivers together make search.n_trials. A driver is worth having where sampling or claiming is what
takes time (TPE), or where there are several machines; evaluations are spread over cores by workers, not by drivers.
"""
EXAMPLES = """\
examples:
  quantray launch 4 +experiment=options_sweep runner=local       4 drivers, the cores shared among them
  quantray launch 1 --workers 4 +experiment=options_sweep        1 driver with 4 workers: what runner.workers=4 does
  quantray launch 2 --workers 8 storage=postgres storage.url=postgresql://user@db/quant runner.address=auto
  quantray launch 2 --first 2 storage=postgres …                 two more of the same study, on another machine

With 1 driver results do not depend on the number of workers, byte for byte. With several, which of them evaluates a
candidate depends on timing, and so does what is asked next.
exit codes: the worst of the drivers': 0 done, 2 cannot be carried out, 130 interrupted, 1 anything else
"""


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray launch``."""
    parser = Parser("quantray launch", ABOUT, examples=EXAMPLES)
    parser.add_argument("drivers", type=whole, metavar="N", help="how many drivers")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="what quantray run takes")
    parser.add_argument("--workers", type=whole, metavar="W", help="workers of each driver (runner.workers=W)")
    parser.add_argument(
        "--first", type=whole, default=0, metavar="K", help="number of the first driver, when others run elsewhere (0)"
    )
    args = parser.read(given)
    return lambda: launch(args, given)


def launch(args: argparse.Namespace, given: Sequence[str]) -> int:
    """Check, start the drivers, wait for all of them, finish the study and report it."""
    from quantray.config.plans import load_sweep

    quiet()
    if not 1 <= args.drivers <= MOST:
        raise ConfigError(f"quantray launch {args.drivers}: between 1 and {MOST} drivers")
    if args.first < 0:
        raise ConfigError(f"--first {args.first}: drivers are counted from 0")
    overrides = [*args.overrides, *([f"runner.workers={args.workers}"] if args.workers is not None else [])]
    plan = load_sweep(overrides, asked="quantray launch")
    if plan.storage.kind == "memory" and args.drivers > 1:
        raise ConfigError("storage=memory cannot be shared by several drivers; choose storage=sqlite or postgres")
    check_run_dir(plan.run_dir)
    again = typed("quantray launch", given)
    if args.drivers == 1 and args.first == 0:
        return guarded(lambda: _report(plan, None), again)
    if plan.runner.workers is None and plan.runner.address == "local":
        overrides.append(f"runner.workers={max(1, _cores() // args.drivers)}")
    return guarded(lambda: _launch(plan, args.drivers, args.first, overrides), again)


def _launch(plan: Plan, count: int, first: int, overrides: Sequence[str]) -> int:
    from quantray.sweeps.prepare import opened
    from quantray.sweeps.stopped import command

    began = time.monotonic()
    with opened(plan, _tell):  # what is wrong is said once, and fresh=true deletes once
        pass
    drivers = [Driver(first + i, overrides) for i in range(count)]
    stopped = _wait(plan, drivers)
    for driver in drivers:
        print(driver.line, flush=True)
    worst = max((driver.code for driver in drivers), key=WORST.index)
    if stopped:
        stored = sum(driver.stored.get("complete", 0) for driver in drivers)
        told = f"all drivers ended; they stored {stored:,} complete trials"
        raise Interrupted(told, command=command(plan) if stored else "")
    if not any(d.code == DONE for d in drivers) or any(d.code != DONE and not d.killed for d in drivers):
        return worst
    return max(worst, _report(replace(plan, fresh=False), first, began), key=WORST.index)


def _report(plan: Plan, first: int | None, began: float | None = None) -> int:
    """Finish the study as one more driver would, and write its report."""
    from quantray.sweeps.loop.share import Share
    from quantray.sweeps.report.terminal import Terminal
    from quantray.sweeps.study import sweep

    share = None if first is None else Share(first)
    with Terminal(plan) as terminal:
        sweep(
            plan,
            progress=terminal.progress,
            say=terminal.say,
            done=terminal.finish,
            reached=terminal.reached,
            share=share,
            began=began,
        )
    return DONE


@dataclass(slots=True)
class Driver:
    """A driver's process, and what it last said. ``stored`` counts by state what it stored itself."""

    number: int
    overrides: Sequence[str]
    stored: dict[str, int] = field(default_factory=dict)
    duplicates: dict[str, int] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)
    seconds: float = 0.0
    process: Any = None
    readers: list[threading.Thread] = field(default_factory=list)

    def __post_init__(self) -> None:
        home = str(Path(quantray.__file__).parents[2])
        path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "quantray.cli.driver", str(self.number), *self.overrides],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C reaches it once, through this process
            text=True,
        )
        for work in (self._listen, self._repeat):
            self.readers.append(threading.Thread(target=work, daemon=True))
            self.readers[-1].start()

    @property
    def running(self) -> bool:
        if self.process.poll() is not None:
            self.seconds = self.seconds or time.monotonic() - self.began
            return False
        return True

    @property
    def killed(self) -> bool:
        """Ended by a signal that it could not answer."""
        return int(self.process.returncode) < 0

    @property
    def code(self) -> int:
        code = int(self.process.returncode)
        return code if code in (DONE, USER_ERROR, INTERRUPTED) else FAILED

    @property
    def line(self) -> str:
        """What became of it, in one line."""
        done, twice = sum(self.stored.values()) - self.stored.get("claimed", 0), sum(self.duplicates.values())
        named = ", ".join(f"{source} {n:,}" for source, n in self.duplicates.items() if n)
        ended = f"killed by {signal.Signals(-self.process.returncode).name}" if self.killed else f"exit {self.code}"
        return (
            f"driver {self.number}: {amount(done, 'trial')} stored, "
            f"{amount(twice, 'duplicate')}{f' ({named})' if named else ''}, "
            f"{self.seconds:.1f} s, {ended}"
        )

    def signal(self, number: int) -> None:
        if self.running:
            self.process.send_signal(number)

    def _listen(self) -> None:
        with self.process.stdout as said:
            for line in said:
                try:
                    facts = json.loads(line)
                except ValueError:
                    continue
                if "sentence" in facts:
                    _tell(f"driver {self.number}: {facts['sentence']}")
                else:
                    self.stored, self.duplicates = facts["stored"], facts["duplicates"]

    def _repeat(self) -> None:
        with self.process.stderr as said:
            for line in said:
                if not line.startswith("interrupted"):
                    _tell(f"driver {self.number}: {line.rstrip()}")


def _wait(plan: Plan, drivers: Sequence[Driver]) -> int:
    """Until every driver has ended. SIGINT and SIGTERM go on to them; returns how many came."""
    came = 0

    def forward(number: int, frame: object) -> None:
        nonlocal came
        came += 1
        for driver in drivers:
            driver.signal(signal.SIGINT)

    before = {s: signal.signal(s, forward) for s in (signal.SIGINT, signal.SIGTERM)}
    told, deadline = time.monotonic(), float("inf")
    try:
        while sum(driver.running for driver in drivers):  # every one is looked at
            time.sleep(0.05)
            now = time.monotonic()
            deadline = min(deadline, now + _GRACE_S) if came > 1 else deadline
            if now > deadline:
                for driver in drivers:
                    driver.signal(signal.SIGKILL)
            if now - told >= _LINE_S:
                told = now
                _tell(_progress(plan, drivers))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for driver in drivers:
            driver.process.stdin.close()
    for driver in drivers:
        for reader in driver.readers:
            reader.join()
    return came


def _progress(plan: Plan, drivers: Sequence[Driver]) -> str:
    complete = [driver.stored.get("complete", 0) for driver in drivers]
    each = ", ".join(f"{n:,}" for n in complete)
    running = sum(driver.running for driver in drivers)
    return f"{plan.study}: {sum(complete):,} complete ({each}), {running} of {amount(len(drivers), 'driver')} running"


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
