"""Policies from tables: what closes the remainder is the smallest of a few keys, and so is each target before it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from quantray.callers.kernels.codes import NEVER, Phase


class _Closers(NamedTuple):
    """What ends a trade where no target does, of one call [C]: column, key, key of what it is paid at, net return."""

    col: np.ndarray
    key: np.ndarray
    pay: np.ndarray
    net: np.ndarray


@njit(cache=True, nogil=True)
def closing_columns(keys, fill, policies, out):  # type: ignore[no-untyped-def]
    """Column that closes the remainder into ``out`` [E, C], for each distinct set of stops and other ends.

    Stop set s has the columns ``stop_col[stop_ptr[s]:]``, and the highest of those touched at one time fills: it is
    the one that stands. Closer c adds ``close_col[close_ptr[c]:]`` (time, triggers, end of data) to set
    ``close_stop[c]``, -1 for none.
    """
    stop_ptr, stop_col = policies.stop_ptr, policies.stop_col
    close_stop, close_ptr, close_col = policies.close_stop, policies.close_ptr, policies.close_col
    best = np.empty(stop_ptr.shape[0], np.uint32)
    for e in range(keys.shape[0]):
        key, paid = keys[e], fill[e]
        for s in range(stop_ptr.shape[0] - 1):
            found = np.uint32(stop_col[stop_ptr[s]])
            for q in range(stop_ptr[s] + 1, stop_ptr[s + 1]):
                k = np.uint32(stop_col[q])
                if key[k] < key[found] or (key[k] == key[found] and paid[k] > paid[found]):
                    found = k
            best[s] = found
        for c in range(close_stop.shape[0]):
            begin, end = close_ptr[c], close_ptr[c + 1]
            found = best[close_stop[c]] if close_stop[c] >= 0 else np.uint32(close_col[begin])
            least = key[found]
            for q in range(begin, end):
                k = np.uint32(close_col[q])
                if key[k] < least:
                    found, least = k, key[k]
            out[e, c] = found


@njit(cache=True, nogil=True)
def net_of(multiple, cost, on_entry):  # type: ignore[no-untyped-def]
    """Net return on the entry's notional; ``cost`` is the fraction a side takes, of its own notional or the entry's."""
    return multiple - 1.0 - (cost + (cost if on_entry else cost * multiple))


@njit(cache=True, nogil=True)
def fills_of(keys, closer, rung_col, rung_part, first, last, col, part):  # type: ignore[no-untyped-def]
    """Fills of one trade in time order into ``col`` and ``part`` (fraction of the size); returns how many.

    Rungs ``[first:last]`` are rising targets; a part of inf takes all that is left.
    """
    left = 1.0
    n = 0
    for q in range(first, last):
        k = rung_col[q]
        if keys[k] >= keys[closer]:
            break
        taken = min(rung_part[q], left)
        col[n], part[n] = k, taken
        n += 1
        if rung_part[q] == np.inf:
            return n
        left -= taken
    col[n], part[n] = closer, left
    return n + 1


@njit(cache=True, nogil=True)
def late_price(keys, fill, closer, rung_col, rung, last):  # type: ignore[no-untyped-def]
    """What is paid for a sale behind a silence, ``rung`` being the first target of ``[:last]`` that was not reached.

    The open, yet never more than that target: its order rested in the market, and the market ran through it.
    """
    if rung < last:
        k = rung_col[rung]
        if keys[k] == keys[closer] + Phase.GAP_TARGET:
            return min(fill[closer], fill[k])
    return fill[closer]


@njit(cache=True, nogil=True)
def is_late(key):  # type: ignore[no-untyped-def]
    """Whether the event is a sale at the open of a candle that begins when the time is up."""
    return key & 7 == Phase.LATE


@njit(cache=True, nogil=True)
def multiple_of(fill, col, part, n, last_paid):  # type: ignore[no-untyped-def]
    """What one unit of entry notional returns before costs; the last fill pays ``last_paid``."""
    total = 0.0
    for q in range(n - 1):
        total += part[q] * fill[col[q]]
    return total + part[n - 1] * last_paid


@njit(cache=True, nogil=True)
def _one_target(rung_ptr, rung_part):  # type: ignore[no-untyped-def]
    """True [P] where a policy has no target, or one that takes all."""
    n = rung_ptr.shape[0] - 1
    out = np.empty(n, np.bool_)
    for p in range(n):
        size = rung_ptr[p + 1] - rung_ptr[p]
        out[p] = size == 0 or (size == 1 and rung_part[rung_ptr[p]] == np.inf)
    return out


@njit(cache=True, nogil=True)
def _runs(rows, target, closer):  # type: ignore[no-untyped-def]
    """Neighbouring policies of one target whose closers count up, or of one closer whose targets do.

    Returns [runs, 5]: first row, policies, first target, first closer, 1 where the closers count. Grids are products,
    so nearly all of their policies lie in such runs, and a run is compared several policies at a time.
    """
    out = np.empty((rows.shape[0], 5), np.int64)
    n = q = 0
    while q < rows.shape[0]:
        most, counts = 1, 1
        for along in (1, 0):
            m = 1
            while (
                q + m < rows.shape[0]
                and rows[q + m] == rows[q] + m
                and closer[q + m] == closer[q] + along * m
                and target[q + m] == target[q] + (1 - along) * m
            ):
                m += 1
            if m > most:
                most, counts = m, along
        out[n] = rows[q], most, target[q], closer[q], counts
        n += 1
        q += most
    return out[:n]


@njit(cache=True, nogil=True)
def _run_returns(key, paid, closers, runs, net, last):  # type: ignore[no-untyped-def]
    """Policies with one target or none: one comparison each, into ``net`` and ``last`` [P] of one call.

    ``closers.pay`` places what is sold late behind the targets that its open has jumped, which is what they bring at
    most. Returns and columns in loops of their own: arrays of two widths in one loop are not compared several at a
    time.
    """
    for q in range(runs.shape[0]):
        p, m, k, c = runs[q, 0], runs[q, 1], runs[q, 2], runs[q, 3]
        gains, ends = net[p : p + m], last[p : p + m]
        if runs[q, 4]:
            when, gain, column = key[k], paid[k], np.int16(k)
            keys, nets, columns = closers.key[c : c + m], closers.net[c : c + m], closers.col[c : c + m]
            pays = closers.pay[c : c + m]
            for j in range(m):
                gains[j] = gain if when < pays[j] else nets[j]
            for j in range(m):
                ends[j] = column if when < keys[j] else columns[j]
        else:
            when, pays_at, gain, column = closers.key[c], closers.pay[c], closers.net[c], closers.col[c]
            keys, nets = key[k : k + m], paid[k : k + m]
            for j in range(m):
                gains[j] = nets[j] if keys[j] < pays_at else gain
            for j in range(m):
                ends[j] = np.int16(k + j) if keys[j] < when else column


@njit(cache=True, nogil=True)
def grid_returns(table, policies, closing, cost, on_entry, net, last):  # type: ignore[no-untyped-def]
    """Net return and last column of every (call, policy) into ``net`` and ``last`` [n, P]; NaN and -1: no entry.

    ``closing`` [E, C] is what :func:`closing_columns` gave; ``cost`` is the fraction that a side takes.
    """
    keys, fill, ways = table.keys, table.fill, table.ways
    closer, variant = policies.closer, policies.variant
    rung_ptr, rung_col, rung_part = policies.rung_ptr, policies.rung_col, policies.rung_part
    width, never, n_closers = keys.shape[1], keys.shape[1] - 1, closing.shape[1]
    paid = np.empty(width)
    closers = _Closers(
        np.empty(n_closers, np.int16), np.empty(n_closers, np.int32), np.empty(n_closers, np.int32), np.empty(n_closers)
    )
    col, part = np.empty(width, np.int32), np.empty(width)
    simple = _one_target(rung_ptr, rung_part)
    for v in range(ways):
        easy = np.flatnonzero(simple & (variant == v))
        hard = np.flatnonzero(~simple & (variant == v))
        target = np.full(easy.shape[0], never, np.int64)
        for q in range(easy.shape[0]):
            if rung_ptr[easy[q] + 1] > rung_ptr[easy[q]]:
                target[q] = rung_col[rung_ptr[easy[q]]]
        runs = _runs(easy, target, closer[easy])
        for i in range(keys.shape[0] // ways):
            e = i * ways + v
            entered = keys[e, never - 1] != NEVER
            for k in range(width):
                paid[k] = net_of(fill[e, k], cost, on_entry) if entered else np.nan
            for c in range(n_closers):
                k = closing[e, c]
                closers.key[c], closers.net[c], closers.col[c] = keys[e, k], paid[k], k
                closers.pay[c] = keys[e, k] + (Phase.TRIGGERED if is_late(keys[e, k]) else 0)
            _run_returns(keys[e], paid, closers, runs, net[i], last[i])
            for p in hard:
                closed = closing[e, closer[p]]
                m = fills_of(keys[e], closed, rung_col, rung_part, rung_ptr[p], rung_ptr[p + 1], col, part)
                pays = fill[e, col[m - 1]]
                if is_late(keys[e, col[m - 1]]):
                    pays = late_price(keys[e], fill[e], closed, rung_col, rung_ptr[p] + m - 1, rung_ptr[p + 1])
                net[i, p] = net_of(multiple_of(fill[e], col, part, m, pays), cost, on_entry) if entered else np.nan
                last[i, p] = col[m - 1]
            if not entered:
                for r in range(variant.shape[0]):
                    if variant[r] == v:
                        last[i, r] = -1
