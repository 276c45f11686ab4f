"""Pictures of a finished run about callers for a notebook: those of its report."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from quantray.arrays import FloatArray1D
from quantray.callers.report import charts, facts, income
from quantray.callers.report.grid import grid_values
from quantray.callers.report.plane import Axes, best_policies, summarised
from quantray.callers.report.sections import callers
from quantray.callers.report.tables import parts_of
from quantray.callers.report.words import SHARES, axis_words, label, nothing
from quantray.callers.results import CallerResults, Chosen, UnitResult
from quantray.errors import ConfigError, UnknownName, near_miss
from quantray.report import effects
from quantray.report.picture import Picture
from quantray.report.svg import Canvas, Chart, Scale, padded
from quantray.stats.surface import HeatMap

SHEET = Path(__file__).with_name("templates") / "report.css"
MOST = 60  # units of the leaderboard that a picture shows


class CallerPlots:
    """Pictures of one run. Each shows itself in a notebook and has ``save(path)``.

    ``unit`` is a caller, or the group; it may be left out where there is one. A wrong name is answered with the near
    miss (UnknownName), and a picture of which there is nothing to draw with what is missing (ConfigError).
    """

    def __init__(self, results: CallerResults) -> None:
        self._r = results

    def __repr__(self) -> str:
        return f"CallerPlots({', '.join(f'.{name}()' for name in vars(CallerPlots) if name[0] != '_')})"

    def leaderboard(self) -> Picture:
        """The callers as the report orders them, each with what its pick earned held out (its peak without a pick).

        Where nothing is held out, what it earned in training.
        """
        r = self._r
        units = [u for u in callers(r) or r.units if u.shown is not None][:MOST]
        held_out = any(u.shown is not None and u.shown.held_out_value is not None for u in units)
        rows = [(u.name, _value(u.shown, held_out)) for u in units if u.shown is not None]
        known = [(name, value) for name, value in rows if value is not None and np.isfinite(value)]
        if not known:
            raise ConfigError(f"{r.study}: no caller has a value, so there is no leaderboard to draw")
        part = "held out" if held_out else "training"
        return self._picture(f"{_above(r)} by caller, {part}", _bars(r, known))

    def equity(self, unit: str | None = None) -> Picture:
        """The account of the unit's pick (its peak without one) in percent of its initial capital, and its drawdown.

        Without limits of capital its net returns, summed.
        """
        u, c = self._shown(unit)
        parts = [(part, name == "held_out") for name, part in parts_of(c)]
        drawn = charts.account(parts, self._r.plan.account.initial) or charts.cumulated(parts)
        return self._chart(u, c, "account over time, and its drawdown", drawn)

    def months(self, unit: str | None = None) -> Picture:
        """What the same policy earned by month (week, day) of the exit, held out in its own colour."""
        u, c = self._shown(unit)
        called, found = income.months(income.earned(self._r, c))
        return self._chart(u, c, f"net by {called} of the exit", charts.months(called, found, income.unit_of(self._r)))

    def returns(self, unit: str | None = None, *, part: str = "train") -> Picture:
        """The spread of its trades' net returns in percent, of one ``part`` (``train`` or ``held_out``)."""
        if part not in ("train", "held_out"):
            raise UnknownName(near_miss(part, ("train", "held_out"), what="part"))
        u, c = self._shown(unit)
        found = charts.returns(c.train if part == "train" else c.held_out)
        if found is None:
            raise ConfigError(f"{u.name}: the {c.name} made no trade of the part {part}, so there is nothing to draw")
        return self._picture(f"{u.name}: net returns of the trades of the {c.name}. {found[1]}", found[0])

    def plane(self, unit: str | None = None, rows: str | None = None, columns: str | None = None) -> Picture:
        """The best training value of each pair of levels of two axes of the grid (``"tp"``, ``"hold_s"``, …).

        By default of the two axes that matter most. The cell of the pick (of the peak without one) is set off.
        """
        u, c = self._shown(unit)
        r, axes = self._r, Axes.of(self._r.plan.policies)
        values = grid_values(r, [u.name])[u.name]
        summary = summarised(r, values, axes)
        if summary is None or len(axes.levels) < 2:
            raise ConfigError(f"{u.name}: no two axes of the grid vary in what has a value, so there is no plane")
        for name in (rows, columns):
            if name is not None and name not in axes.levels:
                raise ConfigError(near_miss(name, axes.levels, what="axis"))
        wanted = {name for name in (rows, columns) if name is not None}
        fits = [pair for pair in axes.pairs(summary) if wanted <= set(pair)]
        if not fits or (rows is not None and rows == columns):
            raise ConfigError(f"{u.name}: a plane is over two different axes of: {', '.join(axes.levels)}")
        down, across = (rows, columns) if rows is not None and columns is not None else fits[0]
        shape = len(axes.levels[down]), len(axes.levels[across])
        flat = axes.at[down] * shape[1] + axes.at[across]
        chosen = best_policies(values, flat, shape[0] * shape[1])
        best = np.where(chosen < 0, np.nan, _earned(r, values.train[chosen])).reshape(shape)
        drawn = HeatMap(axis_words(down), axis_words(across), axes.levels[down], axes.levels[across], best)
        ring = tuple(None if c.number is None else axes.levels[a][axes.at[a][c.number]] for a in (down, across))
        told = f"best {_above(r)} in training by {axis_words(down)} and {axis_words(across)}"
        return self._picture(f"{u.name}: {told}; the {c.name} is set off", effects.heat(drawn, (ring[0], ring[1]), 720))

    def _shown(self, unit: str | None) -> tuple[UnitResult, Chosen]:
        """The unit of that name, or the only one, and the policy that the report is about."""
        r = self._r
        if unit is None and len(r.units) != 1:
            first = r.units[0].name if r.units else ""
            raise ConfigError(f"{r.study} has {len(r.units)} units; say which one, e.g. callers.plot.equity({first!r})")
        found = r.units[0] if unit is None else r.unit(unit)
        if found.shown is None:
            raise ConfigError(f"{found.name} has no best policy ({found.state}), so there is nothing to draw")
        return found, found.shown

    def _chart(self, unit: UnitResult, c: Chosen, what: str, chart: Chart | None) -> Picture:
        if chart is None:
            raise ConfigError(f"{unit.name}: the {c.name} made no trade, so there is nothing to draw")
        return self._picture(f"{unit.name}: {what}, of the {c.name}", chart.wide)

    def _picture(self, what: str, svg: str) -> Picture:
        return Picture(f"{self._r.study}: {what}", svg, SHEET)


