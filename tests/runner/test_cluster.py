"""Addresses of clusters, and what a worker needs to import what the driver can."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from quantray.errors import ConfigError
from quantray.runner import cluster
from quantray.settings import Runner
from tests.builders.clusters import cluster as made
from tests.builders.desks import Desk
from tests.builders.objectives import EMPTY
from tests.builders.rays import own_ray


@pytest.mark.slow
def test_an_address_where_nothing_answers_is_refused_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    for prefix in ("", "ray://"):
        with pytest.raises(ConfigError, match=f"{prefix}{address}: no Ray cluster answers"):
            cluster.start(Runner("ray", 1, prefix + address), EMPTY)


def test_an_address_without_a_port_is_refused() -> None:
    with pytest.raises(ConfigError, match="HOST:PORT"):
        cluster.start(Runner("ray", 1, "headnode"), EMPTY)


def test_ray_client_is_refused_for_a_sweep() -> None:
    with pytest.raises(ConfigError, match="ray job submit"):
        cluster.check_tune(Runner("ray", 1, "ray://127.0.0.1:10001"))


def test_a_worker_gets_the_drivers_path_and_shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "strategy").mkdir()
    (tmp_path / "strategy" / "only_here_for_the_worker.py").write_text("ANSWER = 42\n")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "a_library_of_the_driver.py").write_text("ANSWER = 43\n")
    strategy = sys.modules["strategy"]
    monkeypatch.setattr(strategy, "__path__", list(strategy.__path__))
    monkeypatch.setattr(sys, "path", list(sys.path))
    cluster.settle({**cluster.surroundings(), "path": [str(tmp_path / "lib")], "home": str(tmp_path)})
    import a_library_of_the_driver  # type: ignore[import-not-found]

    from strategy import only_here_for_the_worker  # type: ignore[attr-defined]

    assert (only_here_for_the_worker.ANSWER, a_library_of_the_driver.ANSWER) == (42, 43)


@pytest.mark.slow
def test_a_study_never_runs_on_another_ray_than_the_one_it_names(tmp_path: Path) -> None:
    """One that the caller of this process started stays; one that an earlier study joined is left for the other."""
    import ray

    with own_ray(), made(Desk(tmp_path / "desk"), 1) as other:
        here = ray.get_runtime_context().gcs_address
        for address in ("local", "auto", here, f"127.0.0.1:{here.rpartition(':')[2]}"):
            cluster.start(Runner("ray", 1, address), EMPTY)
            assert ray.get_runtime_context().gcs_address == here
        with pytest.raises(ConfigError, match=f"uses another Ray already .{here}.*ray.shutdown"):
            cluster.start(Runner("ray", 1, other.address), EMPTY)
        with pytest.raises(ConfigError, match="no Ray cluster answers there"):
            cluster.start(Runner("ray", 1, "127.0.0.1:1"), EMPTY)
        assert ray.get_runtime_context().gcs_address == here
        ray.shutdown()
        cluster.start(Runner("ray", 1, other.address), EMPTY)
        assert ray.get_runtime_context().gcs_address == other.address
        cluster.start(Runner("ray", 1, "local"), EMPTY)
        assert ray.get_runtime_context().gcs_address not in (other.address, here)
        with pytest.raises(ConfigError, match="no Ray cluster answers there"):
            cluster.start(Runner("ray", 1, "127.0.0.1:1"), EMPTY)
