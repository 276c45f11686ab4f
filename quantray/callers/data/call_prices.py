"""``price_at_call`` against the candle that contains the call: whose clock or whose decimal point is another one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, IntArray1D
from quantray.callers.data.candles import CandleSource
from quantray.callers.market import Calls
from quantray.durations import NS
from quantray.errors import DataError

HOURS = tuple(h for h in range(-14, 15) if h)  # zones of the earth lie so far apart
POWERS = tuple(p for p in range(-18, 19) if p)
ROUNDED = 1e-6  # prices are written with so many digits
FEWEST = 5  # calls of which most must fit: fewer do by chance
SOME = 2_000  # calls that shifts are tried on


@dataclass(frozen=True, slots=True)
class Quoted:
    """Calls with a price and a candle that contains them, and how many of those prices lie outside [low, high]."""

    compared: int
    outside: int

    @property
    def note(self) -> str | None:
        """What is to be said beside every result."""
        if not self.outside:
            return None
        return (
            f"price_at_call lies outside the candle that contains the call for {self.outside:,} of {self.compared:,} "
            "calls: these prices are of a moment before or of another source, or the times of these calls are wrong."
        )


def compare_prices(calls: Calls, source: CandleSource) -> Quoted:
    """Compare every price that a call brings. DataError where one whole-hour shift of the calls, or one power of ten,
    fits most of them while the given times and prices do not: every entry would be at a wrong time or price.
    """
    at = np.flatnonzero(np.isfinite(calls.price_at_call) & (calls.price_at_call > 0))
    if not len(at):
        return Quoted(0, 0)
    low, high = source.ranges(calls.assets, calls.asset[at], calls.ts[at])
    price, known = calls.price_at_call[at], ~np.isnan(low)
    fits = inside(price, low, high)
    # a call at the very start of a candle is stamped at the end of the one before, whose prices it may have seen
    inventory = source.inventory
    edge = np.flatnonzero(~fits & ((calls.ts[at] - inventory.phase_ns) % (inventory.interval_s * NS) == 0))
    if len(edge):
        before = source.ranges(calls.assets, calls.asset[at[edge]], calls.ts[at[edge]] - 1)
        fits[edge] = known[edge] & inside(price[edge], *before)
    compared, fitting = int(known.sum()), int(fits.sum())
    if 2 * fitting < len(at):
        some = at[:: max(1, len(at) // SOME)]
        _refuse_power(price[known], low[known], high[known], source.table.where)
        _refuse_shift(calls, some, source)
    return Quoted(compared, compared - fitting)


def inside(price: FloatArray1D, low: FloatArray1D, high: FloatArray1D) -> BoolArray1D:
    """Whether each price [n] lies within its candle's ``low`` and ``high`` [n], but for rounding; False beside NaN."""
    with np.errstate(invalid="ignore"):
        return np.asarray((price >= low * (1 - ROUNDED)) & (price <= high * (1 + ROUNDED)), bool)


def _most(fits: int, of: int) -> bool:
    return fits >= FEWEST and 2 * fits > of


def _nearest(found: tuple[int, int]) -> tuple[int, int]:
    """What fits most calls, and of that the smallest."""
    return found[0], -abs(found[1])


def _refuse_power(price: FloatArray1D, low: FloatArray1D, high: FloatArray1D, where: str) -> None:
    found = [(int(inside(price * 10.0**p, low, high).sum()), p) for p in POWERS]
    fits, power = max(found, key=_nearest)
    if _most(fits, len(price)):
        raise DataError(
            f"{where}: price_at_call of {fits:,} of {len(price):,} calls lies in its candle only times 1e{power}: the "
            "two have different units; correct one, or leave the column out with data.columns.calls.price_at_call=null"
        )


def _refuse_shift(calls: Calls, some: IntArray1D, source: CandleSource) -> None:
    found: list[tuple[int, int]] = []
    for hours in HOURS:
        ts = calls.ts[some] + hours * 3600 * NS
        fits = inside(calls.price_at_call[some], *source.ranges(calls.assets, calls.asset[some], ts))
        found.append((int(fits.sum()), hours))
    most, hours = max(found, key=_nearest)
    if _most(most, len(some)):
        raise DataError(
            f"{calls.source}: price_at_call of {most:,} of {len(some):,} calls lies in the candle {hours:+d} h from "
            f"the call, and not in its own: calls and candles have different zones ({hours:+d} h to the calls makes "
            "them one); say so with data.timezone={calls: …} or {candles: …}, or correct the times"
        )
