"""Equity over dates with the drawdown below it: what was realised, at the moments at which it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np

from quantray.arrays import FloatArray1D
from quantray.report.svg import Canvas, Chart, Scale, padded, tick_digits
from quantray.report.words import number

RIGHT, TOP, BOTTOM = 10, 14, 26
#: Steps of a date axis: days, then months; of each the most days that it takes.
_DAYS, _MONTHS = (1, 2, 7, 14), (1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200)
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """One part of the data, which begins with ``start`` of its own: trades in the order in which they were realised.

    ``days`` [n] are when, in days since 1970-01-01 with their fraction; ``net`` [n] is in currency; ``first`` and
    ``last`` are the days (whole) on which the part begins and ends.
    """

    days: FloatArray1D
    net: FloatArray1D
    first: int
    last: int
    unseen: bool
    start: float = 0.0

    @property
    def curve(self) -> FloatArray1D:
        """Equity at the beginning and after each trade [n + 1]."""
        return self.start + np.concatenate([[0.0], np.cumsum(self.net)])

    @property
    def falls(self) -> FloatArray1D:
        """How far the curve is below its highest point so far [n + 1], in currency; 0 or less."""
        earned = np.concatenate([[0.0], np.cumsum(self.net)])
        fall: FloatArray1D = earned - np.maximum.accumulate(earned)
        return fall


@dataclass(frozen=True, slots=True)
class Fall:
    """The deepest drawdown of a leg: how deep in currency, and the places in its curve between which it fell."""

    depth: float
    peak: int
    trough: int


def deepest(leg: Leg) -> Fall | None:
    """The largest fall of the curve from its highest point so far, the first of equals; None where it never fell."""
    falls = leg.falls
    trough = int(np.argmin(falls))
    if not falls[trough] < 0:
        return None
    return Fall(-float(falls[trough]), int(np.flatnonzero(falls[:trough] == 0)[-1]), trough)


def moment(leg: Leg, place: int) -> float:
    """The day, with its fraction, of a place in the curve: 0 is the beginning."""
    return float(leg.days[place - 1]) if place else float(leg.first)


def equity(legs: Sequence[Leg], about: str) -> Chart | None:
    """The chart in both shapes; None without a trade. ``about`` says in the title whose equity it is."""
    if not any(len(leg.net) for leg in legs):
        return None
    return Chart(*(_drawn(legs, about, w, h) for w, h in ((960, 360), (350, 300))))


def _drawn(legs: Sequence[Leg], about: str, width: float, height: float) -> str:
    canvas = Canvas(width, height, f"Equity over time and drawdown below it, {about}")
    fold, right, base = round(height * 0.66), width - RIGHT, height - BOTTOM
    curves, starts = [leg.curve for leg in legs], sorted({leg.start for leg in legs})
    y = Scale(*padded(np.concatenate(curves), zero=0.0 in starts), fold - 20, TOP)
    deep = [deepest(leg) for leg in legs]
    most = max((fall.depth for fall in deep if fall), default=0.0)
    low = Scale(-most * 1.12 if most else -1.0, 0.0, base, fold)
    left = _across(canvas, y, low, most)
    x = Scale(min(leg.first for leg in legs), max(leg.last for leg in legs) + 1, left, right)
    for leg in legs:
        if leg.unseen:
            canvas.rect(x(leg.first), TOP - 8, right - x(leg.first), base - TOP + 8, "unseen-zone")
    for start in starts:
        canvas.line(left, y(start), right, y(start), "zero")
    dates(canvas, x, base)
    for leg, curve, fall in zip(legs, curves, deep, strict=True):
        _leg(canvas, leg, curve, fall, (x, y, low))
    for leg in legs:
        if leg.unseen:
            near = x(leg.first) > right - 70
            at = x(leg.first) + (-5 if near else 5)
            canvas.text(at, TOP + 2, "held out", "tick strong", "end" if near else "start")
    return canvas.render()


def _across(canvas: Canvas, y: Scale, low: Scale, most: float) -> float:
    """Lines across both panels with what they stand for, told apart however large the capital; their left end."""
    ticks = y.ticks(4)
    digits = tick_digits(ticks)
    told = [(y, tick, number(tick, digits)) for tick in ticks] + [(low, 0.0, "0")]
    told += [(low, -most, number(-most, 0 if most >= 100 else 2))] if most else []
    left = 14 + 6.4 * max(len(name) for _, _, name in told)
    for scale, value, name in told:
        zero = scale is low and not value
        canvas.line(left, scale(value), canvas.width - RIGHT, scale(value), "zero" if zero else "grid")
        canvas.text(left - 6, scale(value) + 3.5, name, anchor="end")
    return left


def _leg(canvas: Canvas, leg: Leg, curve: FloatArray1D, fall: Fall | None, scales: tuple[Scale, Scale, Scale]) -> None:
    """One part: its deepest drawdown marked in both panels, its equity and its drawdown as staircases."""
    x, y, low = scales
    kind = "unseen" if leg.unseen else "seen"
    days = np.concatenate([[leg.first], leg.days, [leg.last + 1]])
    if fall is not None:
        begin, end = x(moment(leg, fall.peak)), x(moment(leg, fall.trough))
        tip = f"deepest drawdown {number(fall.depth)}, from {day_of(leg, fall.peak)} to {day_of(leg, fall.trough)}"
        canvas.rect(begin, TOP, max(end - begin, 1.0), low.start - TOP, f"deepest {kind}", tip)
    xs, ys = staircase(x.all(days), y.all(np.append(curve, curve[-1])))
    canvas.path(xs, ys, f"curve {kind}")
    falls = leg.falls
    xs, ys = staircase(x.all(days), low.all(np.append(falls, falls[-1])))
    canvas.path([xs[0], *xs, xs[-1]], [low(0), *ys, low(0)], f"fall {kind}")
    if fall is not None:
        for at, scale, value in ((fall.peak, y, curve[fall.peak]), (fall.trough, y, curve[fall.trough]),
                                 (fall.trough, low, -fall.depth)):  # fmt: skip
            canvas.dot(x(moment(leg, at)), scale(float(value)), 3, f"point {kind}", tip)
        _named(canvas, x(moment(leg, fall.trough)), low, fall)


def _named(canvas: Canvas, at: float, low: Scale, fall: Fall) -> None:
    """The depth beside the deepest point, on the side that has room."""
    text = number(-fall.depth)
    room = 7.0 * len(text) + 10
    left = at + room > canvas.width - RIGHT
    y = min(low(-fall.depth) + 4, low.start - 3)
    canvas.text(at - 7 if left else at + 7, y, text, "tick strong halo", "end" if left else "start")


def day_of(leg: Leg, place: int) -> str:
    """The date of a place in the curve, ISO."""
    return date.fromordinal(int(moment(leg, place)) + _EPOCH).isoformat()


def staircase(xs: FloatArray1D, ys: FloatArray1D) -> tuple[list[float], list[float]]:
    """The corners of a curve that holds each of ``ys`` [n] from its ``xs`` [n], rising, to the next one.

    Of values on one pixel column the first, the lowest, the highest and the last are left: what can be seen.
    """
    if not len(xs):
        return [], []
    column = np.floor(xs).astype(np.int64)
    bounds = [0, *(np.flatnonzero(np.diff(column)) + 1).tolist(), len(xs)]
    kept: list[int] = []
    for a, b in pairwise(bounds):
        kept += sorted({a, a + int(np.argmin(ys[a:b])), a + int(np.argmax(ys[a:b])), b - 1})
    along, heights = [float(xs[kept[0]])], [float(ys[kept[0]])]
    for i in kept[1:]:
        along += [float(xs[i]), float(xs[i])]
        heights += [heights[-1], float(ys[i])]
    return along, heights


def dates(canvas: Canvas, x: Scale, base: float) -> None:
    """Round dates along the bottom of an axis of days, as many as fit; the year where it is new."""
    year = 0
    for day, long in ticks(x.low, x.high, max(int((x.stop - x.start) / 74), 2)):
        when = date.fromordinal(day + _EPOCH)
        text = long or (f"{when:%Y-%m-%d}" if when.year != year else f"{when:%m-%d}")
        year = when.year
        canvas.line(x(day), base, x(day), base + 4, "axis")
        half = 3.2 * len(text)
        anchor = "end" if x(day) + half > canvas.width else "middle" if x(day) - half > x.start - 40 else "start"
        canvas.text(x(day), base + 16, text, anchor=anchor)


def ticks(low: float, high: float, room: int) -> list[tuple[int, str]]:
    """At most ``room`` round days (since 1970-01-01) in [low, high); of months and years how they are written."""
    first, last = int(np.ceil(low)), int(np.ceil(high))
    for step in _DAYS:
        start = first if step <= 2 else first + (-(first + 3)) % 7  # weeks begin on a Monday
        if 1 <= len(found := range(start, last, step)) <= room:
            return [(day, "") for day in found]
    begin = date.fromordinal(first + _EPOCH)
    for step in _MONTHS:
        month = -(-(begin.year * 12 + begin.month - 1 + (begin.day > 1)) // step) * step
        made: list[tuple[int, str]] = []
        while (when := date(month // 12, month % 12 + 1, 1)).toordinal() - _EPOCH < last and len(made) <= room:
            made.append((when.toordinal() - _EPOCH, f"{when:%Y}" if step >= 12 else f"{when:%Y-%m}"))
            month += step
        if 1 <= len(made) <= room:
            return made
    return [(first, "")]
