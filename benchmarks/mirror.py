"""The Optuna study beside the ledger, and what looking at a study costs: ``python -m benchmarks.mirror``.

Trials of the demo's space with 32 metrics. Optuna's tables alone: trials a second by ``add_trial`` and in bulk, and
what deleting costs. Whole searches with an objective that costs nothing, alone and beside the mirror: how long each
takes, and how long the mirror then still needs. Last, what ``quantray study show`` and ``study list`` take. Postgres is
the embedded server, with its commits on disk.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import optuna

from benchmarks._page import Report
from benchmarks.search_rate import NOTHING, SPACE
from quantray.ledger import open_ledger, open_reader, start_mirror
from quantray.ledger.mirror_queue import Queue, read
from quantray.ledger.optuna_rows import COPIED, distributions
from quantray.ledger.optuna_study import OptunaStudy, delete_mirrored, make_tables
from quantray.ledger.reader import Reader
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
SMALL = ["--trials", "60", "--random", "120", "--tpe", "24", "--shown", "200", "--slow", "12", "--runs", "1"]
FULL = ["--trials", "20000", "--random", "100000", "--tpe", "3000", "--slow", "100", "--runs", "5"]
SEARCHES = ("alone", "mirrored")


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
    mirror = start_mirror(ledger, Mirror(), expected=trials) if beside == "mirrored" else None
    began = time.perf_counter()
    run_local(plan, NOTHING, sweep, evaluate)
    ended = time.perf_counter()
    if mirror is not None:
        mirror.finish()
    return ledger, ended - began, time.perf_counter() - ended


def tables(report: Report, name: str, storage: Storage, trials: int, slow: int, runs: int) -> None:
    """Bulk rows against ``add_trial``, and deleting; rates of each run."""
    with tempfile.TemporaryDirectory() as folder:
        ledger, _, _ = searched(storage, folder, "random", trials, "alone")
        url = str(ledger.url)
        make_tables(url)
        reader = open_reader(url, ledger.name)
        found = [_filled(reader, ledger, trials, slow) for _ in range(runs)]
        reader.close()
        ledger.close()
    report.equal(f"{name}: {slow} of {slow} trials are what add_trial gives", all(run[0] for run in found))
    _, plain, bulk, deleted, left = zip(*found, strict=True)
    report.row(f"{name}, in bulk", bulk, unit="trials/s", more=True, beside=("add_trial", plain))
    report.row(f"{name}, deleting 1,000 trials", left, beside=("Optuna's delete_study", deleted))


def _filled(reader: Reader, ledger: SqlLedger, trials: int, slow: int) -> tuple[bool, float, float, float, float]:
    """Whether both are equal; trials a second by ``add_trial`` and in bulk; seconds that deleting 1,000 takes each."""
    url, space = str(ledger.url), distributions(sweep_plans.SPACE)
    twin = optuna.create_study(study_name="twin", storage=url, direction="maximize")
    digests = Queue(trials, trials).final(reader, set())
    began = time.perf_counter()
    for row in read(reader, digests[:slow], COPIED):
        optuna_trials.add(twin, row, space)
    plain = slow / (time.perf_counter() - began)
    study = OptunaStudy(reader)
    study.add(read(reader, digests[:slow], COPIED))
    same, began = _seen(url, ledger.name) == _seen(url, "twin"), time.perf_counter()
    for k in range(slow, trials, 1000):
        study.add(read(reader, digests[k : k + 1000], COPIED))
    bulk = (trials - slow) / (time.perf_counter() - began)
    began = time.perf_counter()
    optuna.delete_study(study_name="twin", storage=url)
    deleted, began = (time.perf_counter() - began) * 1000 / slow, time.perf_counter()
    delete_mirrored(ledger.database, ledger.name)
    return same, plain, bulk, deleted, (time.perf_counter() - began) * 1000 / trials


def _seen(url: str, name: str) -> list[str]:
    return [
        repr((t.number, t.state, t.params, t.distributions, t.values, sorted(t.user_attrs.items()), t.system_attrs,
              t.datetime_start, t.datetime_complete))
        for t in optuna.load_study(study_name=name, storage=url).get_trials(deepcopy=False)
    ]  # fmt: skip


def searches(report: Report, kind: str, trials: int, runs: int) -> None:
    """Whole searches on SQLite, alone and with a mirror, in turns."""
    found: dict[str, list[tuple[float, float]]] = {beside: [] for beside in SEARCHES}
    held, whole, results = min(trials, Mirror().max_trials), True, set[tuple[Any, ...]]()
    for _ in range(runs):
        for beside, times in found.items():
            with tempfile.TemporaryDirectory() as folder:
                ledger, search, after = searched(Storage(), folder, kind, trials, beside)
                if beside == "mirrored":
                    with ledger.database.read() as connection:
                        whole &= connection.exec_driver_sql("SELECT count(*) FROM trials").scalar() == held
                results.add(tuple(sorted((t.number, t.digest, t.value, t.session_net) for t in ledger.trials())))
                ledger.close()
                times.append((search, after))
    name = f"{kind}, {trials:,} trials"
    report.equal(f"{name}: the Optuna study gets all {held:,} that it holds", whole)
    report.equal(f"{name}: the search finds the same alone and beside the mirror", len(results) == 1)
    (alone, _), (search, after) = (zip(*found[beside], strict=True) for beside in SEARCHES)
    report.row(f"{name}, beside the mirror", search, beside=("the search alone", alone))
    report.row(f"{name}, beside the mirror: then until that is complete", after)


def shown(report: Report, trials: int, runs: int) -> None:
    """``quantray study show`` and ``study list`` of a stored study, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        ledger, _, _ = searched(Storage(), folder, "random", trials, "alone")
        best = max(ledger.trials(), key=lambda trial: (trial.feasible, trial.value or 0.0, -trial.number))
        ledger.close()
        looks = {what: [_looked(what, folder) for _ in range(runs)] for what in ("show", "list")}
    for what, told in (("show", f"best trial: number {best.number},"), ("list", f"{trials:,}")):
        there = all(told in text for text, *_ in looks[what])
        report.equal(f"study {what} tells of {trials:,} trials what the ledger holds: {told.rstrip(',')}", there)
    for what, seen in looks.items():
        _, clock, processor, kilobytes = zip(*seen, strict=True)
        report.row(f"study {what}, {trials:,} trials", clock)
        report.row(f"study {what}, {trials:,} trials: processor time", processor)
        report.row(f"study {what}, {trials:,} trials: memory", [k / 1024 for k in kilobytes], unit="MB")


