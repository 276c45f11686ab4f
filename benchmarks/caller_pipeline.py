"""What the per-caller pipeline costs: seconds and memory of a large run, its fixed cost, and how it grows.

    python -m benchmarks.caller_pipeline [--parts large fixed growth] [--runner local|ray] [--workers N] [--share S]

``fixed`` compares a run of very little work on Ray with pools of the same number of actors and rows whose function
gives back what it gets. Peak memory is what the system says of every process that ran (VmHWM, mapped files included).
"""

from __future__ import annotations

import argparse
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks._page import Report
from quantray.callers import CallerPlan
from quantray.callers.data import CallsData
from quantray.callers.pipeline import run
from quantray.callers.policies import Policy, grid
from quantray.callers.policies.account import Account
from quantray.callers.progress import Progress
from quantray.runner.dataflow import flow
from quantray.settings import Runner

SMALL = ["--parts", "large", "growth", "--share", "0.005"]
FULL = ["--share", "1", "--runs", "3"]
PARTS = ("large", "fixed", "growth")
START = int(np.datetime64("2025-01-01", "ns").astype(np.int64))
MINUTE = 60 * 10**9


def policies_of(n: int) -> tuple[Policy, ...]:
    """``n`` policies of targets, stops, trailing stops and holds, all within 24 hours."""
    every = grid(
        "mixed", of=["fixed", "trailing"], tp_mults=(None, 1.2, 1.5, 2, 3), sl_mults=(0.95, 0.9, 0.85, 0.8),
        activation=(None, 0.05, 0.1, 0.2, 0.5), trail=(0.02, 0.05, 0.1, 0.15), hold=("1h", "4h", "8h", "24h"),
    )  # fmt: skip
    rows = np.unique(np.linspace(0, len(every) - 1, n).astype(int))
    return tuple(every[i] for i in rows)


def market(folder: Path, n_calls: int, n_callers: int, n_assets: int, days: int, seed: int = 0) -> CallsData:
    """Random walks by the minute and calls at random minutes, as Parquet."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    n = (days + 2) * 1440
    ts = pa.array(START + np.arange(n) * MINUTE, pa.timestamp("ns", tz="UTC"))
    with pq.ParquetWriter(folder / "candles.parquet", _candles(rng, "A", ts, 1).schema) as writer:
        for a in range(n_assets):
            writer.write_table(_candles(rng, f"ASSET{a:04d}", ts, n))
    minutes = rng.integers(60, days * 1440, n_calls)
    calls = pa.table({
        "call_id": [f"c{i:06d}" for i in range(n_calls)],
        "caller": [f"caller_{i:05d}" for i in rng.permutation(np.arange(n_calls) % n_callers)],
        "asset": [f"ASSET{i:04d}" for i in rng.integers(0, n_assets, n_calls)],
        "ts": pa.array(START + minutes * MINUTE, pa.timestamp("ns", tz="UTC")),
    })  # fmt: skip
    pq.write_table(calls, folder / "calls.parquet")
    return CallsData("parquet", calls=str(folder / "calls.parquet"), candles=str(folder / "candles.parquet"),
                     interval="1m", cache=str(folder / "cache"))  # fmt: skip


def _candles(rng: np.random.Generator, asset: str, ts: Any, n: int) -> Any:
    import pyarrow as pa

    close = np.exp(np.cumsum(rng.normal(0, 0.003, n)))
    opened = np.concatenate([[1.0], close[:-1]])
    spread = np.exp(np.abs(rng.normal(0, 0.0015, (2, n))))
    return pa.table({
        "asset": [asset] * n, "ts": ts[:n], "open": opened, "high": np.maximum(opened, close) * spread[0],
        "low": np.minimum(opened, close) / spread[1], "close": close, "volume": np.ones(n),
    })  # fmt: skip


class Memory(threading.Thread):
    """Peak resident memory in MiB of this process and of everything it started, seen twice a second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak: dict[tuple[int, str], float] = {}
        self.over = threading.Event()
        self.start()

    def run(self) -> None:
        while not self.over.wait(0.5):
            self.look()

    def look(self) -> None:
        parent, status = {}, {}
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    fields = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
                    parent[int(folder.name)], status[int(folder.name)] = int(fields["PPid"]), fields
                except (OSError, ValueError, KeyError):
                    continue
        for pid, fields in status.items():
            at = pid
            while at in parent and at != os.getpid():
                at = parent[at]
            if at == os.getpid() and "VmHWM" in fields:
                self.peak[pid, fields["Name"].strip()] = int(fields["VmHWM"].split()[0]) / 1024

    def ended(self) -> tuple[float, list[float]]:
        """Peak MiB of this process, and of each worker."""
        self.over.set()
        self.look()
        own = self.peak.pop((os.getpid(), next(name for pid, name in self.peak if pid == os.getpid())))
        return own, [mib for (_, name), mib in self.peak.items() if name.startswith("ray::")]


