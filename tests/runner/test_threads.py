"""Threads: results in the order of the rows, errors in their place, no more ahead than is of use."""

from __future__ import annotations

import time

import pytest

from quantray.runner.threads import ROOM, Threads, abreast, in_order, worker_count


def test_workers_are_as_many_as_are_of_use() -> None:
    assert worker_count(8, 3) == 3
    assert worker_count(2, 100) == 2
    assert worker_count(None, 0) == 1


def test_results_come_in_order_whoever_is_done_first() -> None:
    def work(row: int) -> int:
        time.sleep(0.002 * (row % 3))
        return row * row

    assert list(in_order(range(12), work, 4)) == [(i, i * i) for i in range(12)]


def test_an_error_is_raised_in_its_place() -> None:
    results = in_order([2, 1, 0, 5], lambda row: 10 // row, 2)
    assert [next(results)[1], next(results)[1]] == [5, 10]
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_a_reader_that_is_slow_is_not_run_away_from() -> None:
    taken: list[int] = []
    rows = (taken.append(i) or i for i in range(100))
    next(iter(in_order(rows, lambda row: row, 2)))
    assert len(taken) <= 4


def test_nothing_finished_in_time_is_said() -> None:
    threads = Threads(lambda: None, 1)
    assert threads.next(0.01) is None
    threads.submit("a")
    assert threads.next(5.0) == ("a", None, None)
    assert threads.running == 0
    threads.close()


def test_large_pieces_of_work_go_on_one_at_a_time() -> None:
    assert abreast(2 * ROOM) == 1
    assert abreast(ROOM // 2) <= 2
    assert abreast(0) == worker_count(None, 10_000)
