"""A call's candles in characters: multiples of the entry on a logarithmic scale over the time since it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from textual_plotext import PlotextPlot

from quantray.arrays import FloatArray1D
from quantray.callers.baseline.trace import CallCandles
from quantray.callers.report.baseline.charts import LEVELS, STEPS_S
from quantray.callers.report.baseline.words import seconds
from quantray.cli.tui.letters import letter, order
from quantray.cli.tui.source import Picture
from quantray.durations import NS

#: How a candle is drawn: what it went through, and its body where it closed higher, or lower. No colour is needed.
WICK, UP, DOWN, ENTRY = "│", "□", "█", "-"
EDGE, FOOT = 9, 3  # cells beside and below the candles: axes, their labels


class CandleChart(PlotextPlot):
    """Draws what it was given last, anew for every size."""

    def __init__(self) -> None:
        super().__init__()
        self.theme = "clear"
        self._picture: Picture | None = None

    def show(self, picture: Picture | None) -> None:
        self._picture = picture
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        width, height = self.size.width, self.size.height
        self.plt.clear_figure()
        self.plt.theme("clear")
        if self._picture is not None and width > 2 * EDGE and height > FOOT + 2:
            drawn(self.plt, self._picture, width - EDGE, height - FOOT)
        self.refresh()


def drawn(plot: Any, picture: Picture, width: int, height: int) -> None:
    """Draw into ``width`` x ``height`` cells inside the axes."""
    c = picture.candles.thinned(width)
    span = (c.until_ns - c.entry_ns) / NS
    lows, highs = _levels_of(c.low / c.entry_price), _levels_of(c.high / c.entry_price)
    marked = [math.log(m.multiple) for m in picture.marks if m.multiple > 0]
    bottom, top = min([*lows, *marked, 0.0]), max([*highs, *marked, 0.0])
    air = max((top - bottom) * 0.04, 0.002)
    bottom, top = bottom - air, top + air
    plot.xlim(0, span)
    plot.ylim(bottom, top)
    step = (top - bottom) / max(height - 1, 1)
    plot.scatter(np.linspace(0, span, 3 * width).tolist(), [0.0] * (3 * width), marker=ENTRY)
    _candles(plot, c, step)
    for mark in sorted(picture.marks, key=order):
        if mark.multiple > 0:
            at = min(max((mark.ns - c.entry_ns) / NS, 0.0), span)
            plot.scatter([at], [math.log(mark.multiple)], marker=letter(mark.name))
    _axes(plot, span, (bottom, top), width, height)


def _levels_of(multiples: FloatArray1D) -> list[float]:
    return [float(v) for v in np.log(multiples[multiples > 0]).tolist()]


def _candles(plot: Any, c: CallCandles, step: float) -> None:
    """All cells of the wicks, then of the bodies by direction: one call of the library for each kind."""
    middle = ((c.ts - c.entry_ns) / NS).tolist()
    with np.errstate(invalid="ignore", divide="ignore"):
        opened, high, low, close = (
            np.log(getattr(c, name) / c.entry_price).tolist() for name in ("open", "high", "low", "close")
        )
    cells: Mapping[str, tuple[list[float], list[float]]] = {kind: ([], []) for kind in (WICK, UP, DOWN)}
    for i, x in enumerate(middle):
        kind = UP if close[i] >= opened[i] else DOWN
        for what, first, last in ((WICK, low[i], high[i]), (kind, *sorted((opened[i], close[i])))):
            if math.isfinite(first) and math.isfinite(last):
                n = max(int((last - first) / step) + 1, 1)
                cells[what][0].extend([x] * (n + 1))
                cells[what][1].extend(first + (last - first) * k / n for k in range(n + 1))
    for kind, (xs, ys) in cells.items():
        if xs:
            plot.scatter(xs, ys, marker=kind)


def _axes(plot: Any, span: float, limits: tuple[float, float], width: int, height: int) -> None:
    """Round times below, round multiples beside, as many as have room."""
    step = next((s for s in STEPS_S if span / s <= max(width // 10, 2)), STEPS_S[-1])
    times = list(range(0, int(span) + 1, step))
    plot.xticks(times, [seconds(at) if at else "entry" for at in times])
    bottom, top = limits
    row, taken = (top - bottom) / max(height - 1, 1), [0.0]
    for level in LEVELS:
        at = math.log(level)
        if bottom <= at <= top and all(abs(at - other) >= 2 * row for other in taken):
            taken.append(at)
    taken.sort()
    plot.yticks(taken, [f"{math.exp(at):.3g}x" for at in taken])
    plot.xlabel("time since the entry")