def _value(c: Chosen | None, held_out: bool) -> float | None:
    return None if c is None else c.held_out_value if held_out else c.value


def _earned(r: CallerResults, values: FloatArray1D) -> FloatArray1D:
    """How far values of the objective lie above earning nothing; shares in percent."""
    scale = 100.0 if r.plan.objective in SHARES else 1.0
    earned: FloatArray1D = scale * (values - nothing(r.plan.objective, r.plan.account.initial))
    return earned


def _above(r: CallerResults) -> str:
    """What that is, in words."""
    base, name = nothing(r.plan.objective, r.plan.account.initial), label(r.plan.objective)
    return f"{name} above {facts.value_words(r, base)}" if base else name


def _bars(r: CallerResults, rows: list[tuple[str, float]]) -> str:
    """A bar a caller from what earning nothing would be, to the right above it and to the left below."""
    canvas = Canvas(640, 8 + 22 * len(rows), f"{label(r.plan.objective)} by caller")
    left = min(max(max(len(name) for name, _ in rows) * 6.2 + 14, 60), 200)
    earned = _earned(r, np.array([value for _, value in rows]))
    x = Scale(*padded(earned), left, canvas.width - 90)
    for i, ((name, value), above) in enumerate(zip(rows, earned.tolist(), strict=True)):
        mid, said = 12 + 22 * i, facts.value_words(r, value)
        canvas.text(left - 8, mid + 4, name if len(name) <= 30 else f"{name[:29]}…", anchor="end")
        start, end = sorted((x(0), x(above)))
        kind = "bar gain" if above >= 0 else "bar loss"
        canvas.rect(start, mid - 6, max(end - start, 0.8), 12, kind, f"{name}: {said}")
        canvas.text(canvas.width - 4, mid + 4, said, "tick strong", "end")
    return canvas.render()
