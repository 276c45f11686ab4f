"""The plane of any two parameters: what survives and what is best in each cell, with pick, peak and plateau on it.

The first one is drawn here; the page's script draws the others in the same way from :attr:`Planes.data` (planes.js).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from quantray.plain import amount
from quantray.report import words
from quantray.report.svg import Canvas, Chart
from quantray.space import level_key
from quantray.stats.neighbours import neighbour_numbers, neighbours
from quantray.sweeps.report import survival
from quantray.sweeps.report.survival_charts import share_of
from quantray.sweeps.results import Results
from quantray.sweeps.survivors import Plane, Surviving

WIDTHS = (960, 350)
_PALEST, _RANGE = 0.15, 0.75  # opacity of the smallest share above none, and what the largest adds
_RAMP = 5


@dataclass(frozen=True, slots=True)
class Figure:
    """How values of the objective are written: times ``factor``, with ``digits`` and a ``unit``."""

    factor: float
    digits: int
    unit: str

    def __call__(self, value: float) -> str:
        return words.number(self.factor * value, self.digits) + (self.unit if np.isfinite(value) else "")

    def short(self, value: float) -> str:
        return words.short(self.factor * value)


def figure_of(objective: str) -> Figure:
    """As :func:`quantray.report.words.metric` writes it, but for durations, which are seconds here."""
    if objective in words.SHARES:
        return Figure(100.0, 1, " %")
    return Figure(1.0, 3 if objective == "sharpe" else 2, " %" if objective.endswith("_percent") else "")


@dataclass(frozen=True, slots=True)
class Marks:
    """Places on the levels of each dimension: of ``pick`` and ``peak``, and of what is one step from the pick."""

    of: dict[str, dict[str, int]]  # name of the candidate -> dimension -> place
    near: dict[str, list[int]]  # dimension -> places; empty without a pick


@dataclass(frozen=True, slots=True)
class Planes:
    """What the template shows: the selects over the planes, the first chart, and the data of all."""

    names: list[str]  # of dimensions, as words
    measures: list[str]
    chosen: tuple[str, str, str]  # rows, columns, measure
    chart: Chart
    data: dict[str, Any]
    left_out: int  # planes that the page does not hold


def planes(r: Results) -> Planes | None:
    """Every plane of the family; the first is of the two dimensions that survivors, else values, depend on most."""
    s = r.surviving
    if s is None or not s.planes or r.shown is None:
        return None
    names = [n for n in r.plan.space.names if any(n in (p.rows, p.columns) for p in s.planes)]
    first = first_of(r, s)
    marks, figure = marks_of(r, {n: _levels(s.planes, n) for n in names}), figure_of(r.plan.objective)
    best = f"best {words.label(r.plan.objective)}"
    measures = ["share that survives", best] if s.n else [best]
    drawn = Chart(*(draw(first, measures[0] != best, marks, figure, w) for w in WIDTHS))
    chosen = words.label(first.rows), words.label(first.columns), measures[0]
    labels = [words.label(n) for n in names]
    data: dict[str, Any] = {
        "names": labels,
        "levels": [[words.parameter(v) for v in _levels(s.planes, n)] for n in names],
        "planes": {f"{names.index(p.rows)}|{names.index(p.columns)}": _cells(p) for p in s.planes},
        "survivors": bool(s.n),
        "figure": {"factor": figure.factor, "digits": figure.digits, "unit": figure.unit},
        "marks": {name: [places.get(n, -1) for n in names] for name, places in marks.of.items()},
        "near": [marks.near.get(n, []) for n in names],
        "best": best,
    }
    return Planes(labels, measures, chosen, drawn, data, len(names) * (len(names) - 1) // 2 - len(s.planes))


def plateau(r: Results) -> str:
    """How the candidates one step from the pick do, in a sentence; empty without a pick or without a neighbour."""
    if r.pick is None or r.surviving is None or r.stress is None or not r.stress.neighbours:
        return ""
    around = r.stress.neighbours
    said = f"One step from the pick {'lies' if len(around) == 1 else 'lie'} {amount(len(around), 'candidate')}"
    if r.surviving.whole:
        kept = np.isin(neighbour_numbers(r.plan.space, r.pick.number), r.surviving.frame["number"].to_numpy())
        said += f", {int(kept.sum()):,} of which survive"
    known = [v for v in around if v is not None]
    if not known:
        return f"{said}; none has a value."
    low, high = (words.metric(r.plan.objective, v) for v in (min(known), max(known)))
    return f"{said}; their {words.label(r.plan.objective)} goes from {low} to {high}."


def _levels(found: tuple[Plane, ...], name: str) -> tuple[Any, ...]:
    return next(p.row_levels if p.rows == name else p.column_levels for p in found if name in (p.rows, p.columns))


def first_of(r: Results, s: Surviving) -> Plane:
    """The plane of the two dimensions that survivors, else values, depend on most."""
    weight = r.surface.importance if r.surface else {}
    return s.planes[0] if s.n else max(s.planes, key=lambda p: weight.get(p.rows, 0.0) + weight.get(p.columns, 0.0))


def _cells(p: Plane) -> dict[str, list[Any]]:
    """Row by row; figures with six digits, which is more than is shown."""
    best = [None if np.isnan(v) else float(f"{v:.6g}") for v in p.best.ravel()]
    found: dict[str, list[Any]] = {"n": p.n.ravel().tolist(), "best": best}
    return {**found, "kept": p.n_survivors.ravel().tolist()} if p.n_survivors.any() else found


def marks_of(r: Results, levels: dict[str, tuple[Any, ...]]) -> Marks:
    """Where pick, peak and plateau lie; a level that no candidate of the family has is on no plane."""
    keys = {name: [level_key(v) for v in values] for name, values in levels.items()}

    def place(name: str, value: object) -> int:
        return keys[name].index(level_key(value)) if level_key(value) in keys[name] else -1

    of = {c.name: {n: place(n, c.params.get(n)) for n in levels} for c in survival.both(r)}
    around = neighbours(r.plan.space, r.pick.params) if r.pick is not None else None
    near: dict[str, list[int]] = {}
    if around is not None and r.pick is not None:
        for name in levels:
            own = level_key(r.pick.params.get(name))
            steps = {place(name, v) for v in around.column(name) if level_key(v) != own}
            near[name] = sorted(steps - {-1})
    return Marks(of, near)


def draw(p: Plane, share: bool, marks: Marks, figure: Figure, width: float) -> str:
    """One plane: the share that survives, or the best objective, of each cell; the scale and the marks below it."""
    left = min(max(len(words.parameter(v)) for v in p.row_levels) * 6 + 12, 84.0)
    w, h = (width - left - 4) / len(p.column_levels), 30.0 if len(p.row_levels) <= 12 else 22.0
    bottom = 20 + h * len(p.row_levels)
    canvas = Canvas(width, bottom + 68, f"{words.label(p.rows)} by {words.label(p.columns)}")
    scale = _Scale(p, share, figure)
    for i, row in enumerate(p.row_levels):
        canvas.text(left - 6, 20 + h * (i + 0.5) + 4, words.parameter(row)[:13], anchor="end")
        for j, column in enumerate(p.column_levels):
            x, y = left + w * j, 20 + h * i
            kind, depth, text = scale.cell(i, j)
            tip = f"{words.parameter(row)} / {words.parameter(column)}: {_told(p, i, j, figure)}"
            canvas.rect(x + 0.5, y + 0.5, w - 1, h - 1, kind, tip, depth)
            here = [n for n, at in marks.of.items() if (at[p.rows], at[p.columns]) == (i, j)]
            if here:
                canvas.rect(x + 1.5, y + 1.5, w - 3, h - 3, "ring" if "pick" in here else "ring dashed")
            elif _is_near(marks, p, i, j):
                canvas.rect(x + 1.5, y + 1.5, w - 3, h - 3, "ring near")
            if w >= 24:
                named = bool(here) and h > 24 and w >= 30
                canvas.text(x + w / 2, y + h / 2 + (-1.5 if named else 3.5), text, "cell", "middle")
                if named:
                    canvas.text(x + w / 2, y + h / 2 + 11, " + ".join(here), "cell", "middle")
    every = max(1, int(np.ceil(26 / w)))
    for j, column in enumerate(p.column_levels[::every]):
        canvas.text(left + w * (j * every + 0.5), 14, words.parameter(column), anchor="middle")
    canvas.text(left + (width - left) / 2, bottom + 18, f"across: {words.label(p.columns)}", anchor="middle")
    _legend(canvas, scale, marks, bottom + 28)
    return canvas.render()


def _is_near(marks: Marks, p: Plane, i: int, j: int) -> bool:
    """One step from the pick in one of the two dimensions, and on it in the other."""
    pick = marks.of.get("pick")
    if pick is None:
        return False
    in_rows, in_columns = i in marks.near.get(p.rows, ()), j in marks.near.get(p.columns, ())
    return (in_rows and j == pick[p.columns]) or (in_columns and i == pick[p.rows])


def _told(p: Plane, i: int, j: int, figure: Figure) -> str:
    if not p.n[i, j]:
        return "no candidate traded often enough"
    of = f"{p.n_survivors[i, j]:,} of {p.n[i, j]:,} survive"
    kept = of if p.n_survivors.any() else amount(int(p.n[i, j]), "candidate")
    return f"{kept}, best {figure(float(p.best[i, j]))}"


class _Scale:
    """Kind, depth and text of a cell, and the ends of the scale: green for survivors and gains, red for losses."""

    def __init__(self, p: Plane, share: bool, figure: Figure) -> None:
        self.share, self.figure = share, figure
        if share:
            self.values = np.divide(p.n_survivors, p.n, out=np.zeros(p.n.shape), where=p.n > 0)
            self.n = p.n
            known = self.values[self.values > 0]
        else:
            self.values = p.best
            known = p.best[np.isfinite(p.best)]
        self.low, self.high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)

    def cell(self, i: int, j: int) -> tuple[str, float, str]:
        value = float(self.values[i, j])
        if self.share:
            text = share_of(value) if value else "0" if self.n[i, j] else ""
            return (*self.shade(value), text)
        return (*self.shade(value), self.figure.short(value))

    def shade(self, value: float) -> tuple[str, float]:
        if np.isnan(value) or (self.share and not value):
            return "bar none", 1.0
        if self.low > 0:  # all of them gain: the shades are spread over their own range
            span = self.high - self.low
            return "bar gain", _PALEST + _RANGE * ((value - self.low) / span if span else 1.0)
        most = max(abs(self.low), abs(self.high)) or 1.0
        return ("bar gain" if value > 0 else "bar loss"), _PALEST + _RANGE * abs(value) / most

    def end(self, value: float) -> str:
        return share_of(value) if self.share else self.figure(value)


def _legend(canvas: Canvas, scale: _Scale, marks: Marks, y: float) -> None:
    """The shades from the least to the most, and the three frames."""
    low = scale.end(scale.low)
    canvas.text(4, y + 11, low)
    x = 4 + 6.2 * len(low) + 6
    for k in range(_RAMP):
        kind, depth = scale.shade(scale.low + (scale.high - scale.low) * k / (_RAMP - 1))
        canvas.rect(x + 18 * k, y + 1, 17, 12, kind, opacity=depth)
    canvas.text(x + 18 * _RAMP + 6, y + 11, scale.end(scale.high))
    x = 4.0
    kinds = {"pick": "ring", "peak": "ring dashed"}
    frames = [(kinds[name], name) for name in marks.of]
    frames += [("ring near", "one step from the pick")] if marks.near else []
    for kind, name in frames:
        canvas.rect(x, y + 23, 16, 12, kind)
        canvas.text(x + 22, y + 33, name)
        x += 22 + 6.2 * len(name) + 16
