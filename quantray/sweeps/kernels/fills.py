"""What can be seen and dealt at each bar when a contract has trade prints instead of quotes."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def print_fills(last, max_age, wait, closed, ends):  # type: ignore[no-untyped-def]
    """Prices known and fills reached at each bar of each contract.

    ``last`` [m, n] is the print of a bar, NaN where it has none; ``max_age`` in bars. A price is known at a bar
    when the newest print at or before it is at most ``max_age`` old. A fill wanted at a bar is, with ``wait``,
    the first print at or after it, within ``max_age``; otherwise the price known at the bar. Where the exchange is
    ``closed`` [n], after that until the next print, and from the contract's ``ends`` [m] on, nothing is known; an order
    that waits through a break meets the first print after it.

    Returns (known [m, n], fill price [m, n] NaN where none, fill bar [m, n]).
    """
    m, n = last.shape
    known = np.full((m, n), np.nan)
    price = np.full((m, n), np.nan)
    bar = np.full((m, n), -1, np.int32)
    for c in range(m):
        newest = -1
        for s in range(n):
            if not np.isnan(last[c, s]):
                newest = s
            elif closed[s]:
                newest = -1  # a print from before a break is nobody's price after it
            if newest >= 0 and s - newest <= max_age and s < ends[c] and not closed[s]:
                known[c, s] = last[c, newest]
                if not wait:
                    price[c, s] = last[c, newest]
                    bar[c, s] = s
        if wait:
            following = -1
            for s in range(n - 1, -1, -1):
                if not np.isnan(last[c, s]):
                    following = s
                if following >= 0 and following - s <= max_age:
                    price[c, s] = last[c, following]
                    bar[c, s] = following
    return known, price, bar


@njit(cache=True, nogil=True)
def newest_print(last):  # type: ignore[no-untyped-def]
    """The session's last print of each contract, [m], whatever its age; NaN without one."""
    out = np.full(last.shape[0], np.nan)
    for c in range(last.shape[0]):
        for s in range(last.shape[1] - 1, -1, -1):
            if not np.isnan(last[c, s]):
                out[c] = last[c, s]
                break
    return out
