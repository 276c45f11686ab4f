"""The Optuna study beside the ledger: ``python -m benchmarks.mirror [--trials N] [--repeat N]``.

Trials of the demo's space with 32 metrics. First Optuna's tables alone: trials a second by ``add_trial`` and in bulk,
and what deleting costs, with the line that says whether both gave the same. Then whole searches with an objective that
costs nothing: alone, beside the mirror's process, and beside the same work on a thread of the driver; how long each
takes, and how long the mirror then still needs. Postgres is the embedded server, with its commits on disk.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna

from benchmarks.search_rate import NOTHING, SPACE
from quantray.ledger import open_ledger, open_reader, start_mirror
from quantray.ledger.mirror import IDLE_S, SHARE, opened
from quantray.ledger.mirror_queue import Queue, read
from quantray.ledger.optuna_rows import COPIED, distributions
from quantray.ledger.optuna_study import OptunaStudy, delete_mirrored, make_tables
from quantray.ledger.sql_ledger import SqlLedger
from quantray.runner.local import run_local
from quantray.search import make_searcher
from quantray.settings import Mirror, Runner, Search, Storage
from quantray.space import Candidates, Digests
from quantray.sweeps.loop.loop import Sweep
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan, StrategySpec
from quantray.trial import Trial, TrialState
from tests.builders import sweep_plans
from tests.reference import optuna_trials

DIGESTS = Digests(SPACE)
SLOW = 200  # trials that add_trial is given
DELETED = 1000


def evaluate(plan: Plan, market: Slice, candidates: Candidates) -> list[Trial]:
    """32 metrics a trial, as the sweeps' wing stores."""
    return [_trial(d, candidates.params(i)) for i, d in enumerate(DIGESTS.of(candidates))]


def _trial(digest: str, params: Any) -> Trial:
    value = int(digest[:12], 16) / 2**48
    metrics = {f"metric_{i}": value * i if i % 3 else i for i in range(32)}
    return Trial(digest, params, TrialState.COMPLETE, value, (value - 0.9,), metrics, (value,) * 9)


def searched(storage: Storage, folder: str, kind: str, trials: int, beside: str) -> tuple[SqlLedger, float, float]:
    """A search of ``trials``; its ledger, its seconds, and those that the mirror needed afterwards."""
    batch = 8 if kind == "tpe" else 64
    search = Search(kind=kind, n_trials=trials, batch=batch)
    plan = Plan(f"{kind}-{beside}", StrategySpec("none"), SPACE, None, Path(folder), storage=storage, search=search,
                runner=Runner("local", 1))  # fmt: skip
    ledger = open_ledger(storage, folder, plan.study, {}, described={"space": sweep_plans.SPACE, "objective": "x"})
    sweep = Sweep(plan, make_searcher(search, SPACE, plan.seed), ledger)
    finish = _beside(ledger, trials, beside)
    began = time.perf_counter()
    run_local(plan, NOTHING, sweep, evaluate)
    ended = time.perf_counter()
    finish()
    return ledger, ended - began, time.perf_counter() - ended


def _beside(ledger: SqlLedger, trials: int, kind: str) -> Callable[[], object]:
    """Start what fills the Optuna study; returns what waits for its end."""
    if kind == "alone":
        return lambda: None
    if kind == "a process":
        mirror = start_mirror(ledger, Mirror(max_trials=trials), expected=trials)
        assert mirror is not None
        return mirror.finish
    said = threading.Event()

    def follow() -> None:
        filler = opened(str(ledger.url), ledger.name, trials, trials, 60.0)
        while not said.is_set():
            began = time.perf_counter()
            added = filler.live()
            said.wait((time.perf_counter() - began) * (1 / SHARE - 1) if added else IDLE_S)
        filler.final()

    thread = threading.Thread(target=follow)
    thread.start()

    def finish() -> None:
        said.set()
        thread.join()

    return finish


def tables(name: str, storage: Storage, trials: int) -> None:
    """Bulk rows against ``add_trial``, and deleting."""
    with tempfile.TemporaryDirectory() as folder:
        ledger, _, _ = searched(storage, folder, "random", trials, "alone")
        url = str(ledger.url)
        make_tables(url)
        reader = open_reader(url, ledger.name)
        twin = optuna.create_study(study_name="twin", storage=url, direction="maximize")
        space = distributions(sweep_plans.SPACE)
        digests = Queue(trials, trials).final(reader, set())
        some = read(reader, digests[:SLOW], COPIED)
        began = time.perf_counter()
        for row in some:
            optuna_trials.add(twin, row, space)
        slow = len(some) / (time.perf_counter() - began)
        study, began = OptunaStudy(reader), time.perf_counter()
        for k in range(0, trials, 1000):
            study.add(read(reader, digests[k : k + 1000], COPIED))
        quick = trials / (time.perf_counter() - began)
        ours, theirs = (_seen(url, study_name) for study_name in (ledger.name, "twin"))
        began = time.perf_counter()
        optuna.delete_study(study_name="twin", storage=url)
        plain = (time.perf_counter() - began) * DELETED / len(some)
        began = time.perf_counter()
        delete_mirrored(ledger.database, ledger.name)
        bulk = (time.perf_counter() - began) * DELETED / trials
        print(f"{name}: add_trial {slow:,.0f} trials/s, in bulk {quick:,.0f}: {quick / slow:,.0f} times; "
              f"deleting {DELETED:,} trials {plain:.2f} s by Optuna, {bulk:.3f} s in bulk")  # fmt: skip
        print(f"  equal: {len(some)} of {len(some)} trials" if ours[: len(some)] == theirs else "  NOT EQUAL")
        reader.close()
        ledger.close()


def _seen(url: str, name: str) -> list[str]:
    return [
        repr((t.number, t.state, t.params, t.distributions, t.values, sorted(t.user_attrs.items()), t.system_attrs,
              t.datetime_start, t.datetime_complete))
        for t in optuna.load_study(study_name=name, storage=url).get_trials(deepcopy=False)
    ]  # fmt: skip


def searches(kind: str, trials: int, repeat: int) -> None:
    """Whole searches on SQLite, alone and with a mirror; medians."""
    found: dict[str, list[tuple[float, float]]] = {"alone": [], "a process": [], "a thread": []}
    for _ in range(repeat):
        for beside, times in found.items():
            with tempfile.TemporaryDirectory() as folder:
                ledger, search, after = searched(Storage(), folder, kind, trials, beside)
                if beside != "alone":
                    with ledger.database.read() as connection:
                        held = connection.exec_driver_sql("SELECT count(*) FROM trials").scalar()
                    assert held == trials, held
                ledger.close()
                times.append((search, after))
    for beside, times in found.items():
        search, after = (statistics.median(some) for some in zip(*times, strict=True))
        print(f"{kind} {trials:,} trials, beside {beside:9}: {search:6.2f} s, then {after:5.2f} s until it is complete")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--trials", type=int, default=20_000)
    arguments.add_argument("--tpe", type=int, default=1000)
    arguments.add_argument("--repeat", type=int, default=5)
    given = arguments.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    print(f"load {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory(prefix="quantray-bench-") as folder:
        for name, storage in (("SQLite", Storage()), ("Postgres", Storage("postgres_embedded", folder))):
            tables(name, storage, given.trials)
    searches("random", given.trials, given.repeat)
    searches("tpe", given.tpe, given.repeat)
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
