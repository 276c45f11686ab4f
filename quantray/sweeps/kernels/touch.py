"""First-touch tables: for each entry, the first bar at which every exit level decides, in one pass.

A row of a table has one column a level: take profits (rising), stop losses (falling), durations (rising), and
one last column for what ends the position whatever the levels: emergency, end of day, end of data. ``when`` is
the deciding bar (NONE: never), ``exit`` the bar of the fill, ``net`` what the position earned by that exit.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.sweeps.kernels.signals import NONE

EMERGENCY, END_OF_DAY, TAKE_PROFIT, STOP_LOSS, TIME, END_OF_DATA = 0, 1, 2, 3, 4, 5


@njit(cache=True, nogil=True)
def _net(price, entry, slippage, size, fees):  # type: ignore[no-untyped-def]
    proceeds = max(price - slippage, 0.0)
    return (proceeds - (entry + slippage)) * size - fees


@njit(cache=True, nogil=True)
def _at_the_close(c, expires, known_last, spot, strike, is_call):  # type: ignore[no-untyped-def]
    """Price at the end of data and whether it is worth by exercise only: no bid, so intrinsic value or nothing."""
    if not np.isnan(known_last):
        return known_last, False
    if not expires:
        return 0.0, True
    return max(spot - strike, 0.0) if is_call else max(strike - spot, 0.0), True


@njit(cache=True, nogil=True)
def exit_tables(
    contract, entry_bar, entry_price, known, price, bar, quotes, last_known, strike, is_call, expires, size, spot, ends,
    take_profit, stop_loss, duration, latency, day_end, emergency, slippage, fees,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Tables of ``E`` entries of one session.

    ``contract``, ``entry_bar``, ``entry_price`` [E]; ``known`` [m, n] the exit-side price seen at a bar, ``price``
    and ``bar`` [m, n] the fill of an order wanted at a bar (``quotes``: it fills at the bar itself);
    ``last_known`` [m] the price where a contract ``ends`` [m] (a bar; the session's close for most) and ``spot`` [m]
    the underlying's there; ``take_profit``/``stop_loss`` in percent, ``duration``, ``latency`` in bars, ``day_end`` and
    ``emergency`` [m] bars; ``size`` [m] = multiplier x contracts.

    Returns (when, exit, net, price) [E, levels + 1], the last column's reason [E] and its no-bid flag [E].
    """
    n_tp, n_sl, n_time = take_profit.shape[0], stop_loss.shape[0], duration.shape[0]
    width = n_tp + n_sl + n_time + 1
    entries = contract.shape[0]
    n = known.shape[1]
    when = np.full((entries, width), NONE, np.int32)
    out = np.full((entries, width), -1, np.int32)
    net = np.zeros((entries, width))
    paid = np.zeros((entries, width))
    reason = np.full(entries, END_OF_DATA, np.int8)
    no_bid = np.zeros(entries, np.bool_)
    for e in range(entries):
        c = contract[e]
        cost = entry_price[e]
        tp = 0
        sl = 0
        held = 0
        s = entry_bar[e] + 1
        ended = False
        while s < ends[c]:
            if s >= emergency[c] and not np.isnan(price[c, s]):
                reason[e] = EMERGENCY
                when[e, width - 1] = s
                out[e, width - 1] = s if quotes else bar[c, s]
                paid[e, width - 1] = price[c, s]
                ended = True
                break
            f = s + latency
            if f >= n or np.isnan(price[c, f]):
                s += 1  # nothing to deal with at the second of the fill: the scan goes on
                continue
            fill = price[c, f]
            fill_bar = np.int32(f) if quotes else bar[c, f]
            if s >= day_end[c]:
                reason[e] = END_OF_DAY
                when[e, width - 1] = s
                out[e, width - 1] = fill_bar
                paid[e, width - 1] = fill
                ended = True
                break
            # NaN where no price is known, or nothing was paid: no level is touched
            change = (known[c, s] - cost) / cost * 100.0 if cost > 0.0 else np.nan
            while tp < n_tp and change >= take_profit[tp]:
                when[e, tp] = s
                out[e, tp] = fill_bar
                paid[e, tp] = fill
                tp += 1
            while sl < n_sl and change <= stop_loss[sl]:
                when[e, n_tp + sl] = s
                out[e, n_tp + sl] = fill_bar
                paid[e, n_tp + sl] = fill
                sl += 1
            while held < n_time and s - entry_bar[e] >= duration[held]:
                k = n_tp + n_sl + held
                when[e, k] = s
                out[e, k] = fill_bar
                paid[e, k] = fill
                held += 1
            if held == n_time:
                break  # the longest position is closed: nothing later can matter
            s += 1
        if not ended and held < n_time:
            value, flagged = _at_the_close(c, expires[c], last_known[c], spot[c], strike[c], is_call[c])
            when[e, width - 1] = ends[c]
            out[e, width - 1] = ends[c] - 1
            paid[e, width - 1] = value
            no_bid[e] = flagged
        for k in range(width):
            if when[e, k] != NONE:
                net[e, k] = _net(paid[e, k], cost, slippage, size[c], fees)
    return when, out, net, paid, reason, no_bid


@njit(cache=True, nogil=True)
def first_exit(when, tp, sl, held):  # type: ignore[no-untyped-def]
    """Column that decides for the levels at these columns: the earliest, ties in the order of the rules.

    The last column's emergency and end of day come before the levels in one bar, so they win equality.
    """
    column = when.shape[0] - 1
    s = when[column]
    if when[tp] < s:
        s = when[tp]
        column = tp
    if when[sl] < s:
        s = when[sl]
        column = sl
    if when[held] < s:
        column = held
    return column
