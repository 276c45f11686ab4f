"""What the candidate that is shown did with its money: over time, by month, reason, hour, side and weekday."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.report import words
from quantray.report.breakdown import Money, lines, span
from quantray.report.equity import Leg, day_of, deepest, equity
from quantray.report.svg import Chart
from quantray.sweeps.report.sections import samples
from quantray.sweeps.report.trades import REASONS, columns, of_sessions, whole
from quantray.sweeps.results import Results
from quantray.sweeps.scores import Sample

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SIDES = ("call", "put", "below", "above")
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True)
class Table:
    """Money by a name, as the page shows it: rows of cells, and of each part the share of the width its bar takes.

    Bars go from ``zero``, itself a share of the width, to the right or, below 0, to the left.
    """

    title: str
    head: str  # over the names
    rows: tuple[tuple[str, tuple[str, ...], tuple[float, ...]], ...]
    total: tuple[str, ...]
    zero: float


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The trades of the candidate that is shown on one part of the data, with what each is told apart by."""

    made: Sample
    unseen: bool
    columns: dict[str, np.ndarray]  # of trades.csv
    exited: FloatArray1D  # [n] days since 1970-01-01; within a day the share of its session that had gone by
    hour: IntArray1D  # [n] of entry, counted from the midnight before the open


def tracks(r: Results) -> list[Track]:
    """Searched and, where there is one, held out; none where nothing completed."""
    found = []
    for made, unseen in samples(r):
        t, days = made.trades, [_day(text) for text in made.slice.dates]
        exited, hour = np.empty(len(t)), np.empty(len(t), np.int64)
        for k, rows in of_sessions(t.session):
            session = made.slice.sessions[k]
            exited[rows] = days[k] + np.clip(t.exit_bar[rows] / session.n_bars, 0.0, 1.0)
            hour[rows] = (session.open_s + whole(t.entry_bar[rows]) * session.interval_s) // 3600
        found.append(Track(made, unseen, columns(r.plan, made), exited, hour))
    return found


def legs(r: Results, told: Sequence[Track]) -> list[Leg]:
    """The equity of each part, from the starting capital on its own: both are simulated so.

    Trades stand in the order of their exits, as ``max_drawdown`` counts them.
    """
    found = []
    for track in told:
        t, days = track.made.trades, track.made.slice.dates
        order = np.lexsort((t.exit_bar, t.session))
        start = r.plan.capital.initial or 0.0
        found.append(Leg(track.exited[order], t.net[order], _day(days[0]), _day(days[-1]), track.unseen, start))
    return found


def _day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - _EPOCH


def equity_chart(r: Results, told: Sequence[Track]) -> Chart | None:
    return equity(legs(r, told), f"the {r.shown.name}" if r.shown else "")


def equity_sentences(r: Results, told: Sequence[Track]) -> list[str]:
    """Where each part starts and what it makes, and its deepest drawdown: the figures of the metrics beside it."""
    said, initial = [], r.plan.capital.initial
    start = "starts at 0 (capital is unlimited)" if initial is None else f"starts with {words.number(initial)}"
    for leg, track in zip(legs(r, told), told, strict=True):
        total = words.metric("total_pnl", _total(track.made).net)
        fall, fell = deepest(leg), "it never falls below its highest point"
        if fall is not None:
            depth = track.made.metrics.get("max_drawdown")
            figure = words.metric("max_drawdown", fall.depth if depth is None else depth)
            begin, end = day_of(leg, fall.peak), day_of(leg, fall.trough)
            fell = f"{words.label('max_drawdown')} {figure}, {f'on {begin}' if begin == end else f'{begin} to {end}'}"
        part = "Held out" if track.unseen else "Searched"
        said.append(f"{part}: {start}; total net {total}; {fell}.")
    return said


def _total(made: Sample) -> Money:
    """All trades of a part; the total is the metric's own where there is one."""
    net = made.metrics.get("total_pnl")
    return Money(len(made.trades), float(made.trades.net.sum()) if net is None else float(net))


def exits(told: Sequence[Track]) -> Table | None:
    """By the reason of the exit, in the order in which one second decides."""
    named = [np.array([_worded(name) for name in track.columns["reason"]], str) for track in told]
    return _table(("exit", "exit"), told, named, [_worded(name) for name in REASONS])


def months(told: Sequence[Track]) -> Table | None:
    """By the month of the session; months without a trade are left out."""
    return _table(
        ("month", "month"), told, [np.array([d[:7] for d in track.columns["session"]], str) for track in told]
    )


def weekdays(told: Sequence[Track]) -> Table | None:
    """By the weekday of the session."""
    named = []
    for track in told:
        days = np.array([WEEKDAYS[date.fromisoformat(d).weekday()] for d in track.made.slice.dates], str)
        named.append(days[track.made.trades.session])
    return _table(("weekday", "day"), told, named, WEEKDAYS)


def hours(told: Sequence[Track]) -> Table | None:
    """By the hour of entry on the exchange's clock, in the order of the session, which may go through midnight."""
    order = sorted({int(hour) for track in told for hour in track.hour})
    named = [np.array([_hour(int(hour)) for hour in track.hour], str) for track in told]
    return _table(("hour of entry", "hour"), told, named, [_hour(hour) for hour in order])


def by_side(told: Sequence[Track]) -> Table | None:
    """Calls and puts; without contracts what the strategy said."""
    return _table(("side", "side"), told, [track.columns["side"] for track in told], SIDES)


def _hour(hour: int) -> str:
    return f"{hour % 24:02d}:00"


def _worded(name: str) -> str:
    return name.replace("_", " ")


def _table(
    title: tuple[str, str], told: Sequence[Track], named: Sequence[np.ndarray], order: Sequence[str] = ()
) -> Table | None:
    """Count, net and mean of each name on each part; None without a trade."""
    found = lines([(names, track.made.trades.net) for names, track in zip(named, told, strict=True)], order)
    if not found:
        return None
    low, high = span(found)
    wide = high - low or 1.0
    rows = [(line.name, _cells(line.parts), tuple(round(m.net / wide, 4) for m in line.parts)) for line in found]
    return Table(*title, tuple(rows), _cells([_total(track.made) for track in told]), round(-low / wide, 4))


def _cells(parts: Iterable[Money]) -> tuple[str, ...]:
    """Count, net and mean of each part."""
    cells: list[str] = []
    for money in parts:
        mean = words.DASH if money.mean is None else words.metric("expectancy", money.mean)
        cells += [f"{money.n:,}", words.metric("total_pnl", money.net) if money.n else words.DASH, mean]
    return tuple(cells)
