"""What the per-caller pipeline costs: seconds and memory of a large run, its fixed cost, and how it grows.

    python -m benchmarks.caller_pipeline large [local|ray] [workers]
    python -m benchmarks.caller_pipeline fixed
    python -m benchmarks.caller_pipeline growth

``fixed`` compares a run of very little work on Ray with pools of the same number of actors and rows whose function
gives back what it gets. Peak memory is what the system says of every process that ran (VmHWM, mapped files included).
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from quantray.callers import CallerPlan
from quantray.callers.data import CallsData
from quantray.callers.pipeline import run
from quantray.callers.policies import Policy, grid
from quantray.callers.policies.account import Account
from quantray.callers.progress import Progress
from quantray.runner.dataflow import flow
from quantray.settings import Runner

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

    def report(self) -> str:
        self.over.set()
        self.look()
        own = self.peak.pop((os.getpid(), next(name for pid, name in self.peak if pid == os.getpid())))
        workers = [mib for (_, name), mib in self.peak.items() if name.startswith("ray::")]
        tail = f", largest of {len(workers)} workers {max(workers):,.0f} MiB" if workers else ""
        return f"peak memory: this process {own:,.0f} MiB{tail}"


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


def large(kind: str = "local", workers: str = "2") -> None:
    """10,000 calls of 1,000 callers, 1,000 policies, 1,440 candles a call, finite capital."""
    with tempfile.TemporaryDirectory() as folder:
        data = market(Path(folder), 10_000, 1_000, 100, 30)
        plan = CallerPlan("large", data, policies_of(1000), Path(folder) / "run", mode="both",
                          runner=Runner(kind, int(workers), in_process_s=0))  # fmt: skip
        with started(kind):
            memory, times = Memory(), Times()
            results = run(plan, progress=times, say=print)
            print(memory.report())
        what = f"10,000 calls of 1,000 callers x {len(plan.policies):,} policies x 1,440 candles, finite capital"
        print(f"{what}, {kind}, {workers} workers: {results.seconds:,.1f} s, load {os.getloadavg()[0]:.1f}")
        print("  ".join(f"{stage} {seconds:.1f} s" for stage, seconds in times.spent().items()))
        size = sum(f.stat().st_size for f in plan.run_dir.rglob("*") if f.is_file()) / 2**20
        print(f"files of the run: {size:,.0f} MiB")


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


def fixed(runs: int = 3) -> None:
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
            "ours": "pipeline on Ray",
            "identity": "the same pools, identity function",
            "bare": "pools of actors that import nothing",
            "threads": "pipeline on threads (as by default)",
        }
        print(f"rows of the {len(rows)} pools: {rows}; load {os.getloadavg()[0]:.1f}")
        base = statistics.median(seconds["ours"])
        for name, values in seconds.items():
            middle = statistics.median(values)
            print(
                f"{told[name]:40} median {middle:6.2f} s  worst {max(values):6.2f} s  ours / this {base / middle:6.2f}"
            )


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


def growth() -> None:
    """Processor seconds of one worker by calls, candles and policies, with and without capital."""
    base = {"calls": 4000, "days": 10, "policies": 500}
    names = ("first touch", "scores", "ranking", "winners")
    print(f"{'calls':>7} {'candles':>9} {'policies':>9} {'capital':>8} " + " ".join(f"{name:>11}" for name in names))
    for change in ({}, {"calls": 8000}, {"calls": 16000}, {"days": 20}, {"policies": 1000}, {"policies": 2000}):
        for limited in (True, False):
            _grown({**base, **change}, limited, names)


def _grown(size: dict[str, int], limited: bool, names: Sequence[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = market(Path(folder), size["calls"], size["calls"] // 10, 20, size["days"])
        plan = CallerPlan("growth", data, policies_of(size["policies"]), Path(folder) / "run",
                          account=Account(limited=limited), runner=Runner("local", 1))  # fmt: skip
        times = Times(time.process_time)
        run(plan, progress=times, say=lambda sentence: None)
        spent = times.spent()
        candles, capital = 20 * (size["days"] + 2) * 1440, "on" if limited else "off"
        cells = " ".join(f"{spent[name]:>11.2f}" for name in names)
        print(f"{size['calls']:>7} {candles:>9,} {len(plan.policies):>9} {capital:>8} {cells}", flush=True)


if __name__ == "__main__":
    commands: dict[str, Callable[..., None]] = {"large": large, "fixed": fixed, "growth": growth}
    for name in sys.argv[1:2] or commands:
        commands[name](*sys.argv[2:])
