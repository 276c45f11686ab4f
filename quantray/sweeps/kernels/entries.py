"""From signals to entries: contract, second of the fill, price, or the reason why nothing was opened."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.sweeps.kernels.contracts import choose

LATE_ENTRY, NO_CONTRACT, NO_QUOTE, ZERO_QUOTE, CROSSED_QUOTE, NO_PRINT, SESSION_END = 0, 1, 2, 3, 4, 5, 6
N_REFUSALS = 7  # those decided here; limits of capital are decided per candidate


@njit(cache=True, nogil=True)
def _refusal(price, quotes):  # type: ignore[no-untyped-def]
    """Why a fill at this price is refused; -1 when it is not. An ask <= 0 is a quarantined quote."""
    if np.isnan(price):
        return NO_QUOTE if quotes else NO_PRINT
    if quotes and price <= 0.0:
        return ZERO_QUOTE if price == 0.0 else CROSSED_QUOTE
    return -1


@njit(cache=True, nogil=True)
def open_entries(
    lists, ptr, bar, side, origin, close, filled, call_strikes, call_rows, put_strikes, put_rows, mode, depth,
    latency, cutoff, late, ends, price, fill_bar, quotes,
):  # type: ignore[no-untyped-def]  # fmt: skip
    """Entries of the signal lists numbered ``lists`` [G] in one session, each list ordered by (entry, signal, side).

    ``price`` [m, n] is what an entry wanted at a bar pays (the ask, or the print it waits for) and ``fill_bar``
    [m, n] when (``quotes``: at the bar itself). ``cutoff`` [m] is the first bar whose signal is too late for a
    contract, ``late`` that of the session, ``ends`` [m] where a contract trades no more.
    Returns (ptr [G+1], columns [5, entries]: contract, entry bar, signal bar, origin, side; counts
    [G, N_REFUSALS + 2]: refusals by reason, then signals, then signals that stand on a carried bar).
    """
    total = 0
    for g in range(lists.shape[0]):
        total += ptr[lists[g] + 1] - ptr[lists[g]]
    out_ptr = np.zeros(lists.shape[0] + 1, np.int64)
    out = np.empty((5, total), np.int32)
    counts = np.zeros((lists.shape[0], N_REFUSALS + 2), np.int32)
    at = 0
    for g in range(lists.shape[0]):
        start = at
        for i in range(ptr[lists[g]], ptr[lists[g] + 1]):
            u = bar[i]
            counts[g, N_REFUSALS] += 1
            counts[g, N_REFUSALS + 1] += filled[u] or filled[origin[i]]
            buys_call = side[i] < 0  # a stretch below is bought back upwards
            strikes = call_strikes if buys_call else put_strikes
            # the spot is the close of the signal's bar: nothing later chooses the contract
            k = choose(strikes, close[u], buys_call, mode, depth)
            c = -1 if k < 0 else call_rows[k] if buys_call else put_rows[k]
            if u >= (late if k < 0 else cutoff[c]):
                counts[g, LATE_ENTRY] += 1
                continue
            if k < 0:
                counts[g, NO_CONTRACT] += 1
                continue
            e = u + latency
            if e >= ends[c]:
                counts[g, SESSION_END] += 1
                continue
            why = _refusal(price[c, e], quotes)
            if why >= 0:
                counts[g, why] += 1
                continue
            filled_at = e if quotes else fill_bar[c, e]
            j = at
            while j > start and out[1, j - 1] > filled_at:  # waiting for a print can reorder entries
                out[:, j] = out[:, j - 1]
                j -= 1
            out[0, j], out[1, j], out[2, j], out[3, j], out[4, j] = c, filled_at, u, origin[i], side[i]
            at += 1
        out_ptr[g + 1] = at
    return out_ptr, out[:, :at], counts
