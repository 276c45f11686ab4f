"""Drawing primitives: a small canvas that writes SVG text coloured by the page's style sheet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

import numpy as np

from quantray.arrays import FloatArray1D


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture in two shapes: for wide pages and paper, and for phones."""

    wide: str
    narrow: str


@dataclass
class Canvas:
    """An SVG of ``width`` x ``height`` units; classes are styled in page.css, so it follows light and dark."""

    width: float
    height: float
    title: str
    parts: list[str] = field(default_factory=list)

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        self.parts.append(f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>')

    def rect(self, x: float, y: float, w: float, h: float, kind: str, tip: str = "", opacity: float = 1.0) -> None:
        shade = f' fill-opacity="{opacity:.3f}"' if opacity < 1 else ""
        box = f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{max(w, 0):.1f}" height="{max(h, 0):.1f}"{shade}'
        self.parts.append(f"{box}><title>{escape(tip)}</title></rect>" if tip else f"{box}/>")

    def dot(self, x: float, y: float, r: float, kind: str, tip: str = "") -> None:
        circle = f'<circle class="{kind}" cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"'
        self.parts.append(f"{circle}><title>{escape(tip)}</title></circle>" if tip else f"{circle}/>")

    def path(self, xs: Sequence[float] | FloatArray1D, ys: Sequence[float] | FloatArray1D, kind: str) -> None:
        """A line through the points ``xs``, ``ys`` [n], in the drawing's units."""
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
        self.parts.append(f'<polyline class="{kind}" points="{points}"/>')

    def text(self, x: float, y: float, text: str, kind: str = "tick", anchor: str = "start") -> None:
        self.parts.append(f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>')

    def render(self) -> str:
        head = f'<svg viewBox="0 0 {self.width:g} {self.height:g}" role="img" aria-label="{escape(self.title)}">'
        return f"{head}<title>{escape(self.title)}</title>{''.join(self.parts)}</svg>"


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear map of [low, high] onto [start, stop]."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        span = self.high - self.low
        return self.start + (self.stop - self.start) * ((value - self.low) / span if span else 0.5)

    def all(self, values: FloatArray1D) -> FloatArray1D:
        """Where ``values`` [n] lie [n] in the drawing."""
        span = self.high - self.low
        return self.start + (self.stop - self.start) * ((values - self.low) / (span or 1.0))

    def ticks(self, count: int = 5) -> list[float]:
        """Round numbers inside the range, about ``count`` of them."""
        span = self.high - self.low
        if not span > 0:
            return [self.low]
        raw = span / count
        unit = 10 ** math.floor(math.log10(raw))
        step = next(m * unit for m in (1, 2, 2.5, 5, 10) if m * unit >= raw * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(i * step, 12) for i in range(first, last + 1)]


def digits_of(step: float) -> int:
    """Decimals that tell prices apart which lie a ``step`` from each other."""
    return int(np.clip(np.ceil(-np.log10(step) - 1e-9), 0, 8)) if step > 0 else 2


def tick_digits(ticks: Sequence[float]) -> int:
    """Decimals with which :meth:`Scale.ticks` are written as they are: steps of 2.5 need one more than those of 2."""
    if len(ticks) < 2:
        return 2
    step = ticks[1] - ticks[0]
    digits = digits_of(step)
    return digits + int(abs(step * 10.0**digits - round(step * 10.0**digits)) > 1e-6)


def padded(values: FloatArray1D | Sequence[float], *, zero: bool = True) -> tuple[float, float]:
    """The range of the finite ``values`` [n], with 0 in it where asked and a little air."""
    finite = np.asarray(values, float)
    finite = finite[np.isfinite(finite)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if zero:
        low, high = min(low, 0.0), max(high, 0.0)
    if low == high == 0:
        return 0.0, 1.0
    air = (high - low) * 0.06 or max(abs(high), 1.0) * 0.1
    return (low - air if low < 0 or not zero else low), (high + air if high > 0 or not zero else high)


def thinned(ys: FloatArray1D, at_most: int) -> np.ndarray:
    """Places that keep the shape of a curve ``ys`` [n], rising: first, last, and the extremes of equal stretches."""
    n = len(ys)
    if n <= at_most:
        return np.arange(n)
    bounds = np.linspace(0, n, at_most // 2 + 1).astype(int)
    kept = {0, n - 1}
    for a, b in pairwise(bounds):
        kept.update((a + int(np.argmin(ys[a:b])), a + int(np.argmax(ys[a:b]))))
    return np.array(sorted(kept))
