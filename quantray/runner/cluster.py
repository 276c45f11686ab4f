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
from quantray.runner import presence
from quantray.runner.threads import worker_count
from quantray.types import Session, Slice

_MB = 1 << 20
NODES_S = 20.0
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
    ``local`` never joins another cluster. Raises :class:`ConfigError` when there is none at the address, in seconds.
    """
    os.environ.update({k: v for k, v in _QUIET.items() if k not in os.environ})
    import ray

    if ray.is_initialized():
        _watch(runner)
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
        presence.check(runner.address)
    try:
        with quiet():
            ray.init(address=runner.address, **options)
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise ConfigError(f"runner.address={runner.address}: no Ray cluster answers there: {error}") from error
    _watch(runner)


def _watch(runner: Runner) -> None:
    import ray

    if not runner.address.startswith("ray://"):  # there a server on the cluster looks after it
        presence.watch(runner.address, ray.get_runtime_context().gcs_address, ray.is_initialized)


def check_tune(runner: Runner) -> None:
    """Refuse an address at which Tune would run elsewhere than here."""
    if runner.address.startswith("ray://"):
        raise ConfigError(
            f"runner.address={runner.address}: over Ray Client, Tune would run on the cluster, away from this "
            "study's ledger; use runner.address=HOST:6379 from the cluster's network, auto on one of its machines, "
            "or submit the command with `ray job submit`"
        )


def check_nodes(runner: Runner, plan: Plan | None = None) -> None:
    """Ask every node of a cluster for its code, packages and (of a sweep) strategy, before anything is stored.

    A node that is too busy to answer in ``NODES_S`` seconds is asked again by its first task. Raises
    :class:`ConfigError`, which names the node.
    """
    if runner.address == "local":
        return
    import ray
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    around, about = surroundings(), [ray.put(plan)]
    nodes = [node["NodeID"] for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    there = (NodeAffinitySchedulingStrategy(node, soft=False) for node in nodes)
    ask = ray.remote(_same)
    asked = [ask.options(num_cpus=0, max_retries=0, scheduling_strategy=at).remote(around, about) for at in there]
    answered, _ = ray.wait(asked, num_returns=len(asked), timeout=NODES_S) if asked else ([], [])
    for answer in answered:
        try:
            ray.get(answer)
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, ConfigError):
                raise error.cause from None
        except ray.exceptions.RayError:  # a node that went away meanwhile
            continue


def _same(around: Mapping[str, Any], about: list[Any]) -> None:
    """On a node: what every task of the run asks first."""
    import ray

    settle(around)
    plan = ray.get(about[0])
    if plan is not None:
        check_strategy(plan)


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
