"""Stage two: a block of policies over the calls of one account, from tables to metrics."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from quantray.kernels.policy_account import EXECUTED, account
from quantray.kernels.policy_combine import net_of
from quantray.kernels.policy_curve import curve, daily_ratios, max_drawdown
from quantray.kernels.policy_metrics import DRAWDOWN, FINAL, SHARPE, TOTAL, summary
from quantray.kernels.policy_trades import gather


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
    """Costs and rules of the account as numbers: see ``quantray.policies.scoring.Account``."""

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
    made = []
    for name in Scratch._fields:
        shape = (n, fills) if name in wide else (log if name in ("event", "event_ns", "heap", "heap_ns") else n)
        made.append(np.zeros(shape, wide.get(name) or kinds.get(name) or (f64 if name in floats else i64)))
    return Scratch(*made)


@njit(cache=True, nogil=True)
def trades_of(
    p, keys, fill, worst, time, peaks, price, entry_ns, start, stop, ways, order, calls, row, asset, caller, closing,
    closer, variant, hold, rung_ptr, rung_col, rung_part, distance, money, s,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """The trades of policy ``p`` into the scratch columns ``s``; returns (trades, calls without an entry)."""
    v = variant[p]
    n, without = gather(
        keys, fill, worst, time, peaks, price, ways, order, row[v], calls[v], closing, closer[p], v, hold[p], rung_col,
        rung_part, rung_ptr[p], rung_ptr[p + 1], s.call, s.col, s.n_fills, s.fill_ns, s.part, s.multiple, s.gross,
        s.adverse, s.peak, s.doubt,
    )  # fmt: skip
    far = 1.0 if np.isnan(distance[p]) else distance[p]
    for i in range(n):
        e = s.call[i] * ways + v
        r = s.n_fills[i] - 1
        s.net[i] = net_of(s.gross[i], money.cost, money.on_entry)
        s.last[i], s.exit_ns[i] = s.multiple[i, r], s.fill_ns[i, r]
        s.entry_ns[i], s.price[i], s.first[i], s.stop[i] = entry_ns[e], price[e], start[e], stop[e]
        s.asset[i], s.caller[i], s.distance[i] = asset[s.call[i]], caller[s.call[i]], far
    return n, without


@njit(cache=True, nogil=True)
def settle(n, money, limits, ts, close, interval, n_assets, n_callers, s):  # type: ignore[no-untyped-def]
    """Run the trades in the scratch columns through the account; without limits every one is executed at size 1."""
    if not money.limited:
        s.skip[:n] = EXECUTED
        s.size[:n] = 1.0
        s.pnl[:n] = s.net[:n]
        return np.nan, 0
    return account(
        n, s.entry_ns, s.asset, s.caller, s.n_fills, s.fill_ns, s.part, s.multiple, s.distance, money.cost,
        money.on_entry, money.initial, money.sizing, money.fraction, money.risk, money.amount, money.basis, limits,
        money.minimum, s.price, s.first, s.stop, ts, close, interval, n_assets, n_callers, s.size, s.skip, s.pnl,
        s.event, s.event_ns, s.heap_ns, s.heap, s.left, s.seen, s.held,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def equity_at(times, n_log, money, ts, close, interval, s, equity, cash):  # type: ignore[no-untyped-def]
    """Equity and cash of the account in the scratch columns at rising ``times``."""
    curve(
        s.event, s.event_ns, n_log, s.n_fills, s.part, s.multiple, s.size, money.cost, money.on_entry, money.initial,
        s.price, s.first, s.stop, ts, close, interval, times, s.left, s.seen, s.held, equity, cash,
    )  # fmt: skip


@njit(cache=True, nogil=True)
def score(
    keys, fill, worst, time, peaks, price, entry_ns, start, stop, ways, order, calls, row, asset, caller, closing,
    closer, variant, hold, rung_ptr, rung_col, rung_part, distance, stops, ends, money, limits, period, ts, close,
    interval, n_assets, n_callers, closes, days, s, out,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Metrics [P, M] of every policy.

    ``calls`` [V, n] are the account's calls in queue order of each way of entering, ``row`` [V, n] their places in
    ``closing``. ``closes`` and ``days`` are times at which equity is wanted for drawdown and for daily ratios; empty:
    those metrics are left NaN.
    """
    equity = np.empty(max(closes.shape[0], days.shape[0]))
    cash = np.empty(equity.shape[0])
    for p in range(closer.shape[0]):
        n, without = trades_of(
            p, keys, fill, worst, time, peaks, price, entry_ns, start, stop, ways, order, calls, row, asset, caller,
            closing, closer, variant, hold, rung_ptr, rung_col, rung_part, distance, money, s,
        )  # fmt: skip
        final, n_log = settle(n, money, limits, ts, close, interval, n_assets, n_callers, s)
        at_risk = distance[p] + (money.cost + money.cost)
        summary(
            n, without, s.net, s.gross, s.pnl, s.skip, s.col, stops, ends, s.last, s.adverse, s.peak, s.doubt,
            s.entry_ns, s.exit_ns, at_risk, period, s.sort, out[p],
        )  # fmt: skip
        out[p, FINAL:] = np.nan
        if not money.limited:
            continue
        out[p, FINAL], out[p, TOTAL] = final, final / money.initial - 1.0
        if closes.shape[0]:
            equity_at(closes, n_log, money, ts, close, interval, s, equity, cash)
            out[p, DRAWDOWN] = max_drawdown(equity[: closes.shape[0]], money.initial)
        if days.shape[0]:
            equity_at(days, n_log, money, ts, close, interval, s, equity, cash)
            out[p, SHARPE], out[p, SHARPE + 1] = daily_ratios(equity[: days.shape[0]], money.initial)
