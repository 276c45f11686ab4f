"""What comes next in time: the exits of open positions, in a heap ordered by (time, item)."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True)
def _before(time, item, i, when, what):  # type: ignore[no-untyped-def]
    return (time[i] < when) | ((time[i] == when) & (item[i] < what))  # no branch: it would go either way


@njit(cache=True, nogil=True)
def push(time, item, n, when, what):  # type: ignore[no-untyped-def]
    """Add ``what`` at ``when`` to the heap of ``n`` in ``time`` and ``item`` [room]; returns its size.

    Times are whole numbers of any unit; items of one time come in their own order, and no two are alike.
    """
    i = n
    while i > 0:
        above = (i - 1) // 2
        if _before(time, item, above, when, what):
            break
        time[i], item[i] = time[above], item[above]
        i = above
    time[i], item[i] = when, what
    return n + 1


@njit(cache=True, nogil=True)
def pop(time, item, n):  # type: ignore[no-untyped-def]
    """Move the first of the heap of ``n`` (at least 1) behind its end, to place n - 1; returns its size."""
    n -= 1
    when, what = time[n], item[n]
    time[n], item[n] = time[0], item[0]
    i = 0
    while 2 * i + 2 < n:  # the hole goes down to where it has one child or none: the last one nearly always ends there
        child = 2 * i + 1
        child += int(_before(time, item, child + 1, time[child], item[child]))
        time[i], item[i] = time[child], item[child]
        i = child
    if 2 * i + 1 < n:
        time[i], item[i] = time[2 * i + 1], item[2 * i + 1]
        i = 2 * i + 1
    if n > 0:
        push(time, item, i, when, what)
    return n
