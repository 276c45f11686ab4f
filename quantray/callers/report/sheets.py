"""The tables of a unit that a reader sorts and filters: its trades and skipped calls, its better policies."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantray.callers.codes import SKIPS, Reason
from quantray.callers.policies import written
from quantray.callers.report.plane import Axes
from quantray.callers.report.tables import parts_of
from quantray.callers.report.trades import costs_of
from quantray.callers.report.words import axis_words, label, level_words, metric
from quantray.callers.results import CallerResults, Chosen, Part, UnitResult
from quantray.callers.stages.levels import levels_of
from quantray.durations import NS, iso
from quantray.plain import amount
from quantray.report.sheet import Sheet
from quantray.report.words import DASH, number

#: Rows of trades that a page has; beyond them every unit keeps its first ones: executed, held out, latest.
MOST_TRADES = 12_000
FEW = 100


def rooms(r: CallerResults, units: Sequence[UnitResult]) -> dict[str, int]:
    """How many trades of each unit a page shows: all of them, or of those with many as many as there is room for."""
    need = {u.name: sum(len(part.trades) for _, part in parts_of(u.shown)) for u in units}
    left, found = MOST_TRADES, {}
    for k, (name, n) in enumerate(sorted(need.items(), key=lambda item: item[1])):
        found[name] = min(n, max(left // (len(need) - k), FEW))
        left -= found[name]
    return found


def trades(r: CallerResults, c: Chosen, room: int, whole: bool = False) -> Sheet:
    """Every call that got an entry: what was executed, then what was skipped and why; held out first, the latest first.

    ``whole``: of all callers, who are named.
    """
    limited, held = r.plan.account.limited, c.held_out is not None
    money = ["size", "costs", "net"] if limited else []
    head = ["asset", *(["part"] if held else []), *(["caller"] if whole else []), "entry", "hours", "entry price",
            "exit price", "gross %", "net %", *money, "ended by"]  # fmt: skip
    rows, kinds = [], []
    every = [(name, part, i) for name, part in reversed(parts_of(c)) for i in reversed(range(len(part.trades)))]
    every.sort(key=lambda found: bool(found[1].trades.skip[found[2]]))
    for name, part, i in every[:room]:
        asset, caller, *rest = _row(r, part, i)
        told = ["held out" if name == "held_out" else "training"] if held else []
        rows.append([asset, *told, *([caller] if whole else []), *rest])
        kinds.append("faint" if part.trades.skip[i] else "unseen" if name == "held_out" else "")
    more = f"the first {amount(len(rows), 'call')} of {len(every):,} are here; " if len(rows) < len(every) else ""
    signed = [k for k, title in enumerate(head) if title in ("gross %", "net %", "net")]
    return Sheet("Trades and skipped calls", head, rows, kinds=kinds, signed=signed, first=10,
                 rest=f"{more}trades.csv has every one")  # fmt: skip


def _row(r: CallerResults, part: Part, i: int) -> list[str]:
    t, calls = part.trades, r.coverage.plan.calls
    call, entry = int(t.call[i]), int(t.entry_ns[i])
    named = [
        calls.assets[int(calls.asset[call])],
        calls.callers[int(calls.caller[call])],
        iso(entry)[:16].replace("T", " "),
    ]
    price = float(t.entry_price[i])
    skip, limited = int(t.skip[i]), r.plan.account.limited
    if skip:
        reason = label(f"skipped_{SKIPS[skip]}")
        return [*named, DASH, _price(price), *[DASH] * (6 if limited else 3), reason]
    gross, net, size = float(t.gross[i]), float(t.net[i]), float(t.size[i])
    cost = float(costs_of(np.array(gross), np.array(net), np.array(size)))
    money = [number(size), number(cost), number(float(t.pnl[i]))] if limited else []
    doubt = ", the order inside a candle decided" if t.ambiguous[i] else ""
    return [
        *named, number((int(t.exit_ns[i]) - entry) / (3600 * NS)), _price(price), _price(price * gross),
        number(100 * (gross - 1)), number(100 * net), *money, label(Reason(int(t.reason[i])).name.lower()) + doubt,
    ]  # fmt: skip


def _price(value: float) -> str:
    """
    >>> _price(0.00001234567), _price(12.5), _price(61234.5)
    ('1.23457e-05', '12.5', '61234.5')
    """
    return f"{value:.6g}"


def better(r: CallerResults, unit: UnitResult, axes: Axes, looked: bool) -> Sheet:
    """The best policies of the grid by their training value, each level in a column of its own.

    ``looked``: their held-out values are shown too.
    """
    name, used = r.plan.objective, list(axes.levels)
    parts = ["held out", "trades"] if looked else []
    rows, marks = [], {unit.best: "peak", unit.pick.number if unit.pick else None: "pick"}
    if unit.pick is not None and unit.pick.number == unit.best:
        marks[unit.best] = "peak and pick"
    for rank, (policy, train, held) in enumerate(unit.top, 1):
        levels = levels_of(axes.policies[policy])
        told = [level_words(axis, levels[axis]) for axis in used] or [written(axes.policies[policy])]
        cells = [[metric(name, (part or {}).get(name)), number((part or {}).get("n_trades"))] for part in (train, held)]
        figures = [*cells[1], *cells[0]] if looked else cells[0]
        rows.append([str(rank), marks.get(policy, ""), *told, *figures, metric("win_rate", train.get("win_rate"))])
    head = ["#", "", *(map(axis_words, used) if used else ["policy"]), *parts, "training", "trades", "win rate"]
    return Sheet("Best policies of the grid", head, rows, first=10, rest="the table of policies has all")
