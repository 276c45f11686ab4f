"""Ray itself: one instance for all jobs of a process, and one copy of the data in its store."""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.errors import ConfigError
from quantray.protocols import D, Data, Request
from quantray.provenance import made_with
from quantray.runner import nodes, presence
from quantray.runner.local_ray import LEAST, LocalRay, kill, quiet, room_for, usual_room
from quantray.settings import Runner

if TYPE_CHECKING:
    import ray

_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",  # Ray's own 15 leaves a worker beside somebody's busy loop 3 % of a processor
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_CHDIR_TO_TRIAL_DIR": "0",  # a worker stays where it is, so that relative paths keep their meaning
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_GLOBAL_CHECKPOINT_S": "1000000000",
    "TUNE_WARN_THRESHOLD_S": "60",
}
_shared: dict[str, Any] = {}  # digest of the data -> reference, of the newest only
_own: list[LocalRay] = []  # the newest that this process started
_joined: list[str] = []  # the address that a study gave, and the head that it stands for


def begin(runner: Runner, modules: Sequence[str] = ()) -> None:
    """Begin to start a Ray of this machine, beside other work, where :func:`start` will wait for one.

    Its workers import ``modules`` meanwhile. Of data whose size is not known yet, the store has the usual room.
    """
    if runner.address == "local" and not _initialized() and not (_own and _own[0].starting):
        _begin(runner, usual_room(), modules)


def _begin(runner: Runner, room: int, modules: Sequence[str]) -> LocalRay:
    os.environ.update({k: v for k, v in _ENVIRONMENT.items() if k not in os.environ})
    _own[:] = [LocalRay(runner, room, modules)]
    return _own[0]


def end() -> None:
    """End the Ray that this process started, where there is one; the next :func:`start` starts another."""
    for own in _own:
        own.end()


def owned() -> bool:
    """Whether this process started the Ray that it has joined."""
    return any(own.serves and not own.ending for own in _own)


def severable() -> bool:
    """Whether a Ray that this process started is there, or on its way, and :func:`cut_off` can end it."""
    return sys.platform == "linux" and any(not own.ended for own in _own)


def cut_off() -> None:
    """End at once the Ray that this process started, without a goodbye; the process must end with it."""
    kill()


def start(runner: Runner, data: Data | None = None) -> None:
    """Connect to ``runner.address``, or start a local Ray, unless this process is there already.

    A local object store has room for ``data``; one that was begun with too little is started again.
    ``local`` never joins another cluster; a Ray that the caller of this process started serves it, as it serves
    ``auto``. A study that names its cluster is never run on another: what an earlier study of this process joined
    is left for it, and what the caller started is refused. Raises :class:`ConfigError` when there is none at the
    address, in seconds.
    """
    os.environ.update({k: v for k, v in _ENVIRONMENT.items() if k not in os.environ})
    _await_own(runner, 0 if data is None else nodes.named(data).nbytes)
    import ray

    if ray.is_initialized():
        if _is_there(runner.address):
            _watch(runner)
            return
        ray.shutdown()
    if runner.address == "local":
        room = LEAST if data is None else room_for(nodes.named(data).nbytes)
        _joining(runner, _begin(runner, room, ()).wait)
    else:
        presence.check(runner.address)
        options: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": False}
        _joining(runner, lambda: ray.init(address=runner.address, **options))
    _shared.clear()
    _joined[:] = [runner.address, _here()]
    _watch(runner)


def _await_own(runner: Runner, nbytes: int) -> None:
    """Wait for the Ray that was begun; one that is left, or that has no room for the data, is ended."""
    for own in _own[:]:
        if not own.ending:
            _joining(runner, own.wait)
        if own.ending or not own.serves or (runner.address == "local" and own.room < room_for(nbytes)):
            own.end()
            _own.clear()
        elif _joined != (here := ["local", _here()]):
            _shared.clear()
            _joined[:] = here


