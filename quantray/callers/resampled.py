"""A policy's objective over blocks of days drawn anew: what its standard error is made of."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.callers.blocks import Blocks
from quantray.callers.plan import CallerPlan
from quantray.callers.policies.evaluate import PolicyTrades

DAYS_A_YEAR = 365


def resampled(
    plan: CallerPlan, trades: PolicyTrades, peaks: FloatArray1D, blocks: Blocks
) -> Callable[[IntArray1D], float]:
    """A function of the blocks drawn (with repetition) that gives the objective on their trades; NaN without one.

    ``peaks`` [t] is the highest gain that each trade could reach. Sizes stay those of the account as it was; daily
    ratios are taken of blocks instead of days.
    """
    done = trades.skip == 0
    place, net, pnl = blocks.place(trades.entry_ns[done]), trades.net[done], trades.pnl[done]
    gross, peak, initial = trades.gross[done], peaks[done], plan.account.initial
    unit_nets, a_year = blocks.sums(trades.entry_ns[done], pnl) / initial, DAYS_A_YEAR / blocks.days

    def figure(units: IntArray1D) -> float:
        times = np.bincount(units, minlength=blocks.n)
        of = times[place]
        return _FIGURES[plan.objective](of, net, pnl, gross - 1.0, peak, initial, unit_nets[units], a_year)

    return figure


def _ratio(above: float, below: float) -> float:
    return float(above) / float(below) if below else math.nan


def _median(of: IntArray1D, net: FloatArray1D) -> float:
    drawn = np.repeat(net, of)
    return float(np.median(drawn)) if drawn.size else math.nan


def _daily(nets: FloatArray1D, a_year: float, spread: float) -> float:
    return _ratio(float(nets.mean()) * math.sqrt(a_year), spread)


#: Objective -> what it is of trades drawn ``of`` times each, and of the nets of the blocks drawn.
_FIGURES: dict[str, Callable[..., float]] = {
    "captured_return": lambda of, net, *_: _ratio(of @ net, of.sum()),
    "expectancy": lambda of, net, pnl, *_: _ratio(of @ pnl, of.sum()),
    "median_return": lambda of, net, *_: _median(of, net),
    "profit_factor": lambda of, net, pnl, *_: _ratio(of @ np.maximum(pnl, 0), of @ np.maximum(-pnl, 0)),
    "capture_ratio": lambda of, net, pnl, gain, peak, *_: _ratio(of @ gain, of @ peak),
    "final_capital": lambda of, net, pnl, gain, peak, initial, *_: float(initial + of @ pnl),
    "sharpe": lambda *given: _daily(given[6], given[7], float(given[6].std(ddof=1))),
    "sortino": lambda *given: _daily(given[6], given[7], float(np.sqrt(np.mean(np.minimum(given[6], 0) ** 2)))),
}
