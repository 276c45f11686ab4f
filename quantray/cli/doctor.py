"""``quantray doctor``: does what a sweep needs work here? One line a check, each with its remedy, in seconds.

What waits for others is asked beside the data: so lines come in the order in which something is known.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.cli.exits import quiet
from quantray.cli.verbs import Parser, Work
from quantray.errors import QuantrayError
from quantray.plain import amount
from quantray.settings import Runner

if TYPE_CHECKING:
    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.callers.plan import CallerPlan
    from quantray.sweeps.plan import Plan

    AnyPlan = Plan | CallerPlan | BaselinePlan

OK, WARN, FAIL = "ok", "warn", "FAIL"
#: A check gives its state, what was found, and the remedy where something is wrong.
Found = tuple[str, str, str]
MIN_FREE_GB = 2.0
#: Wait for a server, a compiler and Ray more than they compute: each is asked in a thread of its own.
BESIDE = ("ledger", "numba", "ray")
OF_RAY = Runner("ray", 1, "local")


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray doctor``."""
    parser = Parser("quantray doctor", "Check the installation, and the configuration's data and database.")
    parser.add_argument("overrides", nargs="*", metavar="key=value", help="the configuration to check")
    args = parser.read(given)

    def work() -> int:
        quiet()
        return examine(args.overrides)

    return work


def examine(overrides: Sequence[str]) -> int:
    """Print every check of the configuration that ``overrides`` describe; 0 when none failed, else 1.

    Raises ConfigError when there is no such configuration.
    """
    from quantray.config.plans import load_plan
    from quantray.runner import cluster

    plan = load_plan(list(overrides))
    if _ray in CHECKS.values():
        cluster.begin(OF_RAY)
    states: dict[str, str] = {}
    turn = threading.Lock()

    def ask(name: str) -> None:
        state, said, remedy = _carefully(partial(CHECKS[name], plan))
        with turn:
            states[name] = state
            print(f"{state:<4}  {name:<9} {said}" + (f"\n                -> {remedy}" if remedy else ""), flush=True)

    beside = [threading.Thread(target=ask, args=(name,), daemon=True) for name in BESIDE if name in CHECKS]
    for thread in beside:
        thread.start()
    for name in CHECKS:
        if name not in BESIDE:
            ask(name)
    for thread in beside:
        thread.join()
    failed = FAIL in states.values() or len(states) < len(CHECKS)
    print("something has to be mended first" if failed else "ready")
    return 1 if failed else 0


def _carefully(check: Callable[[], Found]) -> Found:
    try:
        return check()
    except QuantrayError as error:
        return FAIL, str(error), ""
    except Exception as error:  # a broken installation may raise anything: that is the finding
        return FAIL, f"{type(error).__name__}: {error}", "install again: pip install --force-reinstall quantray"


def _python(_: AnyPlan) -> Found:
    said = f"{platform.python_version()} at {sys.executable}"
    if not (3, 11) <= sys.version_info[:2] < (3, 14):
        return FAIL, said, "use Python 3.11, 3.12 or 3.13"
    return OK, said, ""


def _packages(_: AnyPlan) -> Found:
    wrong = list(_unmet())
    if wrong:
        return FAIL, ", ".join(wrong), "pip install -c constraints.txt quantray"
    shown = ("ray", "optuna", "numba", "duckdb", "hydra-core", "sqlalchemy")
    return OK, ", ".join(f"{name} {importlib.metadata.version(name)}" for name in shown), ""


def _unmet() -> Iterator[str]:
    from packaging.requirements import Requirement

    for line in importlib.metadata.requires("quantray") or []:
        need = Requirement(line)
        if need.marker is not None and not need.marker.evaluate({"extra": ""}):
            continue
        try:
            have = importlib.metadata.version(need.name)
        except importlib.metadata.PackageNotFoundError:
            yield f"{need.name} is missing"
            continue
        if not need.specifier.contains(have, prereleases=True):
            yield f"{need.name} {have} is not {need.specifier}"


def _shelf(plan: AnyPlan) -> Found:
    from quantray import folders
    from quantray.callers.plan import CallerPlan
    from quantray.sweeps.plan import Plan

    places = [str(place) for name in ("conf", "strategy") for place in folders.folders(name)]
    if isinstance(plan, Plan):
        asked = plan.strategy.target
    else:
        asked = amount(len(plan.policies), "policy", "policies") if isinstance(plan, CallerPlan) else "no policy"
    return OK, f"{', '.join(places)}; {asked}", ""


