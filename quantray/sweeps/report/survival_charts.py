"""The charts of survivors: levels, the plane of two dimensions, objective against statistic."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantray.plain import amount
from quantray.report import words
from quantray.report.svg import Canvas, Scale, padded
from quantray.space import level_key
from quantray.sweeps.results import Chosen
from quantray.sweeps.survivors import LevelShare, Surviving


def share_of(share: float) -> str:
    """A share in percent, small ones with a digit more."""
    return words.percent(share, 0 if share >= 0.1 or not share else 1)


def level_chart(levels: tuple[LevelShare, ...], chosen: object, width: float = 340) -> str:
    """Share of survivors of every level; the level of the ``chosen`` one is set off."""
    left = min(max(max(len(words.parameter(e.level)) for e in levels) * 6.2 + 14, 34), 96)
    canvas = Canvas(width, 8 + 20 * len(levels), "Share of survivors by level")
    x = Scale(0, max(level.share for level in levels), left, width - 50)
    for i, level in enumerate(levels):
        mid = 12 + 20 * i
        own = level_key(level.level) == level_key(chosen)
        if own:
            canvas.rect(0, mid - 10, width, 20, "chosen")
        said = f"{level.n_survivors:,} of {amount(level.n, 'candidate')} with {words.parameter(level.level)} survive"
        canvas.text(left - 8, mid + 4, words.parameter(level.level)[:13], "tick strong" if own else "tick", "end")
        canvas.rect(left, mid - 5, max(x(level.share) - left, 0.8), 10, "bar gain" if level.share else "bar dim", said)
        canvas.text(width - 4, mid + 4, share_of(level.share) if level.n else words.DASH,
                    "tick strong" if own else "tick", "end")  # fmt: skip
    return canvas.render()


def tradeoff(s: Surviving, objective: str, marked: Sequence[Chosen], width: float, height: float) -> str:
    """The best objective by the statistic that comes with it; what survives lies to the right of the line."""
    points, critical = s.tradeoff, s.tested.critical
    canvas = Canvas(width, height, "Best objective by statistic")
    left, right, top, base = 52.0, width - 14, 22.0, height - 38
    asked = [critical] if np.isfinite(critical) else []
    marks = [c for c in marked if c.statistic is not None]
    x = Scale(*padded([t for t, _ in points] + asked, zero=False), left, right)
    y = Scale(*padded([v for _, v in points]), base, top)
    for tick in y.ticks(4):
        canvas.line(left, y(tick), right, y(tick), "zero" if tick == 0 else "grid")
        canvas.text(left - 6, y(tick) + 3.5, words.short(tick), anchor="end")
    for tick in x.ticks(6):
        canvas.text(x(tick), base + 15, words.short(tick), anchor="middle")
    if asked:
        canvas.rect(x(critical), top, max(right - x(critical), 0), base - top, "survives")
        canvas.line(x(critical), top, x(critical), base, "mark")
        near = x(critical) > width * 0.72
        canvas.text(x(critical) + (-5 if near else 5), top - 7, f"survives above {critical:.2f}", "tick strong",
                    "end" if near else "start")  # fmt: skip
    canvas.path([x(t) for t, _ in points], [y(v) for _, v in points], "curve seen")
    for c in marks:
        at = x(c.statistic or 0.0), y(c.value)
        tip = f"{c.name}: {words.metric(objective, c.value)}, statistic {c.statistic:.2f}"
        canvas.dot(*at, 4.5, "point", tip)
        canvas.text(at[0] + (8 if at[0] < right - 50 else -8), at[1] + 4, c.name, "tick strong",
                    "start" if at[0] < right - 50 else "end")  # fmt: skip
    canvas.text((left + right) / 2, height - 6, "statistic: Student's t of the mean net per session", anchor="middle")
    return canvas.render()
