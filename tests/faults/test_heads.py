"""A cluster's head that dies in mid-study, and ports of Ray that are not the one asked for."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from quantray.errors import ConfigError
from quantray.runner import presence
from tests.builders.clusters import at_work, cluster
from tests.builders.desks import SMALL, Desk
from tests.builders.kills import SEARCHES

pytestmark = pytest.mark.slow


def head_of(made: Any) -> int:
    """Process id of the cluster's GCS."""
    [process] = made.head_node.all_processes["gcs_server"]
    return int(process.process.pid)


@pytest.mark.parametrize("search", ["random", "exhaustive"])
def test_a_killed_head_ends_the_run_in_seconds_and_the_same_command_goes_on(tmp_path: Path, search: str) -> None:
    """What was stored is not evaluated again, and the table is that of a run nothing happened to."""
    desk = Desk(tmp_path / "desk", pause=0.02)
    command = ["quantray.run", *SMALL, *SEARCHES[search], "search.in_flight=3"]
    desk.here(*command, "run_dir=whole", "runner=local")
    whole = desk.calls
    desk.log.unlink()
    with cluster(desk, 1) as made:
        address = f"runner.address={made.address}"
        process = desk.start(*command, "run_dir=out", "runner=ray", address)
        at_work(desk, process, 130)
        os.kill(head_of(made), signal.SIGKILL)
        began = time.monotonic()
        _, err = process.communicate(timeout=120)
        assert time.monotonic() - began < presence.GONE_S + 20  # the rest is for a machine that is busy
    assert process.returncode == 1, err
    assert "the Ray cluster went away" in err
    assert "the same command goes on" in err
    assert "Traceback" not in err
    assert "C++" not in err
    before = len(desk.calls)
    with cluster(desk, 1) as made:
        desk.run(*command, "run_dir=out", "runner=ray", f"runner.address={made.address}")
    assert desk.table("out") == desk.table("whole")
    assert set(desk.calls) == set(whole)
    again = sum((desk.calls - whole).values())
    assert again <= 3 * 64 < before + 64  # what was in work when the head died, in batches of 8 or ranges of 64
    digests = [t.digest for t in desk.trials("out")]
    assert len(set(digests)) == len(digests)


def test_another_port_of_ray_is_told_in_seconds(tmp_path: Path) -> None:
    """Ray Client asked at the head's port and at a node's, and the head at a node's port."""
    with cluster(Desk(tmp_path / "desk"), 1) as made:
        port = made.head_node.node_manager_port
        presence.check(made.address)
        for address in (f"ray://{made.address}", f"ray://127.0.0.1:{port}", f"127.0.0.1:{port}"):
            began = time.monotonic()
            with pytest.raises(ConfigError, match=r"no Ray cluster answers there: .* listens"):
                presence.check(address)
            assert time.monotonic() - began < presence.JOIN_S - 5
