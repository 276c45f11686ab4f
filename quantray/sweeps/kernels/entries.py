"""From signals to entries: contract, second of the fill, price, or the reason why nothing was opened."""

from __future__ import annotations

import numpy as np
from numba import njit

from quantray.sweeps.kernels.contracts import choose
from quantray.sweeps.trades import Refusal

#: Refusals that are decided here; limits of capital are decided per candidate.
N_REFUSALS = int(Refusal.MAX_OPEN_POSITIONS)


@njit(cache=True, nogil=True)
def _refusal(price, quotes):  # type: ignore[no-untyped-def]
    """Why a fill at this price is refused; -1 when it is not. An ask <= 0 is a quarantined quote."""
    if np.isnan(price):
        return Refusal.NO_QUOTE if quotes else Refusal.NO_PRINT
    if quotes and price <= 0.0:
        return Refusal.ZERO_QUOTE if price == 0.0 else Refusal.CROSSED_QUOTE
    return -1


@njit(cache=True, nogil=True)
def open_entries(lists, signals, chain, calls, puts, choice, latency, fills):  # type: ignore[no-untyped-def]
    """Entries of the signal lists numbered ``lists`` [G] in one session, each list ordered by (entry, signal, side).

    ``calls`` and ``puts`` are the ladders that the ``choice`` is made from; ``latency`` in bars; ``fills`` are those of
    entries (the ask, or the print it waits for).
    Returns (ptr [G+1], columns [5, entries]: contract, entry bar, signal bar, origin, side; counts
    [G, N_REFUSALS + 2]: refusals by reason, then signals, then signals that stand on a carried bar).
    """
    ptr, bar, side, origin = signals.ptr, signals.bar, signals.side, signals.origin
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
            counts[g, N_REFUSALS + 1] += chain.filled[u] or chain.filled[origin[i]]
            buys_call = side[i] < 0  # a stretch below is bought back upwards
            strikes = calls.strikes if buys_call else puts.strikes
            # the spot is the close of the signal's bar: nothing later chooses the contract
            k = choose(strikes, chain.close[u], buys_call, choice)
            c = -1 if k < 0 else calls.rows[k] if buys_call else puts.rows[k]
            if u >= (chain.late if k < 0 else chain.cutoff[c]):
                counts[g, Refusal.LATE_ENTRY] += 1
                continue
            if k < 0:
                counts[g, Refusal.NO_CONTRACT] += 1
                continue
            e = u + latency
            if e >= chain.ends[c]:
                counts[g, Refusal.SESSION_END] += 1
                continue
            why = _refusal(fills.price[c, e], fills.quotes)
            if why >= 0:
                counts[g, why] += 1
                continue
            filled_at = e if fills.quotes else fills.bar[c, e]
            j = at
            while j > start and out[1, j - 1] > filled_at:  # waiting for a print can reorder entries
                for row in range(out.shape[0]):  # columns assigned whole bring words of a refusal, seconds to compile
                    out[row, j] = out[row, j - 1]
                j -= 1
            out[0, j], out[1, j], out[2, j], out[3, j], out[4, j] = c, filled_at, u, origin[i], side[i]
            at += 1
        out_ptr[g + 1] = at
    return out_ptr, out[:, :at], counts