def _looked(what: str, folder: str) -> tuple[str, float, float, int]:
    """What ``study show`` or ``study list`` prints, its seconds, those of the processor, and kilobytes at most."""
    code = (
        "import sys; from quantray.cli import main; main(['study', *sys.argv[1:]]); "
        "print([line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"
    )
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ran = subprocess.run([sys.executable, "-c", code, what, folder], capture_output=True, text=True, check=True)
    seconds, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    text, _, peak = ran.stdout.rstrip().rpartition("\n")
    return text, seconds, used, int(peak)


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=6_000, help="in bulk")
    parser.add_argument("--random", type=int, default=30_000, help="of the random search")
    parser.add_argument(
        "--tpe", type=int, default=1200, help="of TPE; longer than the 3 s after which the mirror begins"
    )
    parser.add_argument("--shown", type=int, default=100_000)
    parser.add_argument("--slow", type=int, default=30, help="trials that add_trial is given")
    parser.add_argument("--runs", type=int, default=3)
    given = parser.parse_args(arguments)
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    report = Report("mirror", "the Optuna study beside the ledger, 9 parameters and 32 metrics a trial")
    with tempfile.TemporaryDirectory(prefix="quantray-bench-") as folder:
        for name, storage in (("SQLite", Storage()), ("Postgres", Storage("postgres_embedded", folder))):
            tables(report, name, storage, given.trials, given.slow, given.runs)
    searches(report, "random", given.random, given.runs)
    searches(report, "tpe", given.tpe, given.runs)
    shown(report, given.shown, given.runs)
    return report


if __name__ == "__main__":
    main()
