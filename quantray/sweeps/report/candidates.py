"""The better candidates of a sweep in one table, and how the objective lies over all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantray.plain import amount
from quantray.report import charts, words
from quantray.report import effects as drawn
from quantray.report.sheet import Sheet
from quantray.report.svg import Chart
from quantray.sweeps.objective import objective
from quantray.sweeps.report import survival
from quantray.sweeps.results import Results, Row
from quantray.trial import TrialState

#: Of the best by objective (or ``report.top``, if that is more), and of the survivors that are best by it.
LISTED = 300
METRICS = (
    "n_trades", "win_rate", "return_on_risk_percent", "expectancy", "total_pnl", "profit_factor", "sharpe",
    "max_drawdown", "p05_net", "mean_duration_s",
)  # fmt: skip
SIGNED = ("return_on_risk_percent", "expectancy", "total_pnl", "sharpe", "p05_net")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One row: ``number`` is a point where the whole table was tested, else a trial."""

    number: int
    params: Mapping[str, Any]
    value: float
    metrics: Row
    feasible: bool
    trial: int | None  # its trial, where it is one of those that are listed


def leading(r: Results) -> list[Candidate]:
    """The best by objective and the best survivors, each once: pick and peak, then feasible first, value falling."""
    found: dict[int, Candidate] = {}
    for c in (*_survivors(r), *_trials(r)):
        found[c.number] = c  # of two the trial, which has a number of its own
    named = list(_named(r))
    return sorted(
        found.values(),
        key=lambda c: (
            named.index(c.number) if c.number in named else len(named), not c.feasible, -c.value, c.number,
        ),
    )  # fmt: skip


def _named(r: Results) -> dict[int, str]:
    """Number -> pick, peak, or both."""
    found: dict[int, str] = {}
    for c in survival.both(r):
        number = r.plan.space.number(c.params) if _whole(r) else c.number
        found[number] = f"{found[number]} {c.name}" if number in found else c.name
    return found


def _whole(r: Results) -> bool:
    return r.surviving is not None and r.surviving.whole


def _trials(r: Results) -> Iterator[Candidate]:
    valued = [t for t in r.trials if t.state is TrialState.COMPLETE and t.value is not None]
    best = sorted(valued, key=lambda t: (not t.feasible, -(t.value or 0.0), t.number))[: max(LISTED, r.plan.report.top)]
    for t in best:
        number = r.plan.space.number(t.params) if _whole(r) else t.number
        yield Candidate(number, t.params, float(t.value or 0.0), t.metrics, t.feasible, t.number)


def _survivors(r: Results) -> Iterator[Candidate]:
    s = r.surviving
    if s is None or not s.n:
        return
    frame = s.frame
    value = "metric.value" if "metric.value" in frame else "value"
    best = frame.sort_values([value, "number"], ascending=[False, True], kind="stable").head(LISTED)
    if r.pick is not None and r.pick.number not in set(best["number"]):
        best = frame[frame["number"].isin([*best["number"], r.pick.number])]
    params = {t.number: t.params for t in r.trials} if not s.whole else {}
    for row in best.to_dict("records"):
        number = int(row["number"])
        metrics = {n: _plain(row.get(f"metric.{n}", row.get(n))) for n in METRICS}
        point = r.plan.space.point(number) if s.whole else params[number]
        yield Candidate(number, point, float(row[value]), metrics, True, None if s.whole else number)


def _plain(value: object) -> float | int | None:
    return value if isinstance(value, int | float) and value == value else None


def sheet(r: Results) -> Sheet | None:
    """Everything about the better candidates that a reader may want to sort by; None where none has a value."""
    rows = leading(r)
    if not rows:
        return None
    columns = [_names(r, rows), _objective(r, rows), *_held_out(r, rows), *_tested(r, rows), *_bounds(rows)]
    for d in r.plan.space.dimensions:
        if d.values is None or len(d.values) > 1:
            columns.append((words.label(d.name), [words.parameter(c.params.get(d.name)) for c in rows], None))
    for name in METRICS:
        if name != r.plan.objective:
            values = [c.metrics.get(name) for c in rows]
            columns.append((words.label(name), [words.metric(name, v) for v in values], values))
    head = [title for title, _, _ in columns]
    signed = {words.label(name) for name in (*SIGNED, r.plan.objective)} | {"statistic", "held out"}
    return Sheet(
        "candidates", head, list(zip(*(text for _, text, _ in columns), strict=True)),
        values={i: values for i, (_, _, values) in enumerate(columns) if values is not None},
        kinds=["" if c.feasible else "faint" for c in rows] if not all(c.feasible for c in rows) else (),
        signed=[i for i, title in enumerate(head) if title in signed],
        first=r.plan.report.top, rest="survivors.parquet and trials.parquet have all columns",
    )  # fmt: skip


