"""A slice on one screen, each of its sessions looked at once."""

from __future__ import annotations

from dataclasses import replace

from quantray.sweeps.data import describe
from quantray.sweeps.market import Made
from tests.builders.objectives import EMPTY
from tests.builders.sessions import tiny_slice


def test_a_slice_is_described_by_opening_each_session_once() -> None:
    given = tiny_slice(4, interval_s=60, n_bars=30)
    asked: list[int] = []
    apart = replace(given, sessions=Made(given.dates, lambda k: asked.append(k) or given.sessions[k]))
    found = describe(apart)
    assert found == describe(given)
    assert sorted(asked[: len(given)]) == [0, 1, 2, 3]
    assert len(asked) <= len(given) + 2
    assert (found["sessions"], found["first"], found["last"]) == (4, given.dates[0], given.dates[-1])
    assert found["bars"] == 4 * 30
    assert found["option_rows"] == sum(int(session.fresh.sum()) for session in given)
    assert found["short_sessions"] == []


def test_a_short_session_is_named_and_nothing_is_described_too() -> None:
    long, short = tiny_slice(2, interval_s=60, n_bars=30), tiny_slice(2, interval_s=60, n_bars=20)
    mixed = replace(long, sessions=(long.sessions[0], short.sessions[1]), session_digests=())
    assert describe(mixed)["short_sessions"] == [mixed.dates[1]]
    assert (describe(EMPTY)["sessions"], describe(EMPTY)["bars"], describe(EMPTY)["first"]) == (0, 0, None)
