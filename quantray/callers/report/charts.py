"""The charts of one caller: its account over time, what it earned by month, the spread of its trades' returns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.callers.report.income import Month
from quantray.callers.report.words import axis_words
from quantray.callers.results import Part
from quantray.durations import NS, iso
from quantray.plain import amount
from quantray.report import charts, effects
from quantray.report.svg import Canvas, Chart, Scale, padded, thinned
from quantray.report.words import number, percent, short
from quantray.stats.surface import SurfaceSummary

WIDTH = 480  # of a picture that fills half a page, or a phone
LEFT, RIGHT, TOP, BOTTOM = 56, 10, 12, 24
STEPS_S = tuple(h * 3600 for h in (1, 3, 6, 12, 24, 48, 96, 168, 336, 720, 2160, 4320, 8760))
BINS, FLAT = 24, 1e-6  # returns closer together than this, in percent, are one


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One part of the calls over time: what was earned by ``times`` [t] ns and how far that is below its peak, in %."""

    held_out: bool
    start_ns: int
    end_ns: int
    times: IntArray1D
    earned: FloatArray1D
    fall: FloatArray1D  # 0 or less


def account(parts: Sequence[tuple[Part, bool]], initial: float) -> Chart | None:
    """Account in % of its initial capital over time, and how far it is below its peak; None without an account.

    ``parts`` with True are held out. Each part begins with the initial capital anew.
    """
    return _drawn("Account over time, and its drawdown", [
        Curve(unseen, p.start_ns, max(p.end_ns, int(p.times[-1])),  # what is held on outlasts its period
              p.times, 100 * (p.equity / initial - 1), _fall(p.equity, initial))
        for p, unseen in parts if len(p.equity)
    ])  # fmt: skip


def cumulated(parts: Sequence[tuple[Part, bool]]) -> Chart | None:
    """Net returns of the trades by the time of their exit, summed, in percent of one position, and the fall from the

    highest sum so far: where there is no account. None without a trade.
    """
    found = []
    for part, unseen in parts:
        done = part.trades.skip == 0
        order = np.argsort(part.trades.exit_ns[done], kind="stable")
        times = np.concatenate([[part.start_ns], part.trades.exit_ns[done][order]])
        earned = np.concatenate([[0.0], np.cumsum(100 * part.trades.net[done][order])])
        if len(order):
            end = max(part.end_ns, int(times[-1]))
            found.append(Curve(unseen, part.start_ns, end, times, earned, earned - np.maximum.accumulate(earned)))
    return _drawn("Net returns over time, summed, and the fall from their peak", found)


def _drawn(title: str, curves: Sequence[Curve]) -> Chart | None:
    return Chart(*(_over_time(title, curves, w, h) for w, h in ((960, 280), (350, 250)))) if curves else None


def _over_time(title: str, curves: Sequence[Curve], width: float, height: float) -> str:
    canvas = Canvas(width, height, title)
    fold, right, base = height * 0.66, width - RIGHT, height - BOTTOM
    x = Scale(min(c.start_ns for c in curves), max(c.end_ns for c in curves), LEFT, right)
    y = Scale(*padded(np.concatenate([*(c.earned for c in curves), [0.0]])), fold - 10, TOP)
    deepest = min(min(float(c.fall.min()) for c in curves), -0.1)
    low = Scale(deepest, 0.0, base, fold + 6)
    for c in curves:
        if c.held_out:
            begin = x(c.start_ns)
            canvas.rect(begin, TOP, right - begin, base - TOP, "unseen-zone")
            near = begin > right - 60
            canvas.text(begin + (-5 if near else 5), TOP + 10, "held out", "tick strong", "end" if near else "start")
    for scale, ticks in ((y, y.ticks(4)), (low, [0.0, deepest])):
        for tick in ticks:
            canvas.line(LEFT, scale(tick), right, scale(tick), "zero" if tick == 0 else "grid")
            canvas.text(LEFT - 6, scale(tick) + 3.5, short(tick) + " %", anchor="end")
    _dates(canvas, x, base)
    for c in curves:
        kind = "unseen" if c.held_out else "seen"
        kept = thinned(c.earned, int(width / 3.2))
        canvas.path([x(int(c.times[i])) for i in kept], [y(c.earned[i]) for i in kept], f"curve {kind}")
        kept = thinned(c.fall, int(width / 4))
        along = [x(int(c.times[i])) for i in kept]
        canvas.path([along[0], *along, along[-1]], [low(0), *(low(c.fall[i]) for i in kept), low(0)], f"fall {kind}")
    return canvas.render()


