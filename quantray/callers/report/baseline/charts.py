"""The pictures of the alert baseline: distributions over the calls, and a call's candles with its milestones."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from quantray.arrays import FloatArray1D
from quantray.callers.baseline.trace import CallCandles, Milestone
from quantray.callers.report.baseline.words import seconds
from quantray.durations import NS
from quantray.report import charts
from quantray.report.svg import Canvas, Chart, Scale
from quantray.report.words import number

WIDTH, HEIGHT = 480, 190  # of a distribution
LEFT, RIGHT, TOP, BOTTOM = 44, 72, 12, 24
BINS, FLAT = 24, 1e-9
#: Multiples that may be marked along the height of a call's chart, rising.
LEVELS = (.001, .002, .005, .01, .02, .05, .1, .2, .3, .5, .7, .8, .9, .95, 1, 1.05, 1.1, 1.2, 1.3, 1.5, 2, 3, 4, 5, 7,
          10, 15, 20, 30, 50, 100, 200, 500, 1000)  # fmt: skip
_KINDS = {"ath": "top", "stop": "lost", "target": "won", "entry": "begin", "end": "begin"}
#: Seconds between the marks of time along its foot.
STEPS_S = (60, 300, 600, 900, 1800, *(h * 3600 for h in (1, 2, 3, 6, 12, 24, 48, 96, 168, 336, 720)))


def distribution(values: FloatArray1D, title: str, *, scale: float = 1.0, signed: bool = True) -> str | None:
    """Histogram of ``values`` [n] (NaN: none) times ``scale``; the outermost bars hold what lies beyond 1 and 99 %.

    ``signed``: values above 0 are gains, and have their colour.
    """
    found = scale * values[~np.isnan(values)]
    if not len(found):
        return None
    low, high = np.quantile(found, (0.01, 0.99)).tolist() if len(found) > 100 else (found.min(), found.max())
    inside = np.clip(found, low, high)
    counts, edges = np.histogram(inside, bins=BINS if high - low > FLAT * max(abs(high), 1.0) else 1)
    marks = ((float(np.clip(np.median(found), low, high)), "median"),)
    return charts.histogram(edges.tolist(), counts.tolist(), marks, WIDTH, HEIGHT, title, signed=signed)


def call_chart(candles: CallCandles, milestones: Sequence[Milestone], title: str) -> Chart | None:
    """Candles as multiples of the entry on a logarithmic scale over time since the entry; None without a candle."""
    if not len(candles):
        return None
    return Chart(*(_call(candles, milestones, title, *shape) for shape in ((960.0, 250.0, 160), (350.0, 230.0, 72))))


def _call(
    candles: CallCandles, milestones: Sequence[Milestone], title: str, width: float, height: float, most: int
) -> str:
    c, canvas = candles.thinned(most), Canvas(width, height, title)
    low, high = float(c.low.min()) / c.entry_price, float(c.high.max()) / c.entry_price
    air = max((math.log(high) - math.log(low)) * 0.06, 0.002)
    y = Scale(math.log(min(low, 1.0)) - air, math.log(max(high, 1.0)) + air, height - BOTTOM, TOP)
    x = Scale(c.entry_ns, c.until_ns, LEFT, width - RIGHT)
    _levels(canvas, y, width)
    _hours(canvas, x, c, height - BOTTOM)
    _bodies(canvas, c, x, y)
    _marks(canvas, milestones, x, y, width)
    return canvas.render()


def _levels(canvas: Canvas, y: Scale, width: float) -> None:
    """Lines at round multiples, as many as have room."""
    last = math.inf
    for level in sorted(LEVELS, key=lambda v: (v != 1, v)):
        at = y(math.log(level))
        if level != 1 and (not y.stop <= at <= y.start or abs(at - y(0.0)) < 16 or last - at < 16):
            continue
        canvas.line(LEFT, at, width - RIGHT, at, "zero" if level == 1 else "grid")
        canvas.text(LEFT - 5, at + 3.5, f"{level:g}x", anchor="end")
        last = at if level != 1 else last


def _hours(canvas: Canvas, x: Scale, c: CallCandles, base: float) -> None:
    """Time since the entry along the foot."""
    span = (c.until_ns - c.entry_ns) // NS
    room = max(int((x.stop - x.start) / 70), 2)
    step = next((s for s in STEPS_S if span / s <= room), STEPS_S[-1])
    for at in range(0, span + 1, step):
        place = x(c.entry_ns + at * NS)
        canvas.line(place, base, place, base + 4, "axis")
        canvas.text(place, base + 16, seconds(at) if at else "entry", anchor="middle" if at else "start")


def _bodies(canvas: Canvas, c: CallCandles, x: Scale, y: Scale) -> None:
    """All wicks and bodies of one colour as one path each."""
    ends = np.append(c.ts[1:], c.ts[-1] + c.interval_s * NS)
    wide = max((x.stop - x.start) / max(len(c), 1) * 0.62, 0.8)
    prices = [np.log(getattr(c, name) / c.entry_price) for name in ("open", "high", "low", "close")]
    opened, high, low, close = (y.all(values) for values in prices)
    middle = x.all((np.minimum(ends, c.ts + _joined(c) * NS) + c.ts).astype(np.float64) / 2)
    rises = c.close >= c.open
    for kind, mine in (("up", rises), ("down", ~rises)):
        at = np.flatnonzero(mine).tolist()
        wicks = "".join(f"M{middle[i]:.1f} {high[i]:.1f}V{low[i]:.1f}" for i in at)
        bodies = "".join(_body(middle[i], wide, opened[i], close[i]) for i in at)
        if at:
            canvas.parts.append(f'<path class="wick {kind}" d="{wicks}"/><path class="body {kind}" d="{bodies}"/>')


def _joined(c: CallCandles) -> int:
    """Seconds of a drawn candle: of the commonest step between them."""
    return int(np.median(np.diff(c.ts))) // NS if len(c) > 1 else c.interval_s


def _body(middle: float, wide: float, opened: float, close: float) -> str:
    top, tall = min(opened, close), max(abs(opened - close), 0.6)
    return f"M{middle - wide / 2:.1f} {top:.1f}h{wide:.1f}v{tall:.1f}h{-wide:.1f}z"


def _marks(canvas: Canvas, milestones: Sequence[Milestone], x: Scale, y: Scale, width: float) -> None:
    """A dot at each milestone; names stand at the right edge where they have room, highest first."""
    taken: list[float] = []
    for milestone in sorted(milestones, key=lambda m: (m.name != "ath", m.name not in ("target", "stop"), -m.multiple)):
        if milestone.multiple <= 0:
            continue
        at, place = x(milestone.ns), y(math.log(milestone.multiple))
        kind = {"ath": "top", "stop": "lost", "target": "won", "entry": "begin", "end": "begin"}.get(
            milestone.name, "hit"
        )
        told = f"{milestone.name}: {number(milestone.multiple, 3)}x after {_after(milestone, milestones)}"
        canvas.dot(at, place, 4 if kind in ("top", "lost", "won") else 3, f"milestone {kind}", told)
        label = place if all(abs(place - other) >= 12 for other in taken) else None
        if label is not None:
            taken.append(label)
            name = f"ath {milestone.multiple:.3g}x" if milestone.name == "ath" else milestone.name
            canvas.text(width - RIGHT + 6, label + 3.5, name, f"tick {kind}")


def _after(milestone: Milestone, milestones: Sequence[Milestone]) -> str:
    entry = next(m.ns for m in milestones if m.name == "entry")
    return seconds((milestone.ns - entry) / NS)
