"""Addresses of clusters, and what a worker needs to import what the driver can."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from quantray.errors import ConfigError
from quantray.runner import cluster
from quantray.settings import Runner
from tests.builders.objectives import EMPTY


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
