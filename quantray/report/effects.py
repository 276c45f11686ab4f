"""The charts of a surface: what each level of a parameter does, and the two strongest parameters together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantray.plain import amount
from quantray.report.svg import Canvas, Scale, padded
from quantray.report.words import label, number, parameter, short
from quantray.space import level_key
from quantray.stats.surface import HeatMap, LevelEffect


def level_effects(effects: Sequence[LevelEffect], chosen: object, width: float = 340) -> str:
    """Best (dot) and median (bar's end) of every level; the level of the best candidate is set off."""
    shown = list(effects[:12])
    values = [v for e in shown for v in (e.best, e.median) if v is not None]
    wide = max(len(parameter(e.level)) for e in shown) * 6.2 + 14
    left = min(max(wide, 34), 96)
    canvas = Canvas(width, 16 + 20 * len(shown), "Best and median value by level")
    if not values:
        return canvas.render()
    low, high = padded(values)
    x = Scale(low, high, left, width - 46)
    canvas.line(x(0), 2, x(0), canvas.height - 12, "zero")
    for i, e in enumerate(shown):
        mid = 12 + 20 * i
        own = level_key(e.level) == level_key(chosen)
        if own:
            canvas.rect(0, mid - 10, width, 20, "chosen")
        canvas.text(left - 8, mid + 4, _clipped(parameter(e.level)), "tick strong" if own else "tick", "end")
        if e.best is None or e.median is None:
            canvas.text(left + 4, mid + 4, "no value")
            continue
        tip = f"{parameter(e.level)}: best {number(e.best)}, median {number(e.median)}, {amount(e.n, 'candidate')}"
        a, b = sorted((x(0), x(e.median)))
        canvas.rect(a, mid - 4, max(b - a, 0.8), 8, "bar gain" if e.median > 0 else "bar loss", tip)
        canvas.line(x(e.median), mid, x(e.best), mid, "whisker")
        canvas.dot(x(e.best), mid, 3.6, "point", tip)
        canvas.text(width - 4, mid + 4, short(e.best), "tick strong" if own else "tick", "end")
    return canvas.render()


def importances(shares: Sequence[tuple[str, float]], width: float = 560) -> str:
    """A bar for the importance of each parameter (its name and share, 1: all of the spread), the first on top."""
    canvas = Canvas(width, 8 + 22 * len(shares), "Importance of each parameter")
    left = min(max(max(len(name) for name, _ in shares) * 6.2 + 14, 60), 220)
    x = Scale(0, max(max(share for _, share in shares), 1e-9), left, width - 50)
    for i, (name, share) in enumerate(shares):
        mid, said = 12 + 22 * i, f"{100 * share:.0f} %"
        canvas.text(left - 8, mid + 4, _clipped(name, 34), anchor="end")
        canvas.rect(left, mid - 6, max(x(share) - left, 0.8), 12, "bar seen", f"{name}: {said}")
        canvas.text(width - 4, mid + 4, said, "tick strong", "end")
    return canvas.render()


def _clipped(text: str, at_most: int = 13) -> str:
    return text if len(text) <= at_most else text[: at_most - 1] + "…"


def heat(heat_map: HeatMap, chosen: tuple[object, object], width: float = 360) -> str:
    """Best value for each pair of levels; gains and losses in their colours, stronger where larger."""
    rows, columns = heat_map.row_levels, heat_map.column_levels
    left = min(max(len(parameter(r)) for r in rows) * 6 + 12, 84)
    cell_w = (width - left - 4) / len(columns)
    cell_h = 26 if len(rows) <= 12 else 20
    title = f"Best by {label(heat_map.rows)} and {label(heat_map.columns)}"
    canvas = Canvas(width, 20 + cell_h * len(rows) + 26, title)
    finite = heat_map.best[np.isfinite(heat_map.best)]
    most = float(np.abs(finite).max()) if finite.size else 1.0
    low = float(finite.min()) if finite.size else 0.0
    for i, row in enumerate(rows):
        canvas.text(left - 6, 20 + cell_h * (i + 0.5) + 4, _clipped(parameter(row)), anchor="end")
        for j, column in enumerate(columns):
            value = float(heat_map.best[i, j])
            x, y = left + cell_w * j, 20 + cell_h * i
            kind, depth = _shade(value, low, most)
            tip = f"{parameter(row)} / {parameter(column)}: {number(value)}"
            canvas.rect(x + 0.5, y + 0.5, cell_w - 1, cell_h - 1, kind, tip, depth)
            if cell_w >= 24:
                canvas.text(x + cell_w / 2, y + cell_h / 2 + 3.5, short(value), "cell", "middle")
            if (level_key(row), level_key(column)) == tuple(map(level_key, chosen)):
                canvas.rect(x + 1, y + 1, cell_w - 2, cell_h - 2, "ring")
    every = max(1, int(np.ceil(26 / cell_w)))
    for j, column in enumerate(columns[::every]):
        canvas.text(left + cell_w * (j * every + 0.5), 14, parameter(column), anchor="middle")
    canvas.text(left + (width - left) / 2, canvas.height - 8, f"across: {label(heat_map.columns)}", anchor="middle")
    return canvas.render()


def _shade(value: float, low: float, most: float) -> tuple[str, float]:
    if not np.isfinite(value):
        return "bar none", 1.0
    if low > 0:  # all of them gain: spread the shades over their own range
        return "bar gain", 0.12 + 0.78 * (value - low) / ((most - low) or 1.0)
    return ("bar gain" if value > 0 else "bar loss"), 0.08 + 0.82 * abs(value) / (most or 1.0)
