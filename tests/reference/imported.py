"""The slow twin of quantray.intake.overlaps: which candles a set of files comes to, whatever their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

Candle = tuple[str, int, float, float]  # asset, minute, price, volume


def settled(files: Iterable[Iterable[Candle]]) -> list[Candle]:
    """Equal rows are one. Of those that differ the one of the largest volume holds, if it is the only such one."""
    seen: dict[tuple[str, int], set[Candle]] = defaultdict(set)
    for rows in files:
        for row in rows:
            seen[row[:2]].add(row)
    held = []
    for rows in seen.values():
        most = max(row[3] for row in rows)
        largest = [row for row in rows if row[3] == most]
        held += largest if len(largest) == 1 else []
    return sorted(held)
