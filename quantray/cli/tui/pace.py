"""How far a run is, in words: its stages, a bar, rate and time left."""

from __future__ import annotations

import time
from collections.abc import Sequence

from quantray.report.words import duration, left

DONE, NOW, NEXT = "✓", "›", "·"
BAR = 16


def stage_line(stages: Sequence[str], now: str | None) -> str:
    """Every stage behind its mark; ``now`` None: all are done."""
    at = len(stages) if now is None or now not in stages else stages.index(now)
    return "  ".join(f"{DONE if i < at else NOW if i == at else NEXT}{stage}" for i, stage in enumerate(stages))


def stages_within(line: str, width: int) -> str:
    """A line of stages that is wider than the screen begins at what is under way: finished ones are left out first.

    >>> stages_within("✓calls  ✓candles  ›coverage  ·writing", 24), stages_within("✓a  ›b", 10)
    ('…  ›coverage  ·writing', '✓a  ›b')
    """
    if len(line) <= width:
        return line
    kept = line.split("  ")
    while len("  ".join(["…", *kept])) > width and kept[0].startswith(DONE) and len(kept) > 1:
        kept = kept[1:]
    return "  ".join(["…", *kept])


def bar(done: float, total: float) -> str:
    """
    >>> bar(4, 16), bar(0, 0)
    ('[####------------]  25 %', '')
    """
    if total <= 0:
        return ""
    share = min(max(done / total, 0.0), 1.0)
    full = int(share * BAR)
    return f"[{'#' * full}{'-' * (BAR - full)}] {int(100 * share):3d} %"


def pace(rate: float | None, eta: float | None) -> str:
    """Things a second and what is left, as far as they are known."""
    if rate is None or eta is None:
        return ""
    told = f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"
    return f"{told}/s, {left(eta)} left"


def since(began: float) -> str:
    """Time since a reading of the monotonic clock."""
    return duration(int(time.monotonic() - began))


class Pace:
    """Rate and time left of the stage that runs, from the rows that were done since it began."""

    def __init__(self) -> None:
        self._stage, self._began, self._first = "", 0.0, 0

    def of(self, stage: str, done: int, total: int) -> tuple[float | None, float | None]:
        now = time.monotonic()
        if stage != self._stage or done < self._first:
            self._stage, self._began, self._first = stage, now, done
        if done <= self._first or now <= self._began:
            return None, None
        rate = (done - self._first) / (now - self._began)
        return rate, (total - done) / rate
