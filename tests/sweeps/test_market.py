"""Sessions and slices: what they hold, and what they say of it."""

from __future__ import annotations

from dataclasses import replace

from quantray.sweeps.market import Made
from tests.builders.objectives import EMPTY
from tests.builders.sessions import tiny_slice


def test_the_size_of_a_slice_counts_its_arrays() -> None:
    slice = tiny_slice()
    first = slice.sessions[0]
    assert slice.nbytes > len(slice) * (first.close.nbytes + first.fresh.nbytes)
    assert EMPTY.nbytes == 0


def test_made_sessions_are_those_that_are_asked_for() -> None:
    given = tiny_slice(5, interval_s=60, n_bars=30)
    asked: list[int] = []
    made = Made(given.dates, lambda k: asked.append(k) or given.sessions[k])
    part = replace(given, sessions=made).take(1, 4)
    assert not asked
    assert part.dates == given.dates[1:4]
    assert part.digest == given.take(1, 4).digest
    assert part.sessions[-1] is given.sessions[3]
    assert [*part.sessions[1:]] == [*given.sessions[2:4]]
    assert asked == [3, 2, 3]
    assert made.like(given.sessions) == given.sessions
    assert made.like(made) is made
