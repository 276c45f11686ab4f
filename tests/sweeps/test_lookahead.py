"""What every kind of strategy is asked, and what is made of its answers."""

import numpy as np

from quantray.space import parse_space
from quantray.sweeps.lookahead import Answers, clock, points_of, spread
from tests.builders.sessions import tiny_slice


def answers(*rows: tuple[float, float]) -> Answers:
    made = np.array(rows, float).reshape(-1, 2)
    return Answers((made[:, 0],), (made,), {})


def test_only_what_was_decided_up_to_the_bar_is_compared():
    a, b = answers((1, 7), (5, 8)), answers((1, 7), (5, 9))
    assert a.same(b, 0, 4)
    assert not a.same(b, 0, 5)
    assert not a.same(answers((1, 7)), 0, 5)
    assert answers((1, np.nan)).same(answers((1, np.nan)), 0, 5)


def test_points_begin_in_the_middle_and_are_told_once():
    space = parse_space({"a": [1, 2, 3], "b": [0.5], "c": {"low": 1, "high": 9}, "d": {"low": 1e-3, "high": 1.0}})
    found = points_of(space, 5, np.random.default_rng(0))
    assert found.params(0)["a"] == 2
    rows = [found.params(i) for i in range(len(found))]
    assert all(row["a"] in (1, 2, 3) and 1 <= row["c"] <= 9 and isinstance(row["c"], int) for row in rows)
    assert len({repr(row) for row in rows}) == len(rows)
    assert len(points_of(None, 5, np.random.default_rng(0))) == 1
    assert len(points_of(parse_space({"a": [1]}), 9, np.random.default_rng(0))) == 1


def test_sessions_are_spread_from_the_first_to_the_last():
    market = tiny_slice(7, n_bars=10)
    assert spread(market, 4) == [0, 2, 4, 6]
    assert spread(market.take(0, 2), 4) == [0, 1]
    assert spread(market.take(0, 1), 4) == [0]


def test_the_clock_is_the_exchange_s():
    session = tiny_slice(1, n_bars=10, evening=True).sessions[0]
    assert clock(session, 9) == "23:00:09"
    assert clock(tiny_slice(1, n_bars=3700).sessions[0], 3661) == "10:31:01"
