"""A cluster's head that dies in mid-study, and ports of Ray that are not the one asked for."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

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
    if search == "random":
        with cluster(desk, 1) as made:
            desk.run(*command, "run_dir=out", "runner=ray", f"runner.address={made.address}")
    else:  # or where there is no cluster at all
        desk.here(*command, "run_dir=out", "runner=local")
    assert desk.table("out") == desk.table("whole")
    assert set(desk.calls) == set(whole)
    again = sum((desk.calls - whole).values())
    assert again <= 3 * 64 < before + 64  # what was in work when the head died, in batches of 8 or ranges of 64
    digests = [t.digest for t in desk.trials("out")]
    assert len(set(digests)) == len(digests)
