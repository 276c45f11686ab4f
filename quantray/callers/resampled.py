"""A policy's objective over blocks of days drawn anew: what its standard error is made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, IntArray1D
from quantray.callers.blocks import Blocks
from quantray.callers.codes import Reason
from quantray.callers.plan import CallerPlan
from quantray.callers.policies.evaluate import PolicyTrades
from quantray.callers.policies.objective import objective
from quantray.durations import NS

DAYS_A_YEAR = 365


def resampled(
    plan: CallerPlan,
    trades: PolicyTrades,
    peaks: FloatArray1D,
    blocks: Blocks,
    own: Mapping[str, float] | None = None,
) -> Callable[[IntArray1D], float]:
    """A function of the blocks drawn (with repetition) that gives the objective on their trades; NaN without one.

    ``peaks`` [t] is the highest gain that each trade could reach. Sizes stay those of the account as it was; daily
    ratios and drawdowns are taken of blocks instead of days. What an objective of the user's reads and drawing does not
    change (calls without an entry, skips, exposure) is as in ``own``, the policy's metrics.
    """
    done = trades.skip == 0
    place, net, pnl = blocks.place(trades.entry_ns[done]), trades.net[done], trades.pnl[done]
    gross, peak, initial = trades.gross[done], peaks[done], plan.account.initial
    unit_nets, a_year = blocks.sums(trades.entry_ns[done], pnl) / initial, DAYS_A_YEAR / blocks.days

    by, means, low = objective(plan.objective), _columns(trades, done), trades.adverse[done]

    def figure(units: IntArray1D) -> float:
        times = np.bincount(units, minlength=blocks.n)
        of = times[place]
        given = (of, net, pnl, gross - 1.0, peak, initial, unit_nets[units], a_year)
        if plan.objective in _FIGURES:
            return _FIGURES[plan.objective](*given)
        found = {name: _FIGURES[name](*given) for name in by.metrics if name in _FIGURES}
        found |= {name: _ratio(float(of @ means[name]), float(of.sum())) for name in by.metrics if name in means}
        found |= {"p95_adverse": _quantile(of, low, 0.95), "stop_outs": float(of @ means["stop_out_rate"])}
        found["mean_r"] = _r(own or {}, found.get("captured_return", _FIGURES["captured_return"](*given)))
        known = {**(own or {}), **found}
        value = by.value({name: known.get(name) for name in by.metrics})
        return math.nan if value is None else value

    return figure


def _columns(trades: PolicyTrades, done: BoolArray1D) -> dict[str, FloatArray1D]:
    """Columns [t] of executed trades whose means are metrics."""
    last = trades.multiple[np.arange(len(trades)), np.maximum(trades.n_fills - 1, 0)]
    stops = (trades.reason >= Reason.STOP) & (trades.reason <= Reason.RAISED_STOP) & (last < 1.0)
    found = {
        "stop_out_rate": stops, "ambiguous_share": trades.ambiguous,
        "end_of_data_share": trades.reason == Reason.END_OF_DATA,
        "time_exposed": (trades.exit_ns - trades.entry_ns) / NS,
    }  # fmt: skip
    return {name: np.asarray(column, np.float64)[done] for name, column in found.items()}


def _r(own: Mapping[str, float], mean: float) -> float:
    """Mean R of trades drawn: their mean net return by the risk that the policy's own figures are of."""
    return _ratio(mean * own.get("mean_r", math.nan), own.get("captured_return", math.nan))


def _ratio(above: float, below: float) -> float:
    return float(above) / float(below) if below else math.nan


def _median(of: IntArray1D, net: FloatArray1D) -> float:
    drawn = np.repeat(net, of)
    return float(np.median(drawn)) if drawn.size else math.nan


def _quantile(of: IntArray1D, net: FloatArray1D, share: float) -> float:
    drawn = np.repeat(net, of)
    return float(np.quantile(drawn, share)) if drawn.size else math.nan


def _fall(nets: FloatArray1D) -> float:
    """Largest fall of an account that earns these nets, in shares of what it began with, from its highest so far."""
    equity = np.cumsum(np.append(1.0, nets))
    highest = np.maximum.accumulate(equity)
    return float(np.max((highest - equity) / highest))


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
    "n_trades": lambda of, *_: float(of.sum()),
    "win_rate": lambda of, net, *_: _ratio(of @ (net > 0), of.sum()),
    "total_return": lambda of, net, pnl, gain, peak, initial, *_: float(of @ pnl) / initial,
    "p05_return": lambda of, net, *_: _quantile(of, net, 0.05),
    "p25_return": lambda of, net, *_: _quantile(of, net, 0.25),
    "p75_return": lambda of, net, *_: _quantile(of, net, 0.75),
    "p95_return": lambda of, net, *_: _quantile(of, net, 0.95),
    "max_drawdown": lambda *given: _fall(given[6]),
    "sharpe": lambda *given: _daily(given[6], given[7], float(given[6].std(ddof=1))),
    "sortino": lambda *given: _daily(given[6], given[7], float(np.sqrt(np.mean(np.minimum(given[6], 0) ** 2)))),
}
