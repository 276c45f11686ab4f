"""What the trades of one policy earned: by asset, by month, and by what ended them; searched and held out apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, IntArray1D
from quantray.callers.codes import Reason
from quantray.callers.report.tables import parts_of
from quantray.callers.report.words import label
from quantray.callers.results import CallerResults, Chosen, Part
from quantray.durations import NS
from quantray.report.sheet import Sheet
from quantray.report.words import number

#: Calendar periods of the chart of what was earned, and how many of them it has at least where the trades allow it.
PERIODS = (("M", "month"), ("W", "week"), ("D", "day"))
LEAST_PERIODS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Earned:
    """The executed trades of one part [n]: money, or the percent of one position where there is no account."""

    held_out: bool
    amount: FloatArray1D
    asset: IntArray1D
    exit_ns: IntArray1D
    reason: IntArray1D
    skipped: IntArray1D  # assets [k] of the calls that were skipped

    @classmethod
    def of(cls, part: Part, held_out: bool, limited: bool) -> Earned:
        t = part.trades
        done: BoolArray1D = t.skip == 0
        amount = t.pnl if limited else 100 * t.net
        return cls(held_out, amount[done], t.asset[done], t.exit_ns[done], t.reason[done], t.asset[~done])


def earned(r: CallerResults, c: Chosen) -> list[Earned]:
    """Training, then held out where there is one."""
    return [Earned.of(part, name == "held_out", r.plan.account.limited) for name, part in parts_of(c)]


def unit_of(r: CallerResults) -> str:
    """What the amounts are."""
    return "money, after costs" if r.plan.account.limited else "% of a position, after costs, summed"


def assets(r: CallerResults, parts: Sequence[Earned]) -> Sheet:
    """A row an asset that got an entry, what earned most first: net and trades of each part, best and worst trade."""
    names, held = r.coverage.plan.calls.assets, any(part.held_out for part in parts)
    order = sorted(parts, key=lambda part: not part.held_out)
    nets, trades, skipped = (np.zeros((max(len(order), 1), len(names))) for _ in range(3))
    best, worst = np.full(len(names), -np.inf), np.full(len(names), np.inf)
    for k, part in enumerate(order):
        nets[k] = np.bincount(part.asset, part.amount, len(names))
        trades[k] = np.bincount(part.asset, minlength=len(names))
        skipped[k] = np.bincount(part.skipped, minlength=len(names))
        np.maximum.at(best, part.asset, part.amount)
        np.minimum.at(worst, part.asset, part.amount)
    net, traded = nets.sum(axis=0), trades.sum(axis=0) > 0
    shown = np.flatnonzero(traded | (skipped.sum(axis=0) > 0))
    ordered = shown[np.lexsort((shown, -net[shown], ~traded[shown]))].tolist()
    rows = [
        [
            *([float(net[a]) if traded[a] else None] if held else []),
            *(v for k in range(len(order)) for v in (float(nets[k, a]) if trades[k, a] else None, int(trades[k, a]))),
            *((float(best[a]), float(worst[a])) if traded[a] else (None, None)), int(skipped[:, a].sum()),
        ]
        for a in ordered
    ]  # fmt: skip
    both = ["net held out", "trades held out", "net training", "trades training"] if held else ["net", "trades"]
    head = ["asset", *(["net of both"] if held else []), *both, "best trade", "worst trade", "skipped"]
    return Sheet(
        "What each asset gave",
        head,
        [[names[a], *map(number, figures)] for a, figures in zip(ordered, rows, strict=True)],
        signed=[k for k, title in enumerate(head) if "net" in title or title.endswith(" trade")],
        first=10,
        rest="trades.csv has every trade",
    )


@dataclass(frozen=True, slots=True)
class Month:
    """What was earned by the exits of one calendar period, in one part of the calls."""

    name: str
    net: float
    held_out: bool
    n_trades: int


def months(parts: Sequence[Earned]) -> tuple[str, list[Month]]:
    """Net by UTC month of the exit, or by week (its Monday) or day where the trades span fewer than three of them.

    Every period between the first and the last is there. A month in which both parts end trades is there twice.
    """
    exits = np.concatenate([np.zeros(0, np.int64), *(part.exit_ns for part in parts)])
    if not len(exits):
        return "month", []
    unit, called = next((p for p in PERIODS if len(np.unique(_period(exits, p[0]))) >= LEAST_PERIODS), PERIODS[-1])
    whole = _period(exits, unit)
    found = []
    every = np.arange(int(whole.min()), int(whole.max()) + 1)
    for period in every.tolist():
        for part in parts:
            mine = _period(part.exit_ns, unit) == period
            if mine.any() or not (part.held_out or (whole == period).any()):
                found.append(Month(_name(period, unit), float(part.amount[mine].sum()), part.held_out, int(mine.sum())))
    return called, found


def _period(ns: IntArray1D, unit: str) -> IntArray1D:
    """The number of each time's period since 1970: months, weeks from Monday on, or days, all in UTC."""
    days = np.floor_divide(ns, 86_400 * NS)
    if unit == "M":
        found: IntArray1D = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
        return found
    return (days + 3) // 7 if unit == "W" else days  # 1970-01-01 was a Thursday


def _name(period: int, unit: str) -> str:
    if unit == "M":
        return str(np.datetime64(period, "M"))
    return str(np.datetime64(7 * period - 3 if unit == "W" else period, "D"))


def exits(parts: Sequence[Earned]) -> list[tuple[str, list[tuple[int, float]]]]:
    """What ended the executed trades: reason, and (trades, net) of the held-out part, if there is one, and training."""
    order = sorted(parts, key=lambda part: not part.held_out)
    found = []
    for reason in Reason:
        mine = [part.amount[part.reason == reason] for part in order]
        if any(len(amounts) for amounts in mine):
            found.append((label(reason.name.lower()), [(len(a), float(a.sum())) for a in mine]))
    return found
