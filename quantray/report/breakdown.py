"""Money told apart by a name that each trade has: how many, their net, the mean of it; their sums are the whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from quantray.arrays import FloatArray1D


@dataclass(frozen=True, slots=True)
class Money:
    """Trades under one name: how many, and their net in currency."""

    n: int = 0
    net: float = 0.0

    @property
    def mean(self) -> float | None:
        """Net per trade; None without one."""
        return self.net / self.n if self.n else None


@dataclass(frozen=True, slots=True)
class Line:
    """One name with what its trades made on each part of the data, in the order of the parts."""

    name: str
    parts: tuple[Money, ...]


def by_name(names: Sequence[str] | np.ndarray, net: FloatArray1D) -> dict[str, Money]:
    """The trades [n] under each of the ``names`` [n]."""
    if not len(net):
        return {}
    known, at = np.unique(np.asarray(names, str), return_inverse=True)
    counts, sums = np.bincount(at, minlength=len(known)), np.bincount(at, net, len(known))
    return {name: Money(int(n), float(total)) for name, n, total in zip(known.tolist(), counts, sums, strict=True)}


def lines(parts: Sequence[tuple[Sequence[str] | np.ndarray, FloatArray1D]], order: Iterable[str] = ()) -> list[Line]:
    """One line a name that some trade of the ``parts`` (names [n], net [n]) has: in the ``order``, others by name."""
    found = [by_name(names, net) for names, net in parts]
    seen = {name for each in found for name in each}
    first = [name for name in dict.fromkeys(order) if name in seen]
    return [
        Line(name, tuple(each.get(name, Money()) for each in found)) for name in first + sorted(seen.difference(first))
    ]


def span(told: Sequence[Line]) -> tuple[float, float]:
    """The lowest and the highest net of a line, with 0 in it: what bars are drawn on."""
    nets = [money.net for line in told for money in line.parts]
    return min([*nets, 0.0]), max([*nets, 0.0])