@contextmanager
def started(kind: str) -> Iterator[None]:
    """A Ray of 2 processors, where Ray is asked for."""
    if kind != "ray":
        yield
        return
    import logging

    import ray

    ray.init(address="local", num_cpus=2, include_dashboard=False, object_store_memory=150 << 20, log_to_driver=False,
             logging_level=logging.ERROR)  # fmt: skip
    try:
        yield
    finally:
        ray.shutdown()


def large(report: Report, kind: str, workers: int, share: float) -> None:
    """A share of 10,000 calls of 1,000 callers, 1,000 policies, 1,440 candles a call, finite capital."""
    n_calls, n_callers, n_assets = (max(int(n * share), 20) for n in (10_000, 1_000, 100))
    with tempfile.TemporaryDirectory() as folder:
        data = market(Path(folder), n_calls, n_callers, n_assets, 30 if share >= 0.1 else 4)
        runner = Runner("ray" if kind == "ray" else "local", workers, in_process_s=0)
        plan = CallerPlan("large", data, policies_of(1000), Path(folder) / "run", mode="both", runner=runner)
        with started(kind):
            memory, times = Memory(), Times()
            results = run(plan, progress=times, say=print)
            own, others = memory.ended()
        what = (
            f"{n_calls:,} calls of {n_callers:,} callers x {len(plan.policies):,} policies, {kind}, {workers} workers"
        )
        report.row(what, [results.seconds])
        for stage, seconds in times.spent().items():
            report.row(f"of which {stage}", [seconds])
        report.row("peak memory of the driver", [own], unit="MiB")
        if others:
            report.row("peak memory of a worker", others, unit="MiB")
        size = sum(f.stat().st_size for f in plan.run_dir.rglob("*") if f.is_file()) / 2**20
        report.row("files of the run", [size], unit="MiB")


def the_same(report: Report) -> None:
    """Whatever runs it, with however many workers: every file that tells of the results has the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        data = market(Path(folder), 60, 6, 6, 4)
        files = []
        for workers in (1, 2):
            plan = CallerPlan("same", data, policies_of(50), Path(folder) / f"run{workers}", mode="both",
                              runner=Runner("local", workers, in_process_s=0))  # fmt: skip
            run(plan, say=lambda sentence: None)
            tables = sorted(plan.run_dir.rglob("*.parquet"))
            files.append({str(f.relative_to(plan.run_dir)): f.read_bytes() for f in tables})
    report.equal(f"{len(files[0])} tables of a run have the same bytes with one worker and with two",
                 bool(files[0]) and files[0] == files[1])  # fmt: skip


class Times:
    """Seconds of every stage from what progress says, by the clock or of this process's processors."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self.clock = clock
        self.seen: list[tuple[str, float]] = []

    def __call__(self, p: Progress) -> None:
        self.seen.append((p.stage, self.clock()))

    def spent(self) -> dict[str, float]:
        """Stage -> seconds, up to now."""
        found: dict[str, float] = {}
        ends = [*(at for _, at in self.seen[1:]), self.clock()]
        for (stage, at), end in zip(self.seen, ends, strict=True):
            found[stage] = found.get(stage, 0.0) + end - at
        return found


class Same:
    """What an actor costs that does nothing."""

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        return batch


def identity() -> Callable[[int], int]:
    """What a pool of ours costs whose workers import and compile what they always do, and then do nothing."""
    from quantray.callers.stages.warmup import warm

    warm()
    return lambda row: row


