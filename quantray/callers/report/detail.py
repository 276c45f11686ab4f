"""What the report says of one unit: its policy, how it fared, what speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantray.callers.policies import written
from quantray.callers.report import charts, income, plane, sheets, survival
from quantray.callers.report.grid import GridValues
from quantray.callers.report.idle import target_notes, told_of
from quantray.callers.report.plane import Axes
from quantray.callers.report.tables import LATE, parts_of
from quantray.callers.report.words import COLLAPSED, STATES, axis_words, gain, label, metric
from quantray.callers.results import GROUP, LANES, CallerResults, Chosen, Row, UnitResult
from quantray.plain import amount
from quantray.report.words import DASH, number

COMPARED = (
    "n_trades", "captured_return", "median_return", "p05_return", "p95_return", "win_rate", "profit_factor",
    "expectancy", "mean_r", "capture_ratio", "stop_out_rate", "p95_adverse", "time_exposed", "exposure",
    "final_capital", "total_return", "max_drawdown", "sharpe", "sortino", "ambiguous_share", "end_of_data_share",
)  # fmt: skip
#: A peak is a plateau when half of its neighbours keep this share of what it gains.
PLATEAU = 0.5
#: Policies with the same trades that are named.
NAMED = 4


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """What all details of a page share: the axes of the grid, and how much of each unit there is room for."""

    axes: Axes
    cells: int  # of planes, a unit
    trades: Mapping[str, int]  # unit -> rows


def detail(r: CallerResults, unit: UnitResult, values: GridValues, anchor: str, room: Room) -> dict[str, Any]:
    """Everything that the template shows of a unit with a best policy; ``values`` are of its grid."""
    initial = r.plan.account.initial
    c = unit.shown
    assert c is not None
    parts = [(part, name == "held_out") for name, part in parts_of(c)]
    made = income.earned(r, c)
    called, months = income.months(made)
    return {
        "anchor": anchor,
        "unit": unit,
        "policy": written(c.policy),
        "sentence": told_of(c),
        "survival": survival.sentences(r, unit),
        "levels": survival.levels(unit),
        "both": survival.both(r, unit),
        "flags": flags(r, unit, c, values),
        "comparison": comparison(r, c),
        "around": neighbours(r, c),
        "plateau": plateau(r.plan.objective, c, initial),
        "account": charts.account(parts, initial),
        "cumulated": None if r.plan.account.limited else charts.cumulated(parts),
        "returns": [
            (name, found) for name, part in (("training", c.train), ("held out", c.held_out))
            if (found := charts.returns(part)) is not None
        ],
        **_map(r, unit, values, room),
        "earned_in": income.unit_of(r),
        "assets": income.assets(r, made),
        "period": called,
        "months": charts.months(called, months, income.unit_of(r)),
        "exits": [(name, [(f"{n:,}", number(net) if n else DASH) for n, net in cells])
                  for name, cells in income.exits(made)],
        "skips": skips(r, unit, c),
        "lanes": lanes(r, c),
        "top": sheets.better(r, unit, room.axes, looked(r)),
        "trades": sheets.trades(r, c, room.trades.get(unit.name, 0), unit.name == GROUP),
        "n_trades": amount(sum(len(part.trades) for part, _ in parts), "call"),
    }  # fmt: skip


def _map(r: CallerResults, unit: UnitResult, values: GridValues, room: Room) -> dict[str, Any]:
    """The grid as planes of two axes, or level by level where one alone varies."""
    axes, c = room.axes, unit.shown
    found = plane.planes(r, unit, values, axes, room.cells)
    one, summary = next(iter(axes.levels), None), plane.summarised(r, values, axes)
    levels = None
    if not found and one is not None and summary is not None:
        at = None if c is None or c.number is None else axes.levels[one][axes.at[one][c.number]]
        levels = charts.levels(one, summary, at)
    n = len(axes.levels)
    return {"planes": found, "line": levels, "planes_left_out": max(n * (n - 1) // 2 - len(found), 0) if found else 0}


def two(r: CallerResults, first: str, train: str, held: str) -> list[str]:
    """A row whose held-out figure comes first, because that is what counts; without one where nothing is held out."""
    return [first, train] if r.split_ns is None else [first, held, train]


def columns(r: CallerResults) -> list[str]:
    return two(r, "", "training", "held out")


def _both(c: Chosen, name: str) -> tuple[Any, Any]:
    return tuple(None if part is None else part.metrics.get(name) for part in (c.train, c.held_out))  # type: ignore[return-value]


def comparison(r: CallerResults, c: Chosen) -> list[list[str]]:
    names = [r.plan.objective, *(n for n in COMPARED if n != r.plan.objective)]
    rows = [(n, *(metric(n, v) for v in _both(c, n))) for n in names]
    return [two(r, label(n), a, b) for n, a, b in rows if (a, b) != (DASH, DASH)]


def flags(r: CallerResults, unit: UnitResult, c: Chosen, values: GridValues) -> list[str]:
    """What has to be known beside the policy."""
    said = []
    policy, limited = c.policy, r.plan.account.limited
    if policy.wide_stop:
        said.append(f"Wide stop: at {policy.sl:g}x, more than 12 % below the entry.")
    if policy.far_target:
        said.append(f"Far target: at {policy.tp:g}x, more than four times the entry.")
    if limited and unit.collapsed == "collapsed":
        said.append("Collapsed: no policy of the grid ends the training period with the capital it began with.")
    if limited and unit.collapsed_held_out == "collapsed":
        said.append("Collapsed on the held-out calls: no policy of the grid keeps its capital there.")
    if c.held_out is not None and not c.held_out.metrics.get("n_trades"):
        said.append("ZERO TRADES on the held-out calls: nothing says that this policy works.")
    return [*said, *target_notes(c), *twins(r, c, values)]


def twins(r: CallerResults, c: Chosen, values: GridValues) -> list[str]:
    """That other policies of the grid make the same training trades, so that nothing tells them apart."""
    same = values.twins(c.number)
    if not len(same):
        return []
    named = "; ".join(written(r.plan.policies[i]) for i in same[:NAMED].tolist())
    more = f" and {len(same) - NAMED:,} more" if len(same) > NAMED else ""
    verb = "makes" if len(same) == 1 else "make"
    others = amount(len(same), "other policy", "other policies")
    return [f"{others} of the grid {verb} the same training trades to the last bit, so nothing in training speaks for "
            f"this one before {'it' if len(same) == 1 else 'them'}: {named}{more}."]  # fmt: skip


def neighbours(r: CallerResults, c: Chosen) -> list[list[str]]:
    """Change, training, trades of every policy one step away; held out too with ``report.held_out=all``."""
    name = r.plan.objective
    return [
        [_change(n.change), *([metric(name, n.held_out)] if looked(r) else []), metric(name, n.value),
         number(n.n_trades)]
        for n in c.neighbours
    ]  # fmt: skip


def _change(change: str) -> str:
    """
    >>> _change("tp 2 -> 2.5"), _change("break_even 1.3 -> none"), _change("hold 2d -> 4h")
    ('target 2 → 2.5', 'break even 1.3 → none', 'hold 2d → 4h')
    """
    axis, _, levels = change.partition(" ")
    return f"{axis_words(axis)} {levels.replace('->', '→')}"


def looked(r: CallerResults) -> bool:
    """Whether held-out values of policies other than pick and peak are shown."""
    return r.split_ns is not None and r.plan.report.held_out == "all"


def plateau(objective: str, unit: UnitResult | Chosen, initial: float) -> str:
    """Whether the policy stands on a plateau or on a spike, by what its neighbours gain in training."""
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


def skips(r: CallerResults, unit: UnitResult, c: Chosen) -> list[list[str]]:
    """Calls of each part: executed, skipped, and why some opened nothing."""
    names = ["no_entry", *(n for n in (c.train.metrics if c.train else {}) if n.startswith("skipped_"))]
    by_reason = [(name, *_both(c, name)) for name in names]
    trades = _both(c, "n_trades")
    total = [sum(int(row[k] or 0) for row in by_reason) for k in (1, 2)]
    shown = [two(r, "executed", number(trades[0]), number(trades[1])), two(r, "skipped", *map(number, total))]
    shown += [two(r, label(name), number(a), number(b)) for name, a, b in by_reason if a or b]
    return [*shown, two(r, "calls", number(unit.n_train), number(unit.n_held_out))]


def lanes(r: CallerResults, unit: Chosen) -> list[list[str]]:
    """The policy simulated again under other assumptions, one candle late first; trades beside each value."""
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


def state_words(unit: UnitResult) -> str:
    return STATES.get(unit.state, unit.state)


def collapsed_words(unit: UnitResult) -> str:
    """In training, and on the held-out calls where there are any."""
    parts = [COLLAPSED.get(unit.collapsed, unit.collapsed)]
    if unit.collapsed_held_out is not None:
        parts.append(COLLAPSED.get(unit.collapsed_held_out, unit.collapsed_held_out))
    return parts[0] if len(set(parts)) == 1 else " / ".join(parts)
