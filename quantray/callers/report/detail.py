"""What the report says of one unit: its policy, how it fared, what speaks against it."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantray.arrays import FloatArray1D
from quantray.callers.codes import Reason
from quantray.callers.policies import written
from quantray.callers.report import charts
from quantray.callers.report.tables import LATE, parts_of
from quantray.callers.report.words import COLLAPSED, STATES, gain, label, metric, sentence
from quantray.callers.results import LANES, CallerResults, Part, Row, UnitResult
from quantray.report.words import DASH, number

COMPARED = (
    "n_trades", "captured_return", "median_return", "p05_return", "p95_return", "win_rate", "profit_factor",
    "expectancy", "mean_r", "capture_ratio", "stop_out_rate", "p95_adverse", "time_exposed", "exposure",
    "final_capital", "total_return", "max_drawdown", "sharpe", "sortino", "ambiguous_share", "end_of_data_share",
)  # fmt: skip
#: A peak is a plateau when half of its neighbours keep this share of what it gains.
PLATEAU = 0.5
#: Policies of the grid that are listed; the table of the grid has all.
LISTED = 10


def detail(r: CallerResults, unit: UnitResult, values: dict[str, FloatArray1D], anchor: str) -> dict[str, Any]:
    """Everything that the template shows of a unit with a best policy."""
    objective, initial = r.plan.objective, r.plan.account.initial
    parts = [(part, name == "held_out") for name, part in parts_of(unit)]
    assert unit.policy is not None
    return {
        "anchor": anchor,
        "unit": unit,
        "policy": written(unit.policy),
        "sentence": sentence(unit.policy),
        "flags": flags(r, unit),
        "comparison": comparison(r, unit),
        "around": neighbours(r, unit),
        "plateau": plateau(objective, unit, initial),
        "account": charts.account(parts, initial),
        "cumulated": None if r.plan.account.limited else charts.cumulated(parts),
        "returns": [
            (name, found) for name, part in (("training", unit.train), ("held out", unit.held_out))
            if (found := charts.returns(part)) is not None
        ],
        "map": charts.grid_map(r.plan.policies, objective, values["train"], values["held_out"], unit.best),
        "exits": exits(unit),
        "skips": skips(r, unit),
        "lanes": lanes(r, unit),
        "top": top(r, unit),
    }  # fmt: skip


def two(r: CallerResults, first: str, train: str, held: str) -> list[str]:
    """A row whose held-out figure comes first, because that is what counts; without one where nothing is held out."""
    return [first, train] if r.split_ns is None else [first, held, train]


def columns(r: CallerResults) -> list[str]:
    return two(r, "", "training", "held out")


def _both(unit: UnitResult, name: str) -> tuple[Any, Any]:
    return tuple(None if part is None else part.metrics.get(name) for part in (unit.train, unit.held_out))  # type: ignore[return-value]


def comparison(r: CallerResults, unit: UnitResult) -> list[list[str]]:
    names = [r.plan.objective, *(n for n in COMPARED if n != r.plan.objective)]
    rows = [(n, *(metric(n, v) for v in _both(unit, n))) for n in names]
    return [two(r, label(n), a, b) for n, a, b in rows if (a, b) != (DASH, DASH)]


def flags(r: CallerResults, unit: UnitResult) -> list[str]:
    """What has to be known beside the policy."""
    said = []
    policy, limited = unit.policy, r.plan.account.limited
    if policy is not None and policy.wide_stop:
        said.append(f"Wide stop: at {policy.sl:g}x, more than 12 % below the entry.")
    if policy is not None and policy.far_target:
        said.append(f"Far target: at {policy.tp:g}x, more than four times the entry.")
    if limited and unit.collapsed == "collapsed":
        said.append("Collapsed: no policy of the grid ends the training period with the capital it began with.")
    if limited and unit.collapsed_held_out == "collapsed":
        said.append("Collapsed on the held-out calls: no policy of the grid keeps its capital there.")
    if unit.held_out is not None and not unit.held_out.metrics.get("n_trades"):
        said.append("ZERO TRADES on the held-out calls: nothing says that this policy works.")
    return said


def neighbours(r: CallerResults, unit: UnitResult) -> list[list[str]]:
    """Change, held out, training, trades of every policy one step away."""
    name = r.plan.objective
    return [
        [*two(r, n.change.replace("->", "→"), metric(name, n.value), metric(name, n.held_out)), number(n.n_trades)]
        for n in unit.neighbours
    ]


def plateau(objective: str, unit: UnitResult, initial: float) -> str:
    """Whether the best policy stands on a plateau or on a spike, by what its neighbours gain in training."""
    own = gain(objective, unit.value, initial)
    near = [gain(objective, n.value, initial) for n in unit.neighbours]
    valued = np.array([v for v in near if v is not None])
    if own is None or not len(valued):
        return "No policy one step away has a value: whether it is a plateau or a spike cannot be told."
    if own <= 0:
        return f"It gains nothing in training, so there is no peak; {int((valued > 0).sum())} of {len(valued)} gain."
    share = float(np.median(valued)) / own
    word = "A plateau" if share >= PLATEAU else "A spike"
    kept = f"keep {100 * share:.0f} % of what it gains" if share > 0 else "gain nothing"
    return f"{word}: its neighbours, one step away in one level, {kept} in training (median of {len(valued)})."


def skips(r: CallerResults, unit: UnitResult) -> list[list[str]]:
    """Calls of each part: executed, skipped, and why some opened nothing."""
    names = ["no_entry", *(n for n in (unit.train.metrics if unit.train else {}) if n.startswith("skipped_"))]
    by_reason = [(name, *_both(unit, name)) for name in names]
    trades = _both(unit, "n_trades")
    total = [sum(int(row[k] or 0) for row in by_reason) for k in (1, 2)]
    shown = [two(r, "executed", number(trades[0]), number(trades[1])), two(r, "skipped", *map(number, total))]
    shown += [two(r, label(name), number(a), number(b)) for name, a, b in by_reason if a or b]
    return [*shown, two(r, "calls", number(unit.n_train), number(unit.n_held_out))]


def exits(unit: UnitResult) -> list[tuple[str, int, int, float]]:
    """What ended the executed trades: reason, training, held out, length of the bar in [0, 1]."""
    rows = [(reason, _ended(unit.train, reason), _ended(unit.held_out, reason)) for reason in Reason]
    most = max((max(a, b) for _, a, b in rows), default=0) or 1
    return [(label(reason.name.lower()), a, b, a / most) for reason, a, b in rows if a or b]


def _ended(part: Part | None, reason: Reason) -> int:
    return 0 if part is None else int(((part.trades.skip == 0) & (part.trades.reason == reason)).sum())


def lanes(r: CallerResults, unit: UnitResult) -> list[list[str]]:
    """The best policy simulated again under other assumptions, one candle late first; trades beside each value."""
    own = (unit.train.metrics if unit.train else {}, unit.held_out.metrics if unit.held_out else None)
    order = sorted(unit.lanes, key=lambda lane: (lane != LATE, list(LANES).index(lane) if lane in LANES else 99))
    found: list[tuple[str, Row, Row | None]] = [("as ranked", *own)]
    found += [(lane, *unit.lanes[lane]) for lane in order]
    name, rows = r.plan.objective, []
    for lane, train, held in found:
        cells = [[metric(name, (part or {}).get(name)), number((part or {}).get("n_trades"))] for part in (train, held)]
        rows.append([lane, LANES.get(lane, "the ranking's own assumptions")])
        rows[-1] += cells[0] if r.split_ns is None else [*cells[1], *cells[0]]
    return rows


def top(r: CallerResults, unit: UnitResult) -> list[list[str]]:
    """The best policies of the grid by their training value."""
    name, rows = r.plan.objective, []
    for rank, (policy, train, held) in enumerate(unit.top[:LISTED], 1):
        cells = [[metric(name, (part or {}).get(name)), number((part or {}).get("n_trades"))] for part in (train, held)]
        figures = cells[0] if r.split_ns is None else [*cells[1], *cells[0]]
        rows.append([str(rank), written(r.plan.policies[policy]), *figures, metric("win_rate", train.get("win_rate"))])
    return rows


def state_words(unit: UnitResult) -> str:
    return STATES.get(unit.state, unit.state)


def collapsed_words(unit: UnitResult) -> str:
    """In training, and on the held-out calls where there are any."""
    parts = [COLLAPSED.get(unit.collapsed, unit.collapsed)]
    if unit.collapsed_held_out is not None:
        parts.append(COLLAPSED.get(unit.collapsed_held_out, unit.collapsed_held_out))
    return parts[0] if len(set(parts)) == 1 else " / ".join(parts)
