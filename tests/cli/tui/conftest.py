"""Finished runs that the tests of the screens look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.callers.baseline_study import BaselineStudy
from quantray.callers.progress import Progress
from quantray.callers.study import CallerStudy, optimise
from tests.builders.call_plans import market, plan_on
from tests.builders.finished_runs import hostile_baseline


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> BaselineStudy:
    return hostile_baseline(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="session")
def events() -> list[Progress]:
    """What the run of ``policies`` told."""
    return []


@pytest.fixture(scope="session")
def policies(tmp_path_factory: pytest.TempPathFactory, events: list[Progress]) -> CallerStudy:
    data = market(tmp_path_factory.mktemp("market"))
    plan = plan_on(data, tmp_path_factory.mktemp("policies"), mode="both")
    return optimise(plan, progress=events.append, say=lambda sentence: None)


@pytest.fixture
def run_dir(hostile: BaselineStudy) -> Path:
    return hostile.plan.run_dir
