"""What each section of the report says, computed from the results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from quantray.plain import amount
from quantray.report import charts, words
from quantray.report.svg import Chart
from quantray.search import searched_by
from quantray.stats.interval import trade_interval
from quantray.sweeps.report import survival
from quantray.sweeps.results import Results, Row
from quantray.sweeps.scores import Sample

COMPARED = (
    "n_trades", "return_on_risk_percent", "total_pnl", "expectancy", "win_rate", "profit_factor", "sharpe",
    "max_drawdown", "avg_risk", "median_net", "p05_net", "mean_duration_s", "max_duration_s",
)  # fmt: skip


def subtitle(r: Results) -> str:
    """One line: which data, which search, how many."""
    parts = [str(r.data[k]) for k in ("underlying", "source") if r.data.get(k)]
    size = r.plan.space.size
    of = f" of {amount(size, 'point')}" if size else ""
    kind = searched_by(r.plan.search)
    parts.append(f"{kind}, {amount(r.counts.attempts, 'candidate')}{of}")
    return " · ".join(parts)


def _traded(metrics: Mapping[str, Any]) -> str:
    n = metrics.get("n_trades")
    return "unknown trades" if n is None else amount(int(n), "trade")


def tiles(r: Results) -> list[tuple[str, str, str]]:
    """The figures on top, of the candidate that is shown: title, figure, small print."""
    c = r.shown
    if c is None:
        return []
    name, held = r.plan.objective, c.outside
    found = [(words.label(name), words.metric(name, c.value), f"{c.name}, sessions searched")]
    if held is not None:
        found.append((words.label(name), words.metric(name, held.value), f"{c.name}, sessions held out"))
    net = words.metric("total_pnl", c.metrics.get("total_pnl"))
    found.append(("total net", net, f"{_traded(c.metrics)} searched"))
    if held is not None:
        net = words.metric("total_pnl", held.metrics.get("total_pnl"))
        found.append(("total net", net, f"{_traded(held.metrics)} held out"))
    else:
        rest = ("win_rate", "max_drawdown")
        found += [(words.label(n), words.metric(n, c.metrics.get(n)), "sessions searched") for n in rest]
    return found


def parameters(r: Results) -> list[list[str]]:
    """Each parameter of the pick and of the peak, or of the one there is."""
    chosen = survival.both(r)
    return (
        [[words.label(k), *(words.parameter(c.params.get(k)) for c in chosen)] for k in chosen[0].params]
        if chosen
        else []
    )


def kept_best(r: Results) -> list[list[str]]:
    """Parameters and metrics of the best trial as they are stored with it, where nothing could be simulated."""
    best = r.best
    if best is None or r.in_sample is not None:
        return []
    rows = [[words.label(name), words.parameter(value)] for name, value in best.params.items()]
    return rows + [[words.label(n), words.metric(n, best.metrics[n])] for n in COMPARED if n in best.metrics]


def columns(r: Results) -> list[str]:
    """Over the figures of the candidates: searched and, where there are any, held out."""
    found = [""]
    for c in survival.both(r):
        found += [f"{c.name}, searched", *([f"{c.name}, held out"] if c.outside else [])]
    return found


def own_columns(r: Results) -> list[str]:
    """The same over figures of the candidate that is shown."""
    return ["", "searched", *(["held out"] if _held(r) else [])]


def _held(r: Results) -> bool:
    return r.shown is not None and r.shown.outside is not None


def comparison(r: Results) -> list[list[str]]:
    """Metric, and its figure for each of the columns."""
    rows = []
    for name in COMPARED:
        cells: list[str] = []
        for c in survival.both(r):
            cells.append(words.metric(name, c.metrics.get(name)))
            cells += [words.metric(name, c.outside.metrics.get(name))] if c.outside else []
        rows.append([words.label(name), *cells])
    statistic = [[words.number(c.statistic)] + ([words.DASH] if c.outside else []) for c in survival.both(r)]
    rows.append(["statistic (Student's t)", *(cell for cells in statistic for cell in cells)])
    return [row for row in rows if set(row[1:]) != {words.DASH}] if len(rows[0]) > 1 else []


def interval_sentence(r: Results) -> list[str]:
    """The mean net per trade of the candidate that is shown with its range, for each part."""
    said = []
    for sample, unseen in samples(r):
        net, n = sample.session_net, np.bincount(sample.trades.session, minlength=len(sample.slice))
        found = trade_interval(net, n, seed=r.plan.seed)
        if found is not None:
            low, high = words.number(found.low), words.number(found.high)
            said.append(
                f"The {r.shown.name if r.shown else 'best'}, sessions {'held out' if unseen else 'searched'}: "
                f"{words.number(found.mean)} net per trade, 90 % range {low} to {high} (whole sessions redrawn, "
                f"{found.n_sessions} of them)."
            )
    return said


def samples(r: Results) -> list[tuple[Sample, bool]]:
    """Of the candidate that is shown: each part, and whether the search did not see it."""
    if r.shown is None:
        return []
    return [(s, unseen) for s, unseen in ((r.shown.inside, False), (r.shown.outside, True)) if s is not None]


def session_bars(r: Results) -> Chart | None:
    bars = []
    for sample, unseen in samples(r):
        net, n = sample.session_net, np.bincount(sample.trades.session, minlength=len(sample.slice))
        bars += [charts.Bar(d, float(a), unseen, int(b)) for d, a, b in zip(sample.slice.dates, net, n, strict=True)]
    return Chart(*(charts.sessions(bars, w, h) for w, h in ((960, 200), (350, 190)))) if bars else None


def _metrics(r: Results) -> tuple[Row, Row]:
    """Of the candidate that is shown, searched and held out."""
    c = r.shown
    return (c.metrics if c else {}), (c.outside.metrics if c and c.outside else {})


def refusals(r: Results) -> list[list[str]]:
    """Signals that opened nothing by reason, and fills at carried prices."""
    made, held = _metrics(r)
    rows = [n for n in made if n.startswith("refused_") and (made.get(n) or held.get(n))]
    rows = [n for n in ("n_signals", "n_signals_carried") if n in made] + rows
    rows += ["no_bid_at_close"] if made.get("no_bid_at_close") or held.get("no_bid_at_close") else []
    rows += [n for n in ("carried_entry_share", "carried_exit_share") if n in made]
    return [
        [words.label(n), words.metric(n, made.get(n)), *([words.metric(n, held.get(n))] if _held(r) else [])]
        for n in rows
    ]