Column = tuple[str, list[str], list[Any] | None]


def _names(r: Results, rows: list[Candidate]) -> Column:
    named = _named(r)
    text = [f"{c.number:,} {named.get(c.number, '')}".strip() for c in rows]
    return ("point" if _whole(r) else "trial"), text, [c.number for c in rows]


def _objective(r: Results, rows: list[Candidate]) -> Column:
    name = r.plan.objective
    return words.label(name), [words.metric(name, c.value) for c in rows], [c.value for c in rows]


def _held_out(r: Results, rows: list[Candidate]) -> Iterator[Column]:
    """The objective on the held-out sessions, of those for which it was asked."""
    if r.top_oos:
        judged = objective(r.plan.objective)
        looked = [None if c.trial is None else r.top_oos.get(c.trial) for c in rows]
        values = [None if row is None else judged.value(row) for row in looked]
        yield "held out", [words.metric(judged.text, v) for v in values], values


def _tested(r: Results, rows: list[Candidate]) -> Iterator[Column]:
    """Whether each survives, and its statistic."""
    s = r.surviving
    if s is None or s.tested.untested:
        return
    kept = set(s.frame["number"])
    yield "survives", ["yes" if c.number in kept else "no" for c in rows], None
    at = np.searchsorted(s.numbers, [c.number for c in rows])
    known = [i < len(s.numbers) and s.numbers[i] == c.number for i, c in zip(at, rows, strict=True)]
    values = [_plain(float(s.tested.statistic[i])) if there else None for i, there in zip(at, known, strict=True)]
    yield "statistic", [words.number(v) for v in values], values


def _bounds(rows: list[Candidate]) -> Iterator[Column]:
    if not all(c.feasible for c in rows):
        yield "bounds", ["met" if c.feasible else "not met" for c in rows], None


def listed(r: Results) -> str:
    """What the table lists, in a sentence."""
    s = r.surviving
    said = f"The best {len(list(_trials(r))):,} by {words.label(r.plan.objective)}"
    more = "" if s is None or not s.n else f" and the best {min(s.n, LISTED):,} of {amount(s.n, 'survivor')}"
    return f"{said}{more}, with every parameter that varies; on top {' and '.join(c.name for c in survival.both(r))}."


def progress(r: Results) -> Chart | None:
    """Only of a search: the order in a complete table means nothing."""
    values = np.array([t.value for t in r.trials if t.state is TrialState.COMPLETE and t.value is not None])
    if len(values) < 2 or r.plan.search.kind == "exhaustive":
        return None
    return Chart(*(charts.progress(values, w, h) for w, h in ((960, 220), (350, 200))))


def effects(r: Results) -> list[tuple[str, str, str]]:
    """Name, importance and chart of every dimension that varies, strongest first."""
    s = r.surface
    if s is None or not s.n_valued:
        return []
    chosen = r.shown.params if r.shown else {}
    names = sorted(s.effects, key=lambda n: -s.importance.get(n, 0.0))
    return [
        (words.label(n), f"{100 * s.importance.get(n, 0.0):.0f} %", drawn.level_effects(s.effects[n], chosen.get(n)))
        for n in names
    ]


def computed_on(r: Results) -> str:
    """On what the importance of parameters was computed, in a sentence."""
    s = r.surface
    if s is None:
        return ""
    on = f"the exact table, {amount(s.n_points, 'candidate')}" if s.exact else (
        f"the {amount(s.n_points, 'candidate')} that {'was' if s.n_points == 1 else 'were'} tried"
    )  # fmt: skip
    return f"Computed on {on}, {s.n_valued:,} of them with a value."


def histogram(r: Results) -> Chart | None:
    s = r.surface
    if s is None or not s.counts:
        return None
    best = r.best.value if r.best else None
    marks = ((s.quantiles.get(0.5), "median"), (r.pick.value if r.pick else None, "pick"), (best, "peak"))
    return Chart(*(charts.histogram(s.edges, s.counts, marks, w, h) for w, h in ((960, 220), (350, 200))))


def regret_sentence(r: Results) -> str | None:
    g = r.regret
    if g is None or r.plan.search.kind == "exhaustive":
        return None
    best, found = (words.metric(r.plan.objective, v) for v in (g.best, g.found))
    if g.n_better == 0:
        return f"The search found the best point of the whole table ({best})."
    return (
        f"The best point of the whole table is {best}; the search found {found}. "
        f"{amount(g.n_better, 'point')} ({words.percent(g.share_better, 3)}) "
        f"{'is' if g.n_better == 1 else 'are'} better."
    )
