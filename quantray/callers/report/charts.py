"""The charts of one caller: its account over time, the spread of its trades' returns, the grid as a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from quantray.arrays import FloatArray1D, FloatArray2D
from quantray.callers.policies.policy import Policy
from quantray.callers.report.words import SHARES
from quantray.callers.results import Part
from quantray.callers.stages.levels import levels_of, used_axes
from quantray.durations import NS, iso
from quantray.plain import amount
from quantray.report import charts, effects
from quantray.report.svg import Canvas, Chart, Scale, padded, thinned
from quantray.report.words import percent, short
from quantray.space import Candidates
from quantray.stats.surface import HeatMap, summarise

WIDTH = 480  # of a picture that fills half a page, or a phone
LEFT, RIGHT, TOP, BOTTOM = 56, 10, 12, 24
STEPS_S = tuple(h * 3600 for h in (1, 3, 6, 12, 24, 48, 96, 168, 336, 720, 2160, 4320, 8760))
BINS, FLAT = 24, 1e-6  # returns closer together than this, in percent, are one


def account(parts: Sequence[tuple[Part, bool]], initial: float) -> Chart | None:
    """Account in % of its initial capital over time, and how far it is below its peak; None without an account.

    ``parts`` with True are held out. Each part begins with the initial capital anew.
    """
    shown = [(part, unseen) for part, unseen in parts if len(part.equity)]
    return Chart(*(_account(shown, initial, w, h) for w, h in ((960, 280), (350, 250)))) if shown else None


def _account(parts: Sequence[tuple[Part, bool]], initial: float, width: float, height: float) -> str:
    canvas = Canvas(width, height, "Account over time, and its drawdown")
    fold, right, base = height * 0.66, width - RIGHT, height - BOTTOM
    curves = [100 * (part.equity / initial - 1) for part, _ in parts]
    falls = [_fall(part.equity, initial) for part, _ in parts]
    x = Scale(min(p.start_ns for p, _ in parts), max(p.end_ns for p, _ in parts), LEFT, right)
    y = Scale(*padded(np.concatenate([*curves, [0.0]])), fold - 10, TOP)
    deepest = min(min(float(fall.min()) for fall in falls), -0.1)
    low = Scale(deepest, 0.0, base, fold + 6)
    for part, unseen in parts:
        if unseen:
            begin = x(part.start_ns)
            canvas.rect(begin, TOP, right - begin, base - TOP, "unseen-zone")
            near = begin > right - 60
            canvas.text(begin + (-5 if near else 5), TOP + 10, "held out", "tick strong", "end" if near else "start")
    for scale, ticks in ((y, y.ticks(4)), (low, [0.0, deepest])):
        for tick in ticks:
            canvas.line(LEFT, scale(tick), right, scale(tick), "zero" if tick == 0 else "grid")
            canvas.text(LEFT - 6, scale(tick) + 3.5, short(tick) + " %", anchor="end")
    _dates(canvas, x, base)
    for (part, unseen), curve, fall in zip(parts, curves, falls, strict=True):
        kind = "unseen" if unseen else "seen"
        kept = thinned(curve, int(width / 3.2))
        canvas.path([x(int(part.times[i])) for i in kept], [y(curve[i]) for i in kept], f"curve {kind}")
        kept = thinned(fall, int(width / 4))
        along = [x(int(part.times[i])) for i in kept]
        canvas.path([along[0], *along, along[-1]], [low(0), *(low(fall[i]) for i in kept), low(0)], f"fall {kind}")
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


def cumulated(parts: Sequence[tuple[Part, bool]]) -> Chart | None:
    """Net returns of the trades, one after the other, in percent of one position: where there is no account."""
    net = {unseen: 100 * _returns(part) for part, unseen in parts}
    seen, held = net.get(False, np.zeros(0)), net.get(True, np.zeros(0))
    if not len(seen) + len(held):
        return None
    return Chart(*(charts.equity(seen, held, (), w, h) for w, h in ((960, 240), (350, 200))))


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


@dataclass(frozen=True, slots=True)
class GridMap:
    """The two axes that matter most in training, and one picture a part; one axis: ``columns`` is empty."""

    rows: str
    columns: str
    pictures: tuple[tuple[str, str], ...]  # (part, SVG)


def grid_map(
    policies: Sequence[Policy], objective: str, train: FloatArray1D, held_out: FloatArray1D, chosen: int | None
) -> GridMap | None:
    """Best training value [P] of each pair of levels, and what that same policy earned on the held-out calls.

    Shares in percent. Of a grid with one axis, the effect of each of its levels; None where nothing varies or nothing
    has a value.
    """
    if not np.isfinite(train).any():
        return None
    scale = 100.0 if objective in SHARES else 1.0
    axes = used_axes(policies)
    rows = [{axis: _level(axis, level) for axis, level in levels_of(p).items() if axis in axes} for p in policies]
    candidates = Candidates.of([{_axis(axis): row[axis] for axis in axes} for row in rows])
    found = summarise(candidates, scale * train)
    own = {} if chosen is None else candidates.params(chosen)
    if found.heat is None:
        name, levels = next(iter(found.effects.items()), ("", ()))
        return GridMap(name, "", (("training", effects.level_effects(levels, own.get(name), WIDTH)),)) if name else None
    pair = found.heat.rows, found.heat.columns
    framed = own.get(pair[0]), own.get(pair[1])
    pictures = [("training", effects.heat(found.heat, framed, WIDTH))]
    if np.isfinite(held_out).any():
        unseen = replace(found.heat, best=scale * _of_the_best(candidates, found.heat, train, held_out))
        pictures.append(("held out, of the policy that was best in training", effects.heat(unseen, framed, WIDTH)))
    return GridMap(*pair, tuple(pictures))


def _of_the_best(c: Candidates, heat: HeatMap, train: FloatArray1D, held_out: FloatArray1D) -> FloatArray2D:
    """Held-out value of the policy that is best in training for each pair of levels; of equals the first."""
    out = np.full(heat.best.shape, np.nan)
    order = np.argsort(np.where(np.isnan(train), np.inf, -train), kind="stable")[: int(np.isfinite(train).sum())]
    across, down = c.column(heat.columns), c.column(heat.rows)
    for i in reversed(order.tolist()):
        out[heat.row_levels.index(down[i]), heat.column_levels.index(across[i])] = held_out[i]
    return out


def _axis(axis: str) -> str:
    return {"hold_s": "hold (min)", "tp": "target", "sl": "stop"}.get(axis, axis.replace("_", " "))


def _level(axis: str, level: object) -> object:
    if level is None:
        return "none"
    return level / 60 if axis == "hold_s" and isinstance(level, int) else level
