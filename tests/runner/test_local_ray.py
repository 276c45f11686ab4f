"""A Ray of our own: begun beside other work, with room for the data, and ended with the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from quantray.cli.exits import INTERRUPTED
from quantray.runner import cluster
from quantray.runner.local_ray import ASKED, LEAST, LOOKED_UP, SPARED, _descendants, _lean, room_for, usual_room
from quantray.settings import Runner
from tests.builders.rays import own_ray

ROOT = Path(__file__).parents[2]
LOCAL = Runner("ray", 1, "local")


@dataclass(frozen=True)
class Large:
    digest: str = "large"
    nbytes: int = usual_room()


def test_the_store_has_room_twice_over() -> None:
    assert room_for(0) == LEAST
    assert room_for(1 << 30) > 2 << 30


def test_what_is_changed_at_a_start_ray_has_and_gets_back(monkeypatch: pytest.MonkeyPatch) -> None:
    from ray._private import services, utils
    from ray._private.node import Node

    owners = {**dict.fromkeys(SPARED, Node), ASKED: utils, LOOKED_UP: services}
    whole = {name: getattr(owner, name) for name, owner in owners.items()}
    with _lean():
        assert not any(getattr(owners[name], name) is was for name, was in whole.items())
    assert {name: getattr(owner, name) for name, owner in owners.items()} == whole
    for name, owner in owners.items():
        monkeypatch.delattr(owner, name)  # a Ray that is built otherwise
    with _lean():
        assert not any(hasattr(owner, name) for name, owner in owners.items())
    assert not any(hasattr(owner, name) for name, owner in owners.items())


@pytest.mark.slow
def test_one_is_begun_once_left_and_started_again_where_it_is_too_small(monkeypatch: pytest.MonkeyPatch) -> None:
    import ray

    monkeypatch.delenv("RAY_worker_niceness")

    with own_ray():  # the caller's own serves
        cluster.begin(LOCAL)
        cluster.start(LOCAL)
        assert not cluster.owned()
    cluster.begin(LOCAL, ("colorsys",))
    cluster.begin(LOCAL)
    (own,) = cluster._own
    cluster.start(LOCAL)
    assert cluster.owned()
    loaded = ray.remote(lambda: "colorsys" in sys.modules).remote()
    assert ray.get(loaded)
    assert ray.get(ray.remote(lambda: os.nice(0)).remote()) == os.nice(0), "no less than a thread of this process gets"
    started = [Path(f"/proc/{pid}/cmdline").read_bytes() for pid in _descendants(os.getpid())]
    assert any(b"gcs_server" in words for words in started)
    assert not any(name in words for words in started for name in (b"dashboard.py", b"monitor.py"))
    here = cluster._here()
    cluster.start(LOCAL, Large(nbytes=1000))
    assert cluster._here() == here
    cluster.start(LOCAL, Large())
    assert own.ended
    assert cluster._here() != here
    cluster.end()
    assert not ray.is_initialized()
    assert not cluster.severable()


@pytest.mark.slow
def test_a_node_is_looked_up_as_soon_as_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    from ray._private import services

    looks: list[tuple[float, float]] = []
    look_up: Callable[[str, str], object] = services.get_node

    def timed(address: str, node: str) -> object:
        began = time.perf_counter()
        found = look_up(address, node)
        looks.append((began, time.perf_counter()))
        return found

    monkeypatch.setattr(services, LOOKED_UP, timed)
    cluster.begin(LOCAL)
    cluster.start(LOCAL)
    cluster.end()
    assert looks, "Ray looks its node up by another name now"
    assert all(end - began < 0.9 for began, end in looks), "Ray's own wait for a node that is not there is a second"


@pytest.mark.slow
@pytest.mark.parametrize("pause", [0.7, 5.0], ids=["while it starts", "when it is there"])
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it waits until Ray has ended")
def test_a_command_that_is_stopped_leaves_no_ray_behind(pause: float, tmp_path: Path) -> None:
    program = f"""
import time
from quantray.cli.exits import attended, guarded, leave
from quantray.runner import cluster
from quantray.settings import Runner

def work():
    cluster.begin(Runner("ray", 1, "local"))
    time.sleep({pause})
    print("now", flush=True)
    time.sleep(60)

with attended([]):
    code = guarded(work)
leave(code)
"""
    mark = f"RAY_MARK={tmp_path}"
    process = subprocess.Popen(
        ["env", mark, sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout is not None
    assert process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == INTERRUPTED
    deadline = time.monotonic() + 5
    while (left := _marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not left


def _marked(mark: str) -> list[str]:
    """Command lines of the processes that have ``mark`` in their environment."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().decode(errors="replace"))
        except OSError:
            continue
    return found