def fixed(report: Report, runs: int) -> None:
    """A run of 12 calls on Ray against pools of as many actors and rows that give back what they get."""
    with tempfile.TemporaryDirectory() as folder, started("ray"):
        data = market(Path(folder), 12, 2, 2, 2)
        seconds: dict[str, list[float]] = {name: [] for name in ("ours", "identity", "bare", "threads")}
        rows: list[int] = []
        for turn in range(runs + 1):
            ours, rows = _small(data, Path(folder) / f"ray{turn}", "ray")
            taken = (ours, _timed(_identity, rows), _timed(_bare, rows),
                     _small(data, Path(folder) / f"local{turn}", "local")[0])  # fmt: skip
            for name, value in zip(seconds, taken, strict=True):
                seconds[name] += [value] if turn else []  # the first of each starts workers and compiles
        told = {
            "identity": "the same pools, identity function",
            "bare": "pools of actors that import nothing",
            "threads": "the pipeline on threads, as by default",
        }
        what = f"pipeline of 12 calls on Ray, {len(rows)} pools of {min(rows)} to {max(rows)} rows"
        for name, other in told.items():
            report.row(what, seconds["ours"], beside=(other, seconds[name]), bound=name != "threads")


def _timed(work: Callable[[list[int]], None], rows: list[int]) -> float:
    began = time.perf_counter()
    work(rows)
    return time.perf_counter() - began


def _identity(pools: list[int]) -> None:
    for n in pools:
        list(flow(Runner("ray", 2), range(n), identity, name="identity"))


def _bare(pools: list[int]) -> None:
    import ray

    for n in pools:
        items = ray.data.from_items([{"number": i} for i in range(n)], override_num_blocks=n)
        pool = ray.data.ActorPoolStrategy(size=min(2, n))
        found = items.map_batches(Same, batch_size=1, compute=pool, num_cpus=1)
        found.context.enable_progress_bars = False
        for _ in found.iter_batches(batch_size=1, prefetch_batches=0):
            pass


def _small(data: CallsData, run_dir: Path, kind: str) -> tuple[float, list[int]]:
    """Seconds from the first pool on, and rows of every pool."""
    plan = CallerPlan("fixed", data, policies_of(10), run_dir, runner=Runner(kind, 2, in_process_s=0), stress=False)
    began: list[float] = []
    rows: list[int] = []

    def told(p: Progress) -> None:
        if p.total and p.done == 0 and p.stage != "ranking":
            began.append(time.perf_counter())
            rows.append(p.total)

    run(plan, progress=told, say=lambda sentence: None)
    return time.perf_counter() - began[0], rows


def growth(report: Report, share: float = 1.0) -> None:
    """Processor seconds of one worker by calls, candles and policies, with and without capital."""
    base = {"calls": max(int(4000 * share), 20), "days": 10, "policies": 500}
    n = base["calls"]
    for change in ({}, {"calls": 2 * n}, {"calls": 4 * n}, {"days": 20}, {"policies": 1000}, {"policies": 2000}):
        for limited in (True, False):
            _grown(report, {**base, **change}, limited)
        if share < 1:
            return


def _grown(report: Report, size: dict[str, int], limited: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = market(Path(folder), size["calls"], max(size["calls"] // 10, 2), 20, size["days"])
        plan = CallerPlan("growth", data, policies_of(size["policies"]), Path(folder) / "run",
                          account=Account(limited=limited), runner=Runner("local", 1))  # fmt: skip
        times = Times(time.process_time)
        run(plan, progress=times, say=lambda sentence: None)
        spent = times.spent()
    candles = 20 * (size["days"] + 2) * 1440
    what = f"{size['calls']:,} calls, {candles:,} candles, {len(plan.policies):,} policies, "
    what += "finite capital" if limited else "no account"
    for name in ("first touch", "scores", "ranking", "winners"):
        report.row(f"{what}: {name}, processor", [spent[name]])


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--runner", choices=["local", "ray"], default="local", help="of the large run")
    parser.add_argument("--workers", type=int, default=2, help="of the large run")
    parser.add_argument("--share", type=float, default=0.2, help="of the sizes of large and growth")
    parser.add_argument("--runs", type=int, default=2, help="of the small run on Ray")
    given = parser.parse_args(arguments)
    report = Report("caller_pipeline", "the pipeline of policies per caller, from slices to winners")
    the_same(report)
    if "large" in given.parts:
        large(report, given.runner, given.workers, given.share)
    if "fixed" in given.parts:
        fixed(report, given.runs)
    if "growth" in given.parts:
        growth(report, given.share)
    return report


if __name__ == "__main__":
    main()
