"""First-touch tables: for each entry, the first bar at which every exit level decides, in one pass.

A row of a table has one column a level: take profits (rising), stop losses (falling), durations (rising), and
one last column for what ends the position whatever the levels: emergency, end of day, end of data. ``when`` is
the deciding bar (NONE: never), ``exit`` the bar of the fill, ``net`` what the position earned by that exit.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.sweeps.kernels.columns import Touched
from quantray.sweeps.kernels.signals import NONE
from quantray.sweeps.trades import ExitReason


@njit(cache=True, nogil=True)
def _net(price, entry, size, costs):  # type: ignore[no-untyped-def]
    """What a position of ``size`` shares earns that was entered and left at these prices."""
    proceeds = max(price - costs.slippage, 0.0)
    return (proceeds - (entry + costs.slippage)) * size - costs.fees


@njit(cache=True, nogil=True)
def _at_the_close(contracts, c):  # type: ignore[no-untyped-def]
    """Price of contract ``c`` at the end of data and whether it is worth by exercise only: no bid, so intrinsic value

    or nothing.
    """
    if not np.isnan(contracts.last_known[c]):
        return contracts.last_known[c], False
    if not contracts.expires[c]:
        return 0.0, True
    spot, strike = contracts.spot[c], contracts.strike[c]
    return max(spot - strike, 0.0) if contracts.is_call[c] else max(strike - spot, 0.0), True


@njit(cache=True, nogil=True)
def _empty(n, width):  # type: ignore[no-untyped-def]
    """Tables of ``n`` entries in which nothing was touched."""
    return Touched(
        np.full((n, width), NONE, np.int32), np.full((n, width), -1, np.int32), np.zeros((n, width)),
        np.zeros((n, width)), np.full(n, ExitReason.END_OF_DATA, np.int8), np.zeros(n, np.bool_),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def exit_tables(entries, contracts, fills, levels, latency, costs):  # type: ignore[no-untyped-def]
    """Tables of ``E`` entries of one session, [E, levels + 1]; ``fills`` are those of exits, ``latency`` in bars."""
    take_profit, stop_loss, duration = levels.take_profit, levels.stop_loss, levels.duration
    known, ends, emergency, day_end = contracts.known, contracts.ends, contracts.emergency, contracts.day_end
    price, bar, quotes, entry_bar = fills.price, fills.bar, fills.quotes, entries.bar
    n_tp, n_sl, n_time = take_profit.shape[0], stop_loss.shape[0], duration.shape[0]
    width = n_tp + n_sl + n_time + 1
    n = known.shape[1]
    made = _empty(entries.bar.shape[0], width)
    when, out, net, paid, reason = made.when, made.exit_bar, made.net, made.exit_price, made.last_reason
    for e in range(entries.bar.shape[0]):
        c = entries.contract[e]
        cost = entries.price[e]
        tp = 0
        sl = 0
        held = 0
        s = entry_bar[e] + 1
        ended = False
        while s < ends[c]:
            if s >= emergency[c] and not np.isnan(price[c, s]):
                reason[e] = ExitReason.EMERGENCY
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
                reason[e] = ExitReason.END_OF_DAY
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
            value, flagged = _at_the_close(contracts, c)
            when[e, width - 1] = ends[c]
            out[e, width - 1] = ends[c] - 1
            paid[e, width - 1] = value
            made.no_bid[e] = flagged
        for k in range(width):
            if when[e, k] != NONE:
                net[e, k] = _net(paid[e, k], cost, contracts.size[c], costs)
    return made


@njit(cache=True, nogil=True)
def first_exit(when, tp, sl, held):  # type: ignore[no-untyped-def]
    """Column that decides in the row ``when`` [K] for the levels at these columns: the earliest, ties by the rules.

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
