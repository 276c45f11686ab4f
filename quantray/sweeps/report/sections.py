"""What each section of the report says, computed from the results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from quantray.plain import amount
from quantray.report import charts, words
from quantray.report import effects as drawn
from quantray.report.svg import Chart
from quantray.stats.interval import trade_interval
from quantray.sweeps.objective import objective
from quantray.sweeps.report import survival
from quantray.sweeps.results import Results, Row
from quantray.sweeps.scores import Sample
from quantray.trial import TrialState

COMPARED = (
    "n_trades", "return_on_risk_percent", "total_pnl", "expectancy", "win_rate", "profit_factor", "sharpe",
    "max_drawdown", "avg_risk", "median_net", "p05_net", "mean_duration_s", "max_duration_s",
)  # fmt: skip


def subtitle(r: Results) -> str:
    """One line: which data, which search, how many."""
    parts = [str(r.data[k]) for k in ("underlying", "source") if r.data.get(k)]
    size = r.plan.space.size
    of = f" of {amount(size, 'point')}" if size else ""
    kind = words.searched_by(r.plan.search.kind, r.plan.search.sampler)
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


def equity(r: Results) -> Chart | None:
    """Net after each trade in the order of their exits."""
    parts: dict[bool, np.ndarray] = {False: np.empty(0), True: np.empty(0)}
    bounds: list[int] = []
    at = 0
    for sample, unseen in samples(r):
        t = sample.trades
        order = np.lexsort((t.signal_bar, t.entry_bar, t.exit_bar, t.session))
        parts[unseen] = t.net[order]
        bounds += [at + int(i) for i in np.flatnonzero(np.diff(t.session[order], prepend=-1))]
        at += len(t)
    if not at:
        return None
    return Chart(*(charts.equity(parts[False], parts[True], bounds, w, h) for w, h in ((960, 270), (350, 220))))


def session_bars(r: Results) -> Chart | None:
    bars = []
    for sample, unseen in samples(r):
        net, n = sample.session_net, np.bincount(sample.trades.session, minlength=len(sample.slice))
        bars += [charts.Bar(d, float(a), unseen, int(b)) for d, a, b in zip(sample.slice.dates, net, n, strict=True)]
    return Chart(*(charts.sessions(bars, w, h) for w, h in ((960, 200), (350, 190)))) if bars else None


def progress(r: Results) -> Chart | None:
    """Only of a search: the order in a complete table means nothing."""
    values = np.array([t.value for t in r.trials if t.state is TrialState.COMPLETE and t.value is not None])
    if len(values) < 2 or r.plan.search.kind == "exhaustive":
        return None
    return Chart(*(charts.progress(values, w, h) for w, h in ((960, 220), (350, 200))))


def top_table(r: Results) -> dict[str, Any]:
    """Head and rows of the best trials: parameters that vary, then the metrics that tell them apart."""
    from quantray.sweeps.report.tables import top, trials_frame

    metrics = ("n_trades", "win_rate", "total_pnl", "profit_factor", "sharpe", "max_drawdown")
    varying = [d.name for d in r.plan.space.dimensions if d.values is None or len(d.values) > 1]
    with_oos = bool(r.top_oos)
    best = top(trials_frame(r.trials, r.plan.space), r.plan.report.top)
    by_number = {t.number: t for t in r.trials}
    judged = objective(r.plan.objective)
    rows = []
    for rank, number in zip(best["rank"].tolist(), best["number"].tolist(), strict=True):
        t = by_number[number]
        cells = [str(rank), f"{number:,}", words.metric(r.plan.objective, t.value)]
        if with_oos:
            cells.append(words.metric(judged.text, judged.value(r.top_oos.get(number, {}))))
        cells += [words.parameter(t.params.get(name)) for name in varying]
        cells += [words.metric(name, t.metrics.get(name)) for name in metrics if name != r.plan.objective]
        rows.append((cells, t.feasible))
    head = ["rank", "trial", words.label(r.plan.objective), *(["held out"] if with_oos else [])]
    head += [words.label(n) for n in varying] + [words.label(n) for n in metrics if n != r.plan.objective]
    return {"head": head, "rows": rows}


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


def heat_map(r: Results) -> tuple[str, str, Chart] | None:
    h = r.surface.heat if r.surface else None
    if h is None or not np.isfinite(h.best).any():
        return None
    chosen = (r.shown.params.get(h.rows), r.shown.params.get(h.columns)) if r.shown else (None, None)
    return words.label(h.rows), words.label(h.columns), Chart(*(drawn.heat(h, chosen, w) for w in (560, 350)))


def histogram(r: Results) -> Chart | None:
    s = r.surface
    if s is None or not s.counts:
        return None
    best = r.best.value if r.best else None
    marks = ((s.quantiles.get(0.5), "median"), (r.pick.value if r.pick else None, "pick"), (best, "peak"))
    return Chart(*(charts.histogram(s.edges, s.counts, marks, w, h) for w, h in ((560, 220), (350, 200))))


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


def _metrics(r: Results) -> tuple[Row, Row]:
    """Of the candidate that is shown, searched and held out."""
    c = r.shown
    return (c.metrics if c else {}), (c.outside.metrics if c and c.outside else {})


def exits(r: Results) -> list[tuple[str, int, int, float]]:
    """Reason, count in sample, count out of sample, length of the bar in [0, 1]."""
    made, held = _metrics(r)
    names = [n for n in made if n.startswith("exits_")]
    names += ["no_bid_at_close"] if made.get("no_bid_at_close") or held.get("no_bid_at_close") else []
    counts = [(n, int(made.get(n) or 0), int(held.get(n) or 0)) for n in names]
    most = max((a for _, a, _ in counts), default=0) or 1
    return [(words.label(n).removeprefix("exits: "), a, b, a / most) for n, a, b in counts]


def refusals(r: Results) -> list[list[str]]:
    """Signals that opened nothing by reason, and fills at carried prices."""
    made, held = _metrics(r)
    rows = [n for n in made if n.startswith("refused_") and (made.get(n) or held.get(n))]
    rows = [n for n in ("n_signals", "n_signals_carried") if n in made] + rows
    rows += [n for n in ("carried_entry_share", "carried_exit_share") if n in made]
    return [
        [words.label(n), words.metric(n, made.get(n)), *([words.metric(n, held.get(n))] if _held(r) else [])]
        for n in rows
    ]


def trade_list(r: Results, at_most: int = 300) -> dict[str, Any]:
    """Trades of the candidate that is shown in time order."""
    rows: list[tuple[list[str], bool, bool]] = []
    for sample, unseen in samples(r):
        t = sample.trades
        for i in range(len(t)):
            if len(rows) == at_most:
                break
            session = sample.slice.sessions[int(t.session[i])]
            contract = session.symbol[int(t.contract[i])].strip() if t.contract[i] >= 0 else words.DASH
            clock = [_clock(session.open_s + int(bar) * session.interval_s) for bar in (t.entry_bar[i], t.exit_bar[i])]
            prices = [words.number(float(p)) for p in (t.entry_price[i], t.exit_price[i])]
            net, reason = float(t.net[i]), _reason(int(t.reason[i]))
            rows.append(([session.date, *clock, contract, *prices, reason, words.number(net)], unseen, net < 0))
    return {"rows": rows, "total": sum(len(s.trades) for s, _ in samples(r))}


def _clock(seconds: int) -> str:
    seconds %= 86_400  # a session that opened the evening before goes on beyond midnight
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _reason(code: int) -> str:
    from quantray.sweeps.trades import ExitReason

    return ExitReason(code).name.lower().replace("_", " ")
