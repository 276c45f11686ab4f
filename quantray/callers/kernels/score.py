"""Stage two: a block of policies over the calls of one account, from tables to metrics."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from quantray.callers.kernels.account import EXECUTED, account
from quantray.callers.kernels.curve import curve, daily_ratios, max_drawdown
from quantray.callers.kernels.metrics import DRAWDOWN, FINAL, SHARPE, SORTINO, TOTAL, summary
from quantray.callers.kernels.trades import gather


class Scratch(NamedTuple):
    """Columns of the trades of one policy, used again for the next: [n], [n, R] and the event log [n * (R + 1)]."""

    call: np.ndarray
    col: np.ndarray
    n_fills: np.ndarray
    fill_ns: np.ndarray
    part: np.ndarray
    multiple: np.ndarray
    gross: np.ndarray
    adverse: np.ndarray
    peak: np.ndarray
    doubt: np.ndarray
    net: np.ndarray
    last: np.ndarray
    entry_ns: np.ndarray
    exit_ns: np.ndarray
    asset: np.ndarray
    caller: np.ndarray
    price: np.ndarray
    first: np.ndarray
    stop: np.ndarray
    size: np.ndarray
    skip: np.ndarray
    pnl: np.ndarray
    left: np.ndarray
    seen: np.ndarray
    held: np.ndarray
    sort: np.ndarray
    distance: np.ndarray
    event: np.ndarray
    event_ns: np.ndarray
    heap: np.ndarray
    heap_ns: np.ndarray


class Money(NamedTuple):
    """Costs and rules of the account as numbers: see ``quantray.callers.policies.evaluate.Account``."""

    cost: float
    on_entry: bool
    limited: bool
    initial: float
    sizing: int
    fraction: float
    risk: float
    amount: float
    basis: int
    minimum: float


def scratch_of(n: int, fills: int) -> Scratch:
    """Room for ``n`` trades of at most ``fills`` fills."""
    i64, f64 = np.int64, np.float64
    log = n * (fills + 1)
    wide = {"fill_ns": i64, "part": f64, "multiple": f64}
    kinds = {"col": np.int32, "n_fills": i64, "doubt": np.bool_, "skip": np.int8}
    floats = ("gross", "adverse", "peak", "net", "last", "price", "size", "pnl", "left", "sort", "distance")
    made: list[np.ndarray] = []
    for name in Scratch._fields:
        shape = (n, fills) if name in wide else (log if name in ("event", "event_ns", "heap", "heap_ns") else n)
        made.append(np.zeros(shape, wide.get(name) or kinds.get(name) or (f64 if name in floats else i64)))
    return Scratch(*made)


@njit(cache=True, nogil=True, error_model="numpy")
def score(
    keys, fill, worst, time, peaks, price, entry_ns, start, stop, ways, order, calls, asset, caller, closing, closer,
    variant, hold, rung_ptr, rung_col, rung_part, distance, stops, ends, money, limits, since, before, ts, close,
    interval, n_assets, n_callers, closes, days, s, out,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Metrics [P, M] of every policy; the trades, log and sizes of the last one stay in ``s``.

    ``calls`` [V, n] are the account's calls in queue order of each way of entering. ``closes`` and ``days`` are times
    at which equity is wanted for drawdown and for daily ratios; empty: those metrics are left NaN.

    Returns (trades, cash at the end, events) of the last policy.
    """
    m = max(closes.shape[0], days.shape[0])
    equity = np.empty(m)
    cash = np.empty(m)
    n = n_log = 0
    final = np.nan
    for p in range(closer.shape[0]):
        n, without = gather(
            keys, fill, worst, time, peaks, price, entry_ns, start, stop, ways, order, calls[variant[p]], asset, caller,
            closing, closer[p], variant[p], hold[p], rung_col, rung_part, rung_ptr[p], rung_ptr[p + 1],
            1.0 if np.isnan(distance[p]) else distance[p], money.cost, money.on_entry, s,
        )  # fmt: skip
        out[p, FINAL:] = np.nan
        if money.limited:
            final, n_log = account(n, money, limits, ts, close, interval, n_assets, n_callers, s)
            out[p, FINAL], out[p, TOTAL] = final, final / money.initial - 1.0
        else:
            s.skip[:n], s.size[:n], s.pnl[:n] = EXECUTED, 1.0, s.net[:n]
        summary(n, without, stops, ends, distance[p] + (money.cost + money.cost), since, before, s, out[p])
        if money.limited and closes.shape[0]:
            curve(n_log, money, ts, close, interval, closes, s, equity, cash)
            out[p, DRAWDOWN] = max_drawdown(equity[: closes.shape[0]], money.initial)
        if money.limited and days.shape[0]:
            curve(n_log, money, ts, close, interval, days, s, equity, cash)
            out[p, SHARPE], out[p, SORTINO] = daily_ratios(equity[: days.shape[0]], money.initial)
    return n, final, n_log
