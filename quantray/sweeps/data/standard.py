"""Which contracts a strategy may buy: the standard deliverable, settled at the close, one a right, strike and expiry.

By the chain alone, never by whether a contract has prices (docs/rules.md, "Contracts").
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from quantray.errors import DataError
from quantray.files.formats.symbols import AM_ALWAYS, AM_MONTHLY, root_of
from quantray.sweeps.market import CALL

STANDARD = 100.0


def adjusted(symbols: tuple[str, ...], underlyings: list[str | None]) -> np.ndarray:
    """Contracts [k] whose root ends in an adjustment digit; a digit of the underlying's own name is none."""
    found = np.zeros(len(symbols), bool)
    for i, (symbol, underlying) in enumerate(zip(symbols, underlyings, strict=True)):
        root, digit = root_of(symbol)
        found[i] = digit != "" and underlying != root + digit
    return found


def settles_in_the_morning(symbols: tuple[str, ...], expiry: np.ndarray, days: np.ndarray) -> np.ndarray:
    """Contracts [k] that trade for the last time the session before ``expiry`` [k]; ``days`` are the exchange's.

    A root that settles in the morning does so on its monthly date, and wherever the chain has its PM-settled twin of
    the same expiry beside it. On other days it is a vendor's name for all contracts of the index.
    """
    found = np.zeros(len(symbols), bool)
    roots = [root_of(symbol)[0] for symbol in symbols]
    listed = set(zip(roots, expiry.tolist(), strict=True))
    monthly: dict[int, bool] = {}
    for i, (root, day) in enumerate(zip(roots, expiry.tolist(), strict=True)):
        if root in AM_MONTHLY:
            if day not in monthly:
                monthly[day] = day == int(trading_day(np.array([third_friday(day)]), days)[0])
            found[i] = monthly[day] or (AM_MONTHLY[root], day) in listed
        else:
            found[i] = root in AM_ALWAYS
    return found


def third_friday(day: int) -> int:
    """Third Friday of the month of ``day`` (both days since 1970-01-01, a Thursday)."""
    first = int(np.datetime64(day, "D").astype("datetime64[M]").astype("datetime64[D]").astype(np.int64))
    return first + (1 - first) % 7 + 14


def trading_day(dated: np.ndarray, days: np.ndarray) -> np.ndarray:
    """The last of the trading ``days`` [d] (rising) on or before each date [k]; a date beyond them is left as it is."""
    at = np.searchsorted(days, dated, side="right") - 1
    known = (at >= 0) & (dated <= days[-1]) if len(days) else np.zeros(len(dated), bool)
    return np.where(known, days[np.maximum(at, 0)] if len(days) else dated, dated)


def standard(
    where: str, symbols: tuple[str, ...], right: np.ndarray, strike: np.ndarray, expiry: np.ndarray,
    multiplier: np.ndarray, odd: np.ndarray, morning: np.ndarray, counts: Counter[str],
) -> np.ndarray:  # fmt: skip
    """Which of a session's contracts [k] may be bought; the others are counted.

    ``odd`` are adjusted by their symbol; another multiplier than 100 is odd too where its expiry has contracts of 100.
    Raises DataError where two are left with one right, strike and expiry: nothing says which is meant.
    """
    usual = np.unique(expiry[(multiplier == STANDARD) & ~odd])
    odd = odd | ((multiplier != STANDARD) & np.isin(expiry, usual))
    counts["contracts_adjusted"] += int(odd.sum())
    keep = ~odd
    order = np.lexsort((morning, strike, expiry, right))  # settled at the close before settled in the morning
    order = order[keep[order]]
    a, b = order[:-1], order[1:]
    twins = (right[a] == right[b]) & (strike[a] == strike[b]) & (expiry[a] == expiry[b])
    both = twins & (morning[a] == morning[b])
    if both.any():
        i, j = int(a[np.argmax(both)]), int(b[np.argmax(both)])
        what = "call" if right[i] == CALL else "put"
        raise DataError(
            f"{where}: {symbols[i]!r} and {symbols[j]!r} are both the {what} of strike {strike[i]:g} that expires on "
            f"{np.datetime64(int(expiry[i]), 'D')}, and nothing tells which one is meant; leave one of them out of the "
            "chain"
        )
    counts["contracts_am_settled"] += int(twins.sum())
    keep[b[twins]] = False
    return keep
