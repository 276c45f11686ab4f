"""One small market of calls, and what the stages leave of it, for all tests of a session."""

from __future__ import annotations

import pytest

from quantray.callers.data import CallsData
from quantray.callers.prepare import prepare
from quantray.callers.results import CallerResults
from quantray.callers.stages.store import Store
from quantray.callers.stages.touch import Touch, buckets_of, toucher
from quantray.callers.stages.work import TableSpec, Work, work_of
from quantray.files import Pieces
from tests.builders.call_plans import POLICIES, finished, market, plan_on


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> CallsData:
    return market(tmp_path_factory.mktemp("market"))


@pytest.fixture(scope="session")
def both(data: CallsData, tmp_path_factory: pytest.TempPathFactory) -> CallerResults:
    """A finished run in both modes."""
    return finished(data, tmp_path_factory.mktemp("both"), mode="both")


@pytest.fixture(scope="session")
def work(data: CallsData, tmp_path_factory: pytest.TempPathFactory) -> Work:
    folder = tmp_path_factory.mktemp("work")
    return work_of(prepare(plan_on(data, folder)), Pieces(folder, "test").open(), "stem")


@pytest.fixture(scope="session")
def spec(work: Work) -> TableSpec:
    """The first-touch tables are written."""
    made = TableSpec(POLICIES, "stop_first", "open", marks=True)
    write = toucher(work, {made.name: made})
    for bucket in buckets_of(work):
        write(Touch(made.name, bucket))
    return made


@pytest.fixture(scope="session")
def store(work: Work, spec: TableSpec) -> Store:
    return Store(work, spec)