def _fall(equity: FloatArray1D, initial: float) -> FloatArray1D:
    """Percent below the highest equity so far, the initial capital included; 0 or less."""
    return 100 * (equity / np.maximum.accumulate(np.maximum(equity, initial)) - 1)


def _dates(canvas: Canvas, x: Scale, base: float) -> None:
    """Round dates along the bottom, as many as fit."""
    room = max(int((x.stop - x.start) / 80), 2)
    step = next((s for s in STEPS_S if (x.high - x.low) / (s * NS) <= room), STEPS_S[-1]) * NS
    for at in range(-(-int(x.low) // step) * step, int(x.high) + 1, step):
        day, _, clock = iso(at).partition("T")
        midnight = clock.startswith("00:00")
        canvas.line(x(at), base, x(at), base + 4, "axis")
        anchor = "end" if x(at) > x.stop - 20 else "start" if x(at) < x.start + 20 else "middle"
        canvas.text(x(at), base + 16, day[5:] if step >= 86_400 * NS or midnight else clock[:5], anchor=anchor)


def _returns(part: Part) -> FloatArray1D:
    made: FloatArray1D = part.trades.net[part.trades.skip == 0]
    return made


def returns(part: Part | None) -> tuple[str, str] | None:
    """Histogram of the trades' net returns in percent, and what it leaves to say; None without a trade.

    The outermost bars hold what lies beyond the 1st and the 99th of a hundred.
    """
    net = np.zeros(0) if part is None else 100 * _returns(part)
    if not len(net):
        return None
    low, high = np.quantile(net, (0.01, 0.99)).tolist() if len(net) > 100 else (float(net.min()), float(net.max()))
    inside = np.clip(net, low, high)
    counts, edges = np.histogram(inside, bins=BINS if high - low > FLAT else 1)
    marks = ((float(np.clip(np.median(net), low, high)), "median"),)
    title = "Trades by net return in percent"
    picture = charts.histogram(edges.tolist(), counts.tolist(), marks, WIDTH, 190, title)
    lost = float((net <= 0).mean())
    made = amount(len(net), "trade")
    spread = f"{made}, {percent(lost)} of them at a loss; from {_pct(net.min())} to {_pct(net.max())}."
    return picture, spread


def _pct(value: float) -> str:
    return percent(float(value) / 100)


def levels(axis: str, summary: SurfaceSummary, chosen: object) -> tuple[str, str]:
    """What each level of the only axis of a grid does: the axis, and a picture; the ``chosen`` level is set off."""
    return axis_words(axis), effects.level_effects(summary.effects.get(axis, ()), chosen, WIDTH)


def months(called: str, found: Sequence[Month], unit: str) -> Chart | None:
    """Net of each month (or week, or day) in which trades ended, held out in its own colour; None without a trade."""
    if not found:
        return None
    return Chart(*(_months(called, found, unit, *shape) for shape in ((960.0, 190.0), (350.0, 180.0))))


def _months(called: str, found: Sequence[Month], unit: str, width: float, height: float) -> str:
    canvas = Canvas(width, height, f"Net by {called} of the exit, {unit}")
    y, left, right = charts.frame(canvas, *padded([m.net for m in found]))
    names = list(dict.fromkeys(m.name for m in found))
    step = (right - left) / len(names)
    every = max(1, int(np.ceil(len(names) * 50 / (right - left))))
    for i, name in enumerate(names):
        mine = [m for m in found if m.name == name]
        w = min(step * 0.72, 60) / len(mine)
        for k, m in enumerate(mine):
            top, bottom = sorted((y(m.net), y(0)))
            kind = ("unseen" if m.held_out else "seen") + ("" if m.net >= 0 else " loss")
            tip = f"{name}: {number(m.net)} in {amount(m.n_trades, 'trade')}" + (", held out" if m.held_out else "")
            at = left + step * (i + 0.5) + (k - len(mine) / 2) * w
            canvas.rect(at, top, w, max(bottom - top, 0.8), f"bar {kind}", tip)
        if i % every == 0:
            told = name if called == "month" else name[5:]
            canvas.text(left + step * (i + 0.5), height - 7, told, anchor="middle")
    return canvas.render()
