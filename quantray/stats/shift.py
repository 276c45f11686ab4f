"""Which of two series moves first: correlations of their changes at lags, pooled over sessions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantray.arrays import FloatArray1D

LAGS = (-2, -1, 0, 1, 2)
Z = 5.0  # standard errors between the best lag and lag 0
LEAST_R = 0.1  # a best correlation below it tells nothing
FEWEST = 100  # pairs of changes
EXTREME = 6.0  # standard deviations at which a change is cut: one bad print must not decide


@dataclass(frozen=True, slots=True)
class Shift:
    """``r[k]``: correlation of the first series' change in a bar with the second's ``LAGS[k]`` bars later [lags].

    ``lag`` is where it is largest: 1 says that the first moves one bar before the second. ``sure``: it is larger than
    at lag 0 by more than chance, in most sessions. NaN and False where there is too little to tell.
    """

    r: tuple[float, ...]
    n: int
    lag: int
    sure: bool

    @property
    def telling(self) -> bool:
        """Whether the two move together at all."""
        return self.n >= FEWEST and max(self.r, default=math.nan) >= LEAST_R

    @property
    def shown(self) -> str:
        return ", ".join(f"{lag:+d}: {r:.2f}" for lag, r in zip(LAGS, self.r, strict=True)).replace("+0", "0")


class LeadLag:
    """Compares the changes of two series, session after session, without keeping any.

    Fisher's z compares the best lag with lag 0; that the two share data makes the test stricter than its level.
    """

    def __init__(self) -> None:
        self._pools = [_Pool() for _ in LAGS]
        self._best: list[int] = []

    def add(self, first: FloatArray1D, second: FloatArray1D) -> None:
        """Take one session's changes [n], NaN where one is unknown."""
        first, second = _cut(first), _cut(second)
        found = []
        for pool, lag in zip(self._pools, LAGS, strict=True):
            n = len(first) - abs(lag)
            pair = first[max(-lag, 0) :][:n], second[max(lag, 0) :][:n]
            found.append(pool.add(*pair) if n > 1 else math.nan)
        if not np.isnan(found).all():
            self._best.append(LAGS[int(np.nanargmax(found))])

    def result(self) -> Shift:
        """What all sessions together say."""
        return _judged(tuple(pool.r for pool in self._pools), min(pool.n for pool in self._pools), self._best)


class _Pool:
    """Sums over sessions of pairs of changes that are each centred and scaled within the session."""

    def __init__(self) -> None:
        self.n, self.xy = 0, 0.0

    def add(self, x: FloatArray1D, y: FloatArray1D) -> float:
        """Take one session's pairs; gives their own correlation, NaN without one."""
        both = np.isfinite(x) & np.isfinite(y)
        x, y = x[both], y[both]
        if len(x) < 3 or x.std() == 0 or y.std() == 0:
            return math.nan
        r = float(np.mean((x - x.mean()) / x.std() * ((y - y.mean()) / y.std())))
        self.n += len(x)
        self.xy += r * len(x)
        return r

    @property
    def r(self) -> float:
        return self.xy / self.n if self.n else math.nan


def _cut(x: FloatArray1D) -> FloatArray1D:
    """Changes beyond EXTREME typical ones are cut to it; typical is the standard deviation without the largest 1 %."""
    known = np.abs(x[np.isfinite(x)])
    if len(known) < 10:
        return x
    most = float(np.quantile(known, 0.99))
    typical = float(np.sqrt(np.mean(known[known <= most] ** 2)))
    return np.clip(x, -EXTREME * typical, EXTREME * typical) if typical > 0 else x


def _judged(r: Sequence[float], n: int, best: Sequence[int]) -> Shift:
    if n == 0 or np.isnan(r).any():
        return Shift(tuple(r), n, 0, False)
    k, zero = int(np.argmax(r)), LAGS.index(0)
    z = (_fisher(r[k]) - _fisher(r[zero])) * math.sqrt(max(n - 3, 0) / 2)
    sure = k != zero and n >= FEWEST and r[k] >= LEAST_R and z > Z and 2 * best.count(LAGS[k]) > len(best)
    return Shift(tuple(float(x) for x in r), n, LAGS[k], sure)


def _fisher(r: float) -> float:
    return math.atanh(min(max(r, -0.999999), 0.999999))
