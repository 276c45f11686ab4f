"""Whether a Ray cluster answers at an address, told in seconds."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from quantray.errors import ConfigError
from quantray.runner import presence
from tests.builders.clusters import cluster
from tests.builders.desks import Desk

pytestmark = pytest.mark.slow


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
