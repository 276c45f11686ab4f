"""The charts of a finished sweep: equity, sessions, the spread of the objective, progress of the search."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantray.arrays import FloatArray1D
from quantray.plain import amount
from quantray.report.svg import Canvas, Scale, padded, thinned
from quantray.report.words import number, short

LEFT, TOP, BOTTOM = 46, 12, 26


@dataclass(frozen=True, slots=True, eq=False)
class Bar:
    """One session: its date, what it earned, and whether the search never saw it."""

    date: str
    net: float
    unseen: bool
    n_trades: int


def frame(canvas: Canvas, low: float, high: float, right: float = 10) -> tuple[Scale, float, float]:
    """Horizontal grid with labels; the scale of the heights and the left and right edges."""
    y = Scale(low, high, canvas.height - BOTTOM, TOP)
    for tick in y.ticks(4):
        canvas.line(LEFT, y(tick), canvas.width - right, y(tick), "zero" if tick == 0 else "grid")
        canvas.text(LEFT - 6, y(tick) + 3.5, short(tick), anchor="end")
    return y, LEFT, canvas.width - right


def equity(seen: FloatArray1D, unseen: FloatArray1D, bounds: Sequence[int], width: float, height: float) -> str:
    """Cumulated net after each trade: ``seen`` then ``unseen`` [trades]; ``bounds`` are first trades of a session."""
    curve = np.concatenate([[0.0], np.cumsum(np.concatenate([seen, unseen]))])
    split = len(seen)
    canvas = Canvas(width, height, "Net after each trade, cumulated")
    y, left, right = frame(canvas, *padded(curve))
    x = Scale(0, max(len(curve) - 1, 1), left, right)
    if len(unseen):
        canvas.rect(x(split), TOP, right - x(split), canvas.height - BOTTOM - TOP, "unseen-zone")
    for bound in bounds:
        canvas.line(x(bound), canvas.height - BOTTOM, x(bound), canvas.height - BOTTOM + 4, "axis")
    for part, kind, first in ((curve[: split + 1], "seen", 0), (curve[split:], "unseen", split)):
        if len(part) > 1:
            kept = thinned(part, 900)
            canvas.path([x(first + i) for i in kept], [y(part[i]) for i in kept], f"curve {kind}")
    canvas.text(left, canvas.height - 7, "trade 1")
    canvas.text(right, canvas.height - 7, f"{len(curve) - 1:,}", anchor="end")
    if len(unseen):
        mark, label = x(split), "held out"
        near = mark > right - 60
        canvas.text(mark + (-5 if near else 5), TOP + 11, label, "tick strong", "end" if near else "start")
    return canvas.render()


def sessions(bars: Sequence[Bar], width: float, height: float) -> str:
    """Net of each session, the held-out ones in their own colour."""
    canvas = Canvas(width, height, "Net of each session")
    y, left, right = frame(canvas, *padded([b.net for b in bars]))
    step = (right - left) / max(len(bars), 1)
    every = max(1, int(np.ceil(len(bars) * 44 / (right - left))))
    for i, b in enumerate(bars):
        top, bottom = sorted((y(b.net), y(0)))
        kind = ("unseen" if b.unseen else "seen") + ("" if b.net >= 0 else " loss")
        tip = f"{b.date}: {number(b.net)} in {amount(b.n_trades, 'trade')}" + (", held out" if b.unseen else "")
        w = min(step * 0.72, 60)
        canvas.rect(left + step * (i + 0.5) - w / 2, top, w, max(bottom - top, 0.8), f"bar {kind}", tip)
        if i % every == 0:
            canvas.text(left + step * (i + 0.5), canvas.height - 7, b.date[5:], anchor="middle")
    return canvas.render()


def histogram(
    edges: Sequence[float], counts: Sequence[int], marks: Sequence[tuple[float | None, str]], width: float,
    height: float, title: str = "Candidates by objective value", *, signed: bool = True,
) -> str:  # fmt: skip
    """How many candidates (or trades) have which value; ``marks`` are values to point out, by name.

    ``signed``: what lies above 0 is a gain, and has its colour.
    """
    canvas = Canvas(width, height, title)
    right, base = width - 10, height - BOTTOM
    x = Scale(edges[0], edges[-1] if edges[-1] > edges[0] else edges[0] + 1, 10, right)
    y = Scale(0, max(counts) or 1, base, TOP + 14)
    for a, b, n in zip(edges[:-1], edges[1:], counts, strict=True):
        kind = "bar seen" if not signed else "bar gain" if (a + b) / 2 > 0 else "bar dim"
        canvas.rect(x(a) + 0.4, y(n), x(b) - x(a) - 0.8, base - y(n), kind, f"{short(a)} to {short(b)}: {n:,}")
    canvas.line(10, base, right, base, "axis")
    for tick in x.ticks(5):
        canvas.text(x(tick), height - 7, short(tick), anchor="middle")
    before, down = -np.inf, 0.0
    for at, text in sorted((min(max(x(v), 10), right), f"{name} {short(v)}") for v, name in marks if v is not None):
        anchor = "end" if at > width * 0.66 else "start" if at < width * 0.2 else "middle"
        first = at - 6.2 * len(text) * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        down = 12 - down if first < before else 0.0  # what would run into the text before it goes a line down
        canvas.line(at, TOP + 10 + down, at, base, "mark")
        canvas.text(at, TOP + 5 + down, text, "tick strong", anchor)
        before = first + 6.2 * len(text)
    return canvas.render()


def progress(values: FloatArray1D, width: float, height: float) -> str:
    """Objective ``values`` [completed trials] and the best so far; the scale leaves out the worst twentieth."""
    canvas = Canvas(width, height, "Objective over completed trials")
    best = np.maximum.accumulate(values)
    low, high = padded(np.append(best, np.quantile(values, 0.05)), zero=False)
    y, left, right = frame(canvas, low, high)
    x = Scale(0, max(len(values) - 1, 1), left, right)
    shown = np.flatnonzero(values >= low)
    shown = shown[:: max(1, len(shown) // 1200)]
    for i in shown:
        canvas.dot(x(int(i)), y(values[i]), 1.6, "trial")
    kept = thinned(best, 600)
    xs: list[float] = []
    ys: list[float] = []
    for i in kept:  # a staircase
        if ys:
            xs.append(x(int(i)))
            ys.append(ys[-1])
        xs.append(x(int(i)))
        ys.append(y(best[i]))
    canvas.path(xs, ys, "curve gain")
    canvas.text(left, height - 7, "trial 1")
    canvas.text(right, height - 7, f"{len(values):,}", anchor="end")
    return canvas.render()
