"""A whole table over a year of one-second sessions, and over several: time, and memory at its highest.

    python -m benchmarks.year [--sessions N] [--years N] [--points N] [--cache DIR]

The market is made and stored before the clock starts; then the command runs as anybody runs it, in a process of its
own: once with everything in memory, once as it comes. Several years are the year again, under later dates: no market,
but as many amounts.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._page import Report
from benchmarks.options_table import smaller
from quantray.config.plans import load_plan
from quantray.sweeps import prepare
from quantray.sweeps.market import Session, Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.study import load_slice, sweep

SMALL = ["--sessions", "3", "--years", "1", "--points", "2000", "--runs", "1"]
FULL = ["--sessions", "250", "--years", "5", "--points", "1267200", "--runs", "1"]
DAYS = 371  # from a year to the next: whole weeks
CLOCK = {"seconds", "run_dir", "settings"}


class Again(Sequence[Session]):
    """Sessions of some years, each that of the first under a later date."""

    def __init__(self, market: Slice, numbers: range) -> None:
        self.market, self.numbers = market, numbers
        starts = [np.datetime64(date) for date in market.dates]
        self.dates = tuple(str(starts[k % len(market)] + DAYS * (k // len(market))) for k in numbers)

    def __len__(self) -> int:
        return len(self.numbers)

    def __getitem__(self, k: Any) -> Any:
        if isinstance(k, slice):
            return Again(self.market, self.numbers[k])
        year, at = divmod(self.numbers[k], len(self.market))
        session, days = self.market.sessions[at], DAYS * year
        opened, expiry = session.open_ns + days * 86_400 * 10**9, session.expiry + np.int32(days)
        return replace(session, date=self.dates[k], open_ns=opened, expiry=expiry)


def plan_of(given: argparse.Namespace, run_dir: str, memory_gb: float) -> Plan:
    space = [f"space.{name}={json.dumps(values)}" for name, values in smaller(given.points).items()]
    cache = [] if given.cache is None else [f"data.cache={given.cache}"]
    plan = load_plan(
        "+experiment=options_table", "mirror.enabled=false", "study.name=year", f"run_dir={run_dir}", *space, *cache,
        f"data.synthetic.sessions={given.sessions}", f"data.memory_gb={memory_gb}", "constraints.min_trades=3",
    )  # fmt: skip
    assert isinstance(plan, Plan)
    return plan


def one(given: argparse.Namespace) -> dict[str, Any]:
    """Run the table in this process: its seconds, its memory at the highest, and what it wrote."""
    with tempfile.TemporaryDirectory(dir=given.scratch) as folder:
        plan = plan_of(given, folder, given.memory_gb)
        if given.years > 1:
            market = load_slice(plan)
            digests = tuple(f"{digest}{year}" for year in range(given.years) for digest in market.session_digests)
            longer = replace(market, sessions=Again(market, range(given.years * len(market))), session_digests=digests)
            prepare.load_slice = lambda _: longer
        began = time.perf_counter()
        sweep(plan)
        seconds = time.perf_counter() - began
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        files = [*sorted(Path(folder, "surface").glob("*.parquet")), Path(folder, "survivors.parquet")]
        written = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
        summary = json.loads(Path(folder, "summary.json").read_text(encoding="utf-8"))
        written["summary.json"] = json.dumps({k: v for k, v in summary.items() if k not in CLOCK}, sort_keys=True)
        return {
            "seconds": seconds, "processor": time.process_time(), "gb": int(status["VmHWM"].split()[0]) / 1e6,
            "written": written,
        }  # fmt: skip


def apart(arguments: Sequence[str], **more: object) -> dict[str, Any]:
    """:func:`one` in a process of its own."""
    own = [f"--{name.replace('_', '-')}={value}" for name, value in more.items()]
    command = [sys.executable, "-m", "benchmarks.year", *arguments, "--one", *own]
    made = subprocess.run(command, cwd=Path(__file__).parents[1], check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    return found


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=30, help="of the year")
    parser.add_argument("--years", type=int, default=4, help="of the longer table; 1: none")
    parser.add_argument("--points", type=int, default=150_000, help="of the table, at most")
    parser.add_argument("--runs", type=int, default=3, help="of each, in turns")
    parser.add_argument("--cache", help="where the market is kept; the user's cache")
    parser.add_argument("--scratch", help="where results are written, and removed; the system's folder")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--memory-gb", type=float, default=2.0, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.one:
        print(json.dumps(one(given)))
        raise SystemExit
    shared = list(sys.argv[1:] if arguments is None else arguments)
    usual = 0.0 if given.sessions < 100 else 2.0  # a small one is made to go to disk
    with tempfile.TemporaryDirectory(dir=given.scratch) as folder:
        market = load_slice(plan_of(given, folder, usual))
    size = plan_of(given, "outputs/year", usual).space.size
    what = f"{size:,} points over {given.sessions:,} sessions, {market.nbytes / 1e9:.1f} GB of prices"
    report = Report("year", what)
    ways: dict[str, tuple[int, float]] = {"held": (1, 1000.0), "disk": (1, usual), "longer": (given.years, usual)}
    ways = {way: told for way, told in ways.items() if way != "longer" or given.years > 1}
    found: dict[str, list[dict[str, Any]]] = {way: [] for way in ways}
    for _ in range(given.runs):  # in turns
        for way, (years, gb) in ways.items():
            found[way].append(apart(shared, years=years, memory_gb=gb))
    same = all(run["written"] == found["held"][0]["written"] for run in found["held"] + found["disk"])
    report.equal("surface, survivors and summary from disk have the bytes of those in memory", same)
    figures = {
        way: {name: [run[name] for run in runs] for name in ("seconds", "gb", "processor")}
        for way, runs in found.items()
    }
    held, disk = figures["held"], figures["disk"]
    report.row("the table, from disk", disk["seconds"], beside=("in memory", held["seconds"]))
    report.row("its memory at the highest", disk["gb"], beside=("in memory", held["gb"]), unit="GB")
    report.row("its processor time, all cores", disk["processor"], beside=("in memory", held["processor"]))
    if given.years > 1:
        longer = figures["longer"]
        report.row(f"{given.years} years, from disk", longer["seconds"])
        report.row("their memory at the highest", longer["gb"], unit="GB")
        report.row("their processor time, all cores", longer["processor"])
    return report


if __name__ == "__main__":
    main()