def _run_dir(plan: AnyPlan) -> Found:
    place = _existing(plan.run_dir)
    if not place.is_dir() or not os.access(place, os.W_OK):
        return FAIL, f"{place} cannot be written", "give run_dir=DIR"
    free = shutil.disk_usage(place).free / 1e9
    said = f"{plan.run_dir}, {free:.0f} GB free"
    return (OK, said, "") if free >= MIN_FREE_GB else (WARN, said, f"free {MIN_FREE_GB:.0f} GB, or give run_dir=DIR")


def _existing(path: Path) -> Path:
    place = path.expanduser().absolute()
    while not place.exists():
        place = place.parent
    return place


def _ledger(plan: AnyPlan) -> Found:
    from quantray.ledger.addresses import address
    from quantray.ledger.database import Database

    url = address(plan.storage, plan.run_dir)
    file = Path(url.removeprefix("sqlite:///"))
    if plan.storage.kind == "memory":
        return OK, "in memory: nothing is kept between runs", ""
    if plan.storage.kind == "sqlite" and not file.exists():
        place = _existing(file)
        if place.is_dir() and os.access(place, os.W_OK):
            return OK, f"{file} will be created", ""
        return FAIL, f"{file} cannot be created", "give run_dir=DIR or storage.url=FILE"
    if plan.storage.kind.startswith("postgres"):
        return _server(url)
    database = Database(url)
    try:
        return OK, f"{database.name} can be opened", ""
    finally:
        database.close()


def _server(url: str) -> Found:
    """A server that answers and may be written to; an embedded one is started for the question."""
    from quantray.ledger.probe import answers

    return OK, answers(url), ""


def _data(plan: AnyPlan) -> Found:
    import duckdb

    from quantray.sweeps.data import describe, load
    from quantray.sweeps.plan import Plan

    duckdb.connect().execute("select 1").fetchall()
    if not isinstance(plan, Plan):
        return _calls(plan)
    d = describe(load(plan.data))
    sessions, bars = amount(d["sessions"], "session"), amount(d["bars"], "bar")
    return OK, f"{d['source']}: {sessions}, {d['first']} to {d['last']}, {bars}", ""


def _calls(plan: CallerPlan | BaselinePlan) -> Found:
    """Calls and candles can be read, and some call has an entry."""
    from quantray.callers.data import describe, require_eligible
    from quantray.callers.plan import CallerPlan
    from quantray.callers.prepare import covered, planned, windows_of

    coverage = covered(plan, planned(plan) if isinstance(plan, CallerPlan) else windows_of(plan, plan.needs))
    require_eligible(coverage, plan.gates.max_excluded_calls)
    d, n = describe(coverage.plan.calls), coverage.counts["eligible"]
    calls, callers = amount(d["calls"], "call"), amount(len(d["callers"]), "caller")
    return OK, f"{d['source']}: {n:,} of {calls} of {callers} with an entry", ""


def _numba(_: AnyPlan) -> Found:
    import numba

    from quantray.compilation import is_private
    from quantray.sweeps.kernels import touch

    if numba.njit(lambda x: x + 1)(1) != 2:
        return FAIL, "a compiled function gave a wrong result", "pip install --force-reinstall numba llvmlite"
    cache = Path(touch.first_exit.stats.cache_path)
    said = f"{numba.__version__} compiles; cache {cache}"
    if not os.access(_existing(cache), os.W_OK):
        return WARN, f"{said} cannot be written", "set NUMBA_CACHE_DIR, or every start compiles again"
    if is_private(cache):
        why = "neither the installation nor a home can be written"
        return WARN, f"{said}, as {why}", "set NUMBA_CACHE_DIR to a folder that outlives this machine's temporary one"
    return OK, said, ""


def _ray(plan: AnyPlan) -> Found:
    """Of this machine: it was begun before the first check, and ends with the command."""
    from quantray.runner import cluster

    cluster.start(OF_RAY)
    import ray

    answer = ray.get(ray.remote(lambda: os.getpid()).remote(), timeout=60)
    where = "" if plan.runner.kind == "ray" else " (this configuration runs without it)"
    return OK, f"{ray.__version__} starts here, worker {answer} answered{where}", ""


CHECKS: dict[str, Callable[[AnyPlan], Found]] = {
    "python": _python,
    "packages": _packages,
    "shelf": _shelf,
    "run_dir": _run_dir,
    "ledger": _ledger,
    "data": _data,
    "numba": _numba,
    "ray": _ray,
}
