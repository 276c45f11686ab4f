"""Modelled options on a real underlying (``data.chain=synthetic``): prices of a model, not of a market.

Volatility comes from EARLIER sessions only; nothing of the session or later is used. No dynamics of the real
underlying are known, so these quotes carry no claim to be free of an edge: they serve to exercise the sweep.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import numpy as np

from quantray.sweeps.data.chain import NEVER, Contracts
from quantray.sweeps.data.grid import Grid
from quantray.sweeps.data.merton import merton_calls
from quantray.sweeps.data.options import OptionGrid
from quantray.sweeps.data.settings import SyntheticSettings
from quantray.sweeps.data.synthetic_day import changed, quotes_of_calls, strikes_around
from quantray.sweeps.data.synthetic_path import FULL_DAY_S, profile
from quantray.sweeps.market import CALL, PUT

MEMORY = 10  # sessions that the volatility is estimated from


def day_variances(grids: Iterable[Grid], first: float) -> Iterator[tuple[Grid, float]]:
    """Each session with the variance of a full day as the sessions before it suggest; ``first`` for the first.

    Realised variance of five-minute closes (bounce between bid and ask weighs less there), open to close.
    """
    seen: list[float] = []
    for grid in grids:
        yield grid, float(np.mean(seen[-MEMORY:])) if seen else first
        spot = grid.spot[:: max(1, 300 // grid.interval_s)]
        steps = np.diff(np.log(spot[np.isfinite(spot)]))
        realised = float((steps**2).sum()) * FULL_DAY_S / grid.window.seconds
        if realised > 0:
            seen.append(realised)


def model_options(
    grid: Grid, day_variance: float, s: SyntheticSettings, symbol: str, counts: Counter[str]
) -> tuple[Contracts, OptionGrid]:
    """Same-day contracts around the first trade and their quotes at every bar since then."""
    window = grid.window
    spot = _carried(grid.spot)  # through a break, where there is none and nobody quotes
    closed = np.zeros(grid.n_bars, bool) if grid.closed is None else grid.closed
    begin = int(np.argmax(np.isfinite(spot)))
    contracts = _contracts(strikes_around(float(grid.open[begin]), s), window.date, window.day, symbol)
    seconds = day_variance * window.seconds / FULL_DAY_S * profile(window.seconds)
    left = np.append(np.cumsum(seconds[::-1])[::-1], 0.0)[grid.interval_s :: grid.interval_s]
    strike = contracts.strike[: len(contracts.strike) // 2]
    calls = merton_calls(spot[begin:], strike, left[begin:], np.zeros(len(spot) - begin), 0.0, 0.0)
    dither = np.random.default_rng([s.seed, window.day]).random(2 * len(strike))
    to_close = (grid.n_bars - 1 - np.arange(begin, grid.n_bars)) * grid.interval_s
    ticks = quotes_of_calls(calls, spot[begin:], strike, dither, to_close)
    bid, ask = (np.full((2 * len(strike), grid.n_bars), np.nan) for _ in range(2))
    bid[:, begin:], ask[:, begin:] = (side / 100 for side in ticks)
    bid[bid == 0] = np.nan
    bid[:, closed] = ask[:, closed] = np.nan
    fresh = np.zeros(bid.shape, bool)
    fresh[:, begin:] = changed(*ticks, closed[begin:])
    counts["quotes"] += int(fresh.sum())
    return contracts, OptionGrid(bid, ask, None, fresh)


def _carried(column: np.ndarray) -> np.ndarray:
    known = np.maximum.accumulate(np.where(np.isnan(column), -1, np.arange(len(column))))
    return np.where(known < 0, np.nan, column[np.maximum(known, 0)])


def _contracts(strike: np.ndarray, date: str, day: int, symbol: str) -> Contracts:
    k = len(strike)
    stem = f"{symbol}{date[2:].replace('-', '')}"
    names = tuple(f"{stem}{right}{round(x * 1000):08d}" for right in "CP" for x in strike.tolist())
    return Contracts(
        names,
        np.full(2 * k, day, np.int32),
        np.tile(strike, 2),
        np.repeat(np.array([CALL, PUT], np.int8), k),
        np.full(2 * k, 100.0),
        np.full(2 * k, NEVER),
        np.zeros(2 * k, bool),
        np.zeros(2 * k, bool),
    )
