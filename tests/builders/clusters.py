"""Ray clusters of several nodes on this machine, and pieces of what a node may have wrong."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.builders.desks import ROOT, Desk
from tests.shelf.counting import CALLS, PAUSE


def node(desk: Desk, **env: str) -> dict[str, Any]:
    """Settings of a node with one core, whose workers count their calls as the desk's own processes do."""
    kept = {name: desk.env[name] for name in (CALLS, PAUSE, "PYTHONPATH")}
    return {"num_cpus": 1, "object_store_memory": 100 << 20, "env_vars": {**kept, **env}}


#: A node that is gone refuses to be asked: Ray believes it after five refusals, of which it waits 3 s for each.
PROMPT = {"health_check_initial_delay_ms": 500, "health_check_period_ms": 500}


@contextmanager
def cluster(desk: Desk, nodes: int) -> Iterator[Any]:
    """A head and ``nodes - 1`` others."""
    from ray.cluster_utils import Cluster

    head = {**node(desk), "include_dashboard": False, "_system_config": PROMPT}
    made = Cluster(initialize_head=True, shutdown_at_exit=True, head_node_args=head)
    try:
        for _ in range(nodes - 1):
            made.add_node(**node(desk))
        made.wait_for_nodes()
        yield made
    finally:
        made.shutdown()


def at_work(desk: Desk, process: Any, calls: int) -> None:
    """Until the strategy was called so often."""
    deadline = time.monotonic() + 180
    while desk.calls.total() < calls:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


def workers(desk: Desk) -> list[int]:
    """Process ids that evaluated something, the latest last."""
    pids = [int(line.split()[1]) for line in desk.log.read_text().splitlines() if len(line.split()) == 2]
    return list(dict.fromkeys(reversed(pids)))[::-1]


def other_package(folder: Path, name: str, version: str) -> Path:
    """A folder for the import path in which ``name`` has another version."""
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return folder


def other_code(folder: Path) -> Path:
    """A folder for the import path with a quantray whose kernels are not ours."""
    shutil.copytree(ROOT / "quantray", folder / "quantray", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conf", "strategy"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    kernel = folder / "quantray" / "sweeps" / "kernels" / "touch.py"
    kernel.write_text(kernel.read_text() + "\n# another version\n")
    return folder
