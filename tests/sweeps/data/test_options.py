"""Quote and print semantics of the specification's section 1, on rows written by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from quantray.sweeps.data import load
from quantray.sweeps.data.options import judge_prints, judge_quotes, standing
from quantray.sweeps.market import CALL, CROSSED_QUOTE, ZERO_QUOTE
from tests.builders.market_files import NAN, frames, write
from tests.builders.option_chains import first, market


@pytest.mark.parametrize(
    ("bid", "ask", "stored", "counted"),
    [
        (1.0, 1.1, (1.0, 1.1), None),
        (1.1, 1.1, (1.1, 1.1), None),  # locked is fine
        (NAN, 1.1, (NAN, 1.1), None),  # an absent side is not an error
        (1.0, NAN, (1.0, NAN), None),
        (0.0, 1.1, (NAN, 1.1), None),  # a bid of 0 is no bid
        (0.0, NAN, (NAN, NAN), None),  # withdrawn
        (1.2, 1.1, (NAN, CROSSED_QUOTE), "crossed"),
        (1.0, 0.0, (NAN, ZERO_QUOTE), "zero"),
        (0.0, 0.0, (NAN, ZERO_QUOTE), "zero"),
        (NAN, -1.0, (NAN, ZERO_QUOTE), "zero"),
        (-1.0, 1.0, (NAN, ZERO_QUOTE), "zero"),
        (0.1, 0.4, (NAN, CROSSED_QUOTE), "bounds"),  # ask below what exercise pays
        (6.0, 6.1, (NAN, CROSSED_QUOTE), "bounds"),  # bid above what the right can be worth
    ],
)
def test_a_quote_row(bid: float, ask: float, stored: tuple[float, float], counted: str | None):
    counts: Counter[str] = Counter()
    low, high = np.array([0.5]), np.array([5.0])
    shown, asked, replaces = judge_quotes(np.array([bid]), np.array([ask]), low, high, counts)
    assert replaces[0]
    np.testing.assert_array_equal([shown[0], asked[0]], stored)
    quarantined = {k: v for k, v in counts.items() if k.startswith("quarantined") and v}
    assert quarantined == ({f"quarantined_quotes_{counted}": 1} if counted else {})


def test_a_row_with_neither_side_replaces_nothing():
    counts: Counter[str] = Counter()
    none = np.array([NAN])
    assert not judge_quotes(none, none, none, none, counts)[2][0]
    assert (counts["quotes"], counts["rows_trade_only"]) == (0, 1)


def test_no_bounds_before_the_first_trade_of_the_underlying():
    counts: Counter[str] = Counter()
    shown, asked, _ = judge_quotes(*(np.array([x]) for x in (1.0, 1.1, NAN, NAN)), counts)
    assert (shown[0], asked[0]) == (1.0, 1.1)


@pytest.mark.parametrize(
    ("vwap", "close", "last", "volume", "price"),
    [
        (1.0, 2.0, 3.0, 1.0, 1.0),
        (NAN, 2.0, 3.0, 1.0, 2.0),
        (NAN, NAN, 3.0, NAN, 3.0),  # a data set without volume
        (NAN, NAN, 3.0, 0.0, NAN),  # nothing traded
        (NAN, NAN, NAN, 5.0, NAN),
        (0.1, NAN, NAN, 1.0, NAN),  # below the bounds
        (9.0, NAN, NAN, 1.0, NAN),
        (-1.0, NAN, NAN, 1.0, NAN),
    ],
)
def test_a_print_row(vwap: float, close: float, last: float, volume: float, price: float):
    columns = {k: np.array([v]) for k, v in {"vwap": vwap, "close": close, "last": last, "volume": volume}.items()}
    got = judge_prints(columns, np.array([0.5]), np.array([5.0]), Counter())
    np.testing.assert_array_equal(got, [price])


@pytest.mark.slow
def test_one_quote_anywhere_makes_the_data_set_one_of_quotes(tmp_path: Path):
    made = frames(quotes=False)
    assert not load(write(tmp_path, made)).has_quotes
    made["options"][["bid", "ask"]] = NAN
    assert not load(write(tmp_path, made)).has_quotes
    made["options"].loc[0, "ask"] = 3.0
    market = load(write(tmp_path, made))
    assert market.has_quotes
    assert market.quality["quotes"] == 1


# quotes -------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("value", [np.inf, 199_999.99, 150.0])
@pytest.mark.parametrize("when", [0, 200])
def test_an_ask_above_what_the_right_can_be_worth_asks_nothing_and_the_bid_stands(
    value: float, when: int, tmp_path: Path
):
    made = market()
    wanted = first(tmp_path, made)
    if when == 0:  # before the first trade of the underlying nobody can buy, but the quote stands
        made["underlying"] = made["underlying"][5:].reset_index(drop=True)
        made["options"] = made["options"][(made["options"].index < 6) | (made["options"].index >= 60)]
    at = made["options"].index[when * 6 : when * 6 + 6]
    made["options"].loc[at, "ask"] = value
    got = load(write(tmp_path, made))
    session = got.sessions[0]
    span = slice(0, 10) if when == 0 else slice(when, when + 1)
    assert np.isnan(session.ask[:, span]).all()
    assert np.array_equal(session.bid[:, when], wanted.bid[:, when])
    assert np.nanmax(session.ask) < 5
    assert got.quality["quarantined_quotes_absurd_ask"] == 6
    assert got.quality["quarantined_quotes_share"] == pytest.approx(6 / got.quality["quotes"])


def test_an_ask_at_the_bound_within_the_tolerance_is_an_ask(tmp_path: Path):
    made = market()
    made["options"]["ask"] = 99.1  # what the puts' lowest strike is worth at most, and a tenth more
    session = first(tmp_path, made)
    assert np.isnan(session.ask).sum() == 0
    assert np.isnan(first(tmp_path, made, arbitrage_tolerance=0.0).ask[session.right != CALL][0]).all()


def test_an_infinite_bid_is_no_quote(tmp_path: Path):
    made = market()
    made["options"].loc[made["options"].index % 3 == 0, ["bid", "ask"]] = np.inf
    got = load(write(tmp_path, made))
    assert got.quality["quarantined_quotes_bounds"] == len(made["options"]) // 3
    assert not np.isinf(got.sessions[0].bid).any()
    assert not np.isinf(got.sessions[0].ask).any()


def test_an_infinite_print_is_no_print(tmp_path: Path):
    made = frames(quotes=False)
    made["options"].loc[5, "last"] = np.inf
    assert load(write(tmp_path, made)).quality["quarantined_prints_bounds"] == 1


def standing_by_rows(bid, ask, cell, closed, ends, n):
    """The twin of ``standing``: bar by bar, contract by contract."""
    sides, fresh = np.full((2, len(ends), n), np.nan), np.zeros((len(ends), n), bool)
    row_at = {divmod(int(c), n): k for k, c in enumerate(cell)}
    for c, end in enumerate(ends):
        now = None
        for bar in range(n):
            fresh[c, bar] = (c, bar) in row_at
            now = row_at.get((c, bar), now)
            now = None if closed is not None and closed[bar] else now
            if now is not None and bar < end:
                sides[:, c, bar] = bid[now], ask[now]
    return *sides, fresh


@pytest.mark.parametrize("seed", range(12))
def test_a_quote_stands_until_it_is_replaced(seed: int):
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(1, 6)), int(rng.integers(1, 40))
    cell = rng.permutation(m * n)[: int(rng.integers(0, m * n + 1))]
    bid, ask = rng.normal(size=(2, len(cell)))
    bid[rng.random(len(cell)) < 0.3] = np.nan
    begin, end = np.sort(rng.integers(0, n + 1, 2))
    closed = np.isin(np.arange(n), np.arange(begin, end)) if end > begin and seed % 2 else None
    ends = np.where(rng.random(m) < 0.5, n, rng.integers(0, n + 1, m)).astype(np.int32)
    grid = standing(bid, ask, cell, closed, ends, n)
    for found, expected in zip(
        (grid.bid, grid.ask, grid.fresh), standing_by_rows(bid, ask, cell, closed, ends, n), strict=True
    ):
        np.testing.assert_array_equal(found, expected)
