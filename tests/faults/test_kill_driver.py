"""The driver killed with SIGKILL, again and again: nothing is lost, stored twice or repeated without need."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.desks import Desk
from tests.builders.kills import KILLED, killed, undisturbed

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("search", KILLED)
def test_killed_again_and_again_gives_the_undisturbed_table(tmp_path: Path, search: str) -> None:
    desk = Desk(tmp_path / "desk", pause=0.003)
    whole = undisturbed(desk, search)
    kills = 5 if search == "exhaustive" else 2  # the others ask and tell in one way
    row = killed(desk, search, whole, kills=kills, seed=1)
    assert row.same
    assert row.twice == row.astray == 0
    assert row.again <= row.reported
    assert row.reported > 0
    if search == "exhaustive":
        assert row.stored == 640
    assert row.calls_at_death[-1] < whole.total() + kills * 256  # it was killed at work