def _joining(runner: Runner, join: Callable[[], object]) -> None:
    try:
        with quiet():
            join()
    except (ConnectionError, RuntimeError, ValueError) as error:
        _own.clear()
        raise ConfigError(f"runner.address={runner.address}: no Ray cluster answers there: {error}") from error


def _initialized() -> bool:
    """Whether this process has joined a Ray; one that has not imported it has not."""
    return "ray" in sys.modules and bool(sys.modules["ray"].is_initialized())


def _is_there(address: str) -> bool:
    """Does the Ray of this process serve ``address``? False when it is an earlier study's, to be left for another."""
    here = _here()
    ours = _joined[1:] == [here]
    if ours and _joined[0] == address:
        return True
    if address in ("local", "auto"):
        return not ours
    presence.check(address)
    if here and not address.startswith("ray://") and presence.same(address, here):
        return True
    if ours:
        return False
    raise ConfigError(
        f"runner.address={address}: this process uses another Ray already ({here or 'over Ray Client'}), and a study "
        "runs on the cluster that it names; call ray.shutdown() first, or leave runner.address out"
    )


def _here() -> str:
    """HOST:PORT of the head that this process has joined; empty over Ray Client, which does not tell."""
    import ray

    if ray.util.client.ray.is_connected():  # type: ignore[no-untyped-call]
        return ""
    return str(ray.get_runtime_context().gcs_address)


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


def check_nodes(runner: Runner, plan: Request | None = None) -> None:
    """Ask every node of a cluster for its code, packages and (of a sweep) strategy, before anything is stored.

    A node that is too busy to answer in ``nodes.NODES_S`` seconds is asked again by its first task. Raises
    :class:`ConfigError`, which names the node.
    """
    if runner.address == "local":
        return
    import ray

    nodes.refused(nodes.ask(_same, surroundings(), [ray.put(plan)]))


def _same(around: Mapping[str, object], about: list[Any]) -> None:
    """On a node: what every task of the run asks first."""
    import ray

    settle(around)
    plan = ray.get(about[0])
    if plan is not None:
        check_sources(plan)


def cores(runner: Runner, at_most: int) -> int:
    """How many workers are of use: ``runner.workers``, else all of the cluster's; never more than ``at_most``."""
    there = max(1, cpus())
    return max(1, min(runner.workers or there, there, at_most))


def cpus() -> int:
    """Of all of the cluster's nodes."""
    import ray

    return int(ray.cluster_resources().get("CPU", 1))  # type: ignore[no-untyped-call]


def share(data: D) -> ray.ObjectRef[D]:
    """A reference to the data in Ray's object store; workers on a machine read one copy, without copying it.

    Of data in files that every node sees (:class:`quantray.protocols.Filed`) their names lie there, and no price.
    """
    import ray

    key = f"{data.digest}@{ray.get_runtime_context().get_job_id()}"
    if key not in _shared:
        _shared.clear()
        named = nodes.named(data)
        _shared[key] = ray.put(named if named is data or owned() or _seen_by_all(named) else data)
    reference: ray.ObjectRef[D] = _shared[key]
    return reference


def _seen_by_all(data: Data) -> bool:
    """Whether every node of the cluster finds the files whole."""
    import ray

    return nodes.agreed(nodes.ask(_sees, surroundings(), [ray.put(data)]))


def _sees(around: Mapping[str, object], about: list[Any]) -> bool:
    """On a node: whether the data's files are there."""
    import ray

    settle(around)
    return bool(ray.get(about[0]).whole())


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
    from quantray import folders

    _check_same(around["made_with"])
    sys.path.extend(p for p in around["path"] if p not in sys.path)
    home = Path(around["home"])
    folders.install(home if home.is_dir() else Path.cwd())


def check_sources(plan: Request) -> None:
    """In a worker: refuse a file of the user's that is not the driver's, by its digest."""
    from quantray.plugins import resolve, source_digest

    for target, source in plan.sources.items():
        here = source_digest(resolve(target))
        if here != source:
            raise ConfigError(
                f"{_node()} has another {target} ({here[:8]}) than the driver ({source[:8]}); "
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
