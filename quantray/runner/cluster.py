"""Ray itself: one instance for all jobs of a process, and one copy of the slice in its store."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from quantray.errors import ConfigError
from quantray.plan import Plan, Runner
from quantray.provenance import made_with
from quantray.runner.threads import worker_count
from quantray.types import Session, Slice

_MB = 1 << 20
_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",  # a worker stays where it is, so that relative paths keep their meaning
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",
    "TUNE_WARN_THRESHOLD_S": "60",
}
_shared: dict[str, Any] = {}  # slice digest -> reference, of the newest slice only


def start(runner: Runner, slice: Slice | None = None) -> None:
    """Connect to ``runner.address``, or start a local Ray, unless this process has one already.

    A local object store has room for ``slice``; without one, where rows are descriptors, it is as small as it may be.
    ``local`` never joins another cluster. Raises :class:`ConfigError` when there is none at the address.
    """
    os.environ.update({k: v for k, v in _QUIET.items() if k not in os.environ})
    import ray

    if ray.is_initialized():
        return
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": False}
    if runner.address == "local":
        store = max(150 * _MB, 0 if slice is None else 2 * size_of(slice) + 100 * _MB)
        options |= {
            "num_cpus": worker_count(runner.workers, 10_000),
            "include_dashboard": False,
            "object_store_memory": store,
        }
    else:
        _check_answers(runner.address)
    try:
        with quiet():
            ray.init(address=runner.address, **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ConfigError(f"runner.address={runner.address}: no Ray cluster answers there: {error}") from error


def _check_answers(address: str) -> None:
    """Ray itself waits for minutes for a machine that does not answer."""
    place = address.removeprefix("ray://").rpartition(":")
    if address == "auto":
        return
    if not place[0] or not place[2].isdigit():
        raise ConfigError(f"runner.address={address}: give local, auto, HOST:PORT or ray://HOST:PORT")
    try:
        socket.create_connection((place[0], int(place[2])), timeout=10).close()
    except OSError as error:
        raise ConfigError(f"runner.address={address}: no Ray cluster answers there: {error}") from error


def cores(runner: Runner, at_most: int) -> int:
    """How many workers are of use: ``runner.workers``, else all of the cluster's; never more than ``at_most``."""
    import ray

    there = max(1, int(ray.cluster_resources().get("CPU", 1)))
    return max(1, min(runner.workers or there, there, at_most))


def share(slice: Slice) -> Any:
    """A reference to the slice in Ray's object store; workers on a machine read one copy, without copying it."""
    import ray

    key = f"{slice.digest}@{ray.get_runtime_context().get_job_id()}"
    if key not in _shared:
        _shared.clear()
        _shared[key] = ray.put(slice)
    return _shared[key]


def size_of(slice: Slice) -> int:
    """Bytes of the slice's arrays."""
    return sum(_bytes(getattr(s, name)) for s in slice.sessions for name in Session.__dataclass_fields__)


def _bytes(value: Any) -> int:
    return value.nbytes if isinstance(value, np.ndarray) else 0


def surroundings() -> Mapping[str, Any]:
    """What a worker needs to import what this process can: its import path and its working directory.

    And what the driver's results are made with, because a worker must have the same.
    """
    path = [p or os.getcwd() for p in sys.path]
    return {"path": path, "home": str(Path.cwd()), "made_with": made_with()}


def settle(around: Mapping[str, Any]) -> None:
    """In a worker: make the driver's modules and its shelf of strategies importable.

    Where the driver's working directory does not exist, a shipped one (``ray job submit --working-dir``) is this
    process's own. Raises :class:`ConfigError` when this node has other code or packages than the driver.
    """
    from quantray import shelf

    _check_same(around["made_with"])
    sys.path.extend(p for p in around["path"] if p not in sys.path)
    home = Path(around["home"])
    shelf.install(home if home.is_dir() else Path.cwd())


def check_strategy(plan: Plan) -> None:
    """In a worker: refuse a strategy whose file is not the driver's, by its digest."""
    from quantray.targets import resolve, source_digest

    if not plan.strategy.source:
        return
    here = source_digest(resolve(plan.strategy.target))
    if here != plan.strategy.source:
        raise ConfigError(
            f"{_node()} has another {plan.strategy.target} ({here[:8]}) than the driver ({plan.strategy.source[:8]}); "
            "put the same file there, or ship it with `ray job submit --working-dir`"
        )


def _check_same(wanted: Mapping[str, str]) -> None:
    here = made_with()
    other = [f"{name} {here.get(name)} instead of {there}" for name, there in wanted.items() if here.get(name) != there]
    if other:
        raise ConfigError(
            f"{_node()} has other code or packages than the driver: {', '.join(other)}; "
            "install the same on every node (docs/cluster.md)"
        )


def _node() -> str:
    import ray

    if not ray.is_initialized():
        return "this machine"
    return f"node {ray.get_runtime_context().get_node_id()[:8]} ({socket.gethostname()})"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Ray's own words below an error are not the user's business."""
    names = ("ray", "ray.tune", "ray.data", "ray._private", "ray.air")
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
