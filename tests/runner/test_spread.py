"""Chunks in order on threads: errors in their place, few ahead, and where the work goes."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from quantray.runner.spread import spread
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from tests.builders.objectives import EMPTY, make_plan


def square(plan: Plan, market: Slice, chunk: int) -> int:
    time.sleep(0.01 * (chunk % 3))
    return chunk * chunk


@pytest.mark.parametrize("workers", [1, 2, 4, None])
def test_results_come_in_the_order_of_the_chunks(tmp_path: Path, workers: int | None) -> None:
    found = list(spread(make_plan(tmp_path), EMPTY, range(20), square, workers=workers))
    assert found == [(i, i * i) for i in range(20)]


def test_nothing_to_do_gives_nothing(tmp_path: Path) -> None:
    assert list(spread(make_plan(tmp_path), EMPTY, [], square, kind="ray")) == []


def test_an_error_is_raised_in_its_place(tmp_path: Path) -> None:
    def work(plan: Plan, market: Slice, chunk: int) -> int:
        if chunk == 3:
            raise ValueError("three")
        return chunk

    results = spread(make_plan(tmp_path), EMPTY, range(9), work, workers=2)
    assert [next(results) for _ in range(3)] == [(0, 0), (1, 1), (2, 2)]
    with pytest.raises(ValueError, match="three"):
        next(results)


@pytest.mark.slow
def test_only_a_few_chunks_are_ahead_of_the_reader(tmp_path: Path) -> None:
    started: list[int] = []

    def work(plan: Plan, market: Slice, chunk: int) -> int:
        started.append(chunk)
        return chunk

    results = spread(make_plan(tmp_path), EMPTY, range(100), work, workers=2)
    next(results)
    time.sleep(0.3)
    assert len(started) <= 4
    results.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize("target", ["strategy.vwap_reclaim.VwapReclaim"])
def test_compiled_work_stays_in_this_process_on_one_machine(tmp_path: Path, target: str) -> None:
    from dataclasses import replace

    from quantray.sweeps.plan import StrategySpec

    def where(plan: Plan, market: Slice, chunk: int) -> Any:
        return threading.current_thread().name

    plan = replace(make_plan(tmp_path), strategy=StrategySpec(target))
    names = {name for _, name in spread(plan, EMPTY, range(4), where, kind="ray", workers=2)}
    assert names <= {"quantray-worker-0", "quantray-worker-1"}
