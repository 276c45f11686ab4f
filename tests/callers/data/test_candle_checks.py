"""Gaps of a vendor and silences of a token, candles that repeat themselves."""

import numpy as np
import pytest

from quantray.callers.data import candle_checks
from quantray.callers.data.candle_checks import CandleWalk
from quantray.callers.market import Candles
from quantray.durations import NS

STEP = 60 * NS


def block(presence: dict[str, np.ndarray], seed: int = 0) -> Candles:
    """Candles of assets at the minutes where each is present."""
    rng = np.random.default_rng(seed)
    at = [np.flatnonzero(mask) * STEP for mask in presence.values()]
    sizes = [len(a) for a in at]
    n = sum(sizes)
    price = np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Candles(
        tuple(presence), np.arange(len(sizes), dtype=np.int32), offsets, np.concatenate(at), price, price * 1.01,
        price * 0.99, price, rng.random(n) + 1,
    )  # fmt: skip


def gaps(presence: dict[str, np.ndarray]) -> list[tuple[int, str, bool]]:
    walk = CandleWalk()
    candle_checks._gaps(walk, block(presence), 60)
    return [(n, asset, dense) for _, n, asset, dense in walk.gaps]


def present(n: int, share: float = 1.0, gone: slice = slice(0, 0), seed: int = 0) -> np.ndarray:
    mask = np.random.default_rng(seed).random(n) < share
    mask[[0, -1]] = True
    mask[gone] = False
    return mask


@pytest.mark.parametrize("length", [10, 200])
def test_a_gap_of_an_asset_that_always_trades_is_found(length):
    assert gaps({"A": present(3000, gone=slice(500, 500 + length))}) == [(length, "A", True)]


def test_silence_of_a_quiet_token_is_no_gap_and_a_long_one_is_told_apart():
    assert gaps({"A": present(3000, 0.5)}) == []
    ((n, asset, dense),) = gaps({"A": present(3000, 0.5, slice(500, 700))})
    assert (asset, dense) == ("A", False)
    assert n >= 200


def test_the_step_from_one_asset_to_the_next_is_no_gap():
    assert gaps({"A": present(100), "B": present(5)}) == []
    assert gaps({"A": present(1), "B": present(1)}) == []


def test_candles_alike_are_told_with_their_first():
    made = block({"A": present(500), "B": present(500)})
    for name in ("open", "high", "low", "close", "volume"):
        getattr(made, name)[700:720] = getattr(made, name)[699]
    walk = CandleWalk()
    candle_checks._still(walk, made)
    assert (walk.still_runs, walk.still) == (1, 21)
    assert [(r.name, r.ts_ns) for r in walk.rows("stale")] == [("B", 199 * STEP)]


def test_flat_candles_of_unknown_volume_are_silence():
    made = block({"A": present(500)})
    for name in ("open", "high", "low", "close"):
        getattr(made, name)[100:300] = 1.0
    made.volume[:] = np.nan
    walk = CandleWalk()
    candle_checks._still(walk, made)
    assert walk.still_runs == 0
