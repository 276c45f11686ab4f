"""The same session with another future: what lies up to the bar is the same to the bit, what lies behind it is not."""

import numpy as np
import pytest

from quantray.sweeps.futures import WAYS, with_future
from quantray.sweeps.market import Session
from tests.builders.sessions import tiny_slice

COLUMNS = [name for name, f in Session.__dataclass_fields__.items()]
KINDS = {
    "quotes": {"quotes": True},
    "prints": {"quotes": False},
    "lunch": {"lunch": True},
    "early ends": {"early_ends": True, "next_day": True},
}


def session(kind: str) -> Session:
    return tiny_slice(1, n_bars=400, n_strikes=3, **KINDS[kind]).sessions[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("bar", [3, 200, 397])
def test_nothing_up_to_the_bar_changes_and_prices_behind_it_do(kind, way, bar):
    before = session(kind)
    after = with_future(before, bar, way, np.random.default_rng(0))
    for name in COLUMNS:
        a, b = getattr(before, name), getattr(after, name)
        if isinstance(a, np.ndarray) and a.shape[-1:] == (before.n_bars,):
            assert np.array_equal(a[..., : bar + 1], b[..., : bar + 1], equal_nan=a.dtype.kind == "f"), name
            assert a is b or not b.flags.writeable
    assert not np.array_equal(before.close[bar + 1 :], after.close[bar + 1 :], equal_nan=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("way", WAYS)
def test_every_future_is_a_market(kind, way):
    """Prices are numbers above 0 wherever they were, highs are highs, bids lie below asks, breaks stay."""
    before = session(kind)
    after = with_future(before, 50, way, np.random.default_rng(0))
    tail = slice(51, None)
    known = np.isfinite(after.close[tail])
    assert np.array_equal(known, np.ones(len(known), bool) if after.closed is None else ~after.closed[tail])
    for name in ("open", "high", "low", "close", "price"):
        assert (getattr(after, name)[tail][known] > 0).all()
    assert (after.high[tail][known] >= after.low[tail][known] * (1 - 1e-12)).all()
    if after.bid is not None and after.ask is not None:
        both = np.isfinite(after.bid[:, tail]) & (after.ask[:, tail] > 0)
        assert (after.bid[:, tail][both] <= after.ask[:, tail][both]).all()


def test_a_bar_before_the_first_trade_changes_what_lies_behind_that_trade():
    before = session("quotes")
    after = with_future(before, 0, "a leap up", np.random.default_rng(0))
    assert np.array_equal(before.close[:4], after.close[:4], equal_nan=True)
    assert (after.close[4:] == 1.5 * before.close[3]).all()


def test_the_last_bar_has_no_future():
    before = session("quotes")
    for way in WAYS:
        after = with_future(before, before.n_bars - 1, way, np.random.default_rng(0))
        assert np.array_equal(before.close, after.close, equal_nan=True)
