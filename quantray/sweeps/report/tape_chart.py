"""The chart of a session: the underlying, its VWAP, entries and exits. ``report.js`` draws the others the same way."""

from __future__ import annotations

from html import escape

import numpy as np

from quantray.report.svg import Canvas, Chart, Scale, padded, tick_digits
from quantray.report.words import number
from quantray.sweeps.report.tape import DOWN, Day, Mark, clock

RIGHT, TOP, BOTTOM = 10, 14, 26
_STEPS_S = (60, 300, 900, 1800, 3600, 7200, 14_400, 21_600)


def chart(day: Day) -> Chart:
    return Chart(*(drawn(day, w, h) for w, h in ((960, 340), (350, 260))))


def drawn(day: Day, width: float, height: float) -> str:
    """The session as SVG; entries are triangles that point up (a call, below) or down, exits are squares."""
    canvas = Canvas(width, height, f"The underlying, {day.title}")
    lines = [price for _, price in (*day.price, *day.vwap)]
    low, high = padded(np.concatenate(lines), zero=False) if lines else (0.0, 1.0)
    plain = Scale(low, high, 0, 1).ticks(7)
    digits = tick_digits(plain)
    names = [number(tick, digits) for tick in plain]
    left = 14 + 6.4 * max(map(len, names))
    base, right = height - BOTTOM, width - RIGHT
    x, y = Scale(0, day.n_bars, left, right), Scale(low, high, base, TOP)
    if day.unseen:
        canvas.rect(left, TOP - 8, right - left, base - TOP + 8, "unseen-zone")
        canvas.text(left + 5, TOP + 2, "held out", "tick strong")
    for tick, name in zip(plain, names, strict=True):
        canvas.line(left, y(tick), right, y(tick), "grid")
        canvas.text(left - 6, y(tick) + 3.5, name, anchor="end")
    _clock_axis(canvas, day, x, base)
    for kind, runs in (("vwap", day.vwap), ("price", day.price)):
        for bars, prices in runs:
            canvas.path(x.all(np.add(bars, 0.5)), y.all(prices), f"curve {kind}")
    for mark in day.marks:
        canvas.parts.append(_mark(mark, day.tip(mark), x, y))
    return canvas.render()


def _clock_axis(canvas: Canvas, day: Day, x: Scale, base: float) -> None:
    span, room = day.n_bars * day.interval_s, max(int((x.stop - x.start) / 62), 2)
    step = next((s for s in _STEPS_S if span / s <= room), _STEPS_S[-1])
    for seconds in range(-(-day.open_s // step) * step, day.open_s + span + 1, step):
        at = x((seconds - day.open_s) / day.interval_s)
        canvas.line(at, base, at, base + 4, "axis")
        anchor = "end" if at + 16 > canvas.width else "middle"
        canvas.text(at, base + 16, clock(seconds)[:5], anchor=anchor)


def _mark(mark: Mark, tip: str, x: Scale, y: Scale) -> str:
    """A trade: a line from its entry to its exit, a triangle and a square, filled for a gain."""
    a, b, c, d = x(mark.entry + 0.5), y(mark.entry_at), x(mark.exit + 0.5), y(mark.exit_at)
    turn = -1 if mark.side in DOWN else 1
    points = [(a, b), (a - 5, b + 9 * turn), (a + 5, b + 9 * turn), (a, b)]
    corners = " ".join(f"{p:.1f},{q:.1f}" for p, q in points)
    return (
        f'<g class="trade {"gain" if mark.net > 0 else "loss"}"><title>{escape(tip)}</title>'
        f'<line x1="{a:.1f}" y1="{b:.1f}" x2="{c:.1f}" y2="{d:.1f}"/><polyline points="{corners}"/>'
        f'<rect x="{c - 3.5:.1f}" y="{d - 3.5:.1f}" width="7.0" height="7.0"/></g>'
    )
