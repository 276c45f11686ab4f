"""The underlying through each session that was traded, with entries and exits on it: what a page can carry of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.plain import amount
from quantray.report import words
from quantray.report.svg import digits_of
from quantray.sweeps.market import Session
from quantray.sweeps.report.track import Track
from quantray.sweeps.report.trades import of_sessions, whole

#: Pixel columns of one session's prices, and of all sessions of a page together: each takes some 12 bytes of it.
MOST_COLUMNS, LEAST_COLUMNS, ALL_COLUMNS = 400, 40, 75_000
#: Steps of a chart's height that prices are rounded to, which no eye tells apart.
STEPS = 1500
#: Trades of a session that are told one by one under its chart.
MOST_TOLD = 8
#: Sides that earn when the underlying falls.
DOWN = ("put", "above")
Run = tuple[IntArray1D, FloatArray1D]  # bars and prices of a line without a gap


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """A trade on the chart of its session: bars of entry and exit, and the underlying's price there."""

    number: int  # in trades.csv
    entry: int
    exit: int
    entry_at: float
    exit_at: float
    side: str
    net: float
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """One session with trades: its prices thinned to what is seen, the VWAP where there is one, and its trades.

    Prices are rounded to ``digits`` decimals, which are more than its chart can show.
    """

    date: str
    unseen: bool
    open_s: int
    interval_s: int
    n_bars: int
    digits: int
    price: tuple[Run, ...]
    vwap: tuple[Run, ...]
    marks: tuple[Mark, ...]

    @property
    def net(self) -> float:
        return float(sum(mark.net for mark in self.marks))

    @property
    def title(self) -> str:
        """How a reader chooses it."""
        held = ", held out" if self.unseen else ""
        return f"{self.date}{held}: {amount(len(self.marks), 'trade')}, net {words.number(self.net)}"

    @property
    def said(self) -> str:
        """The trades in words; of many how many there are of each side and outcome."""
        if len(self.marks) <= MOST_TOLD:
            return "; ".join(self.tip(mark) for mark in self.marks) + "."
        counted: dict[str, int] = {}
        for mark in self.marks:
            name = f"{mark.side} with a {'gain' if mark.net > 0 else 'loss'}"
            counted[name] = counted.get(name, 0) + 1
        first, last = self.marks[0].number, self.marks[-1].number
        told = ", ".join(f"{n:,} {name}" for name, n in sorted(counted.items()))
        return f"Trades {first:,} to {last:,} of the table: {told}."

    def tip(self, mark: Mark) -> str:
        """One trade in words."""
        clocks = " to ".join(clock(self.open_s + bar * self.interval_s) for bar in (mark.entry, mark.exit))
        return f"#{mark.number:,} {mark.side}, {clocks}, net {words.number(mark.net)}, {mark.reason}"

    @property
    def data(self) -> dict[str, Any]:
        """What the page's script reads: whole numbers, each told by its step from the one before it."""
        return {
            "title": self.title, "said": self.said, "held": self.unseen, "open": self.open_s, "step": self.interval_s,
            "bars": self.n_bars, "digits": self.digits, "price": [_steps(run, self.digits) for run in self.price],
            "vwap": [_steps(run, self.digits) for run in self.vwap],
            "marks": [
                [m.entry, m.exit, m.entry_at, m.exit_at, int(m.side in DOWN), int(m.net > 0), self.tip(m)]
                for m in self.marks
            ],
        }  # fmt: skip


def clock(seconds: int) -> str:
    """A time of day; a session that opened the evening before goes on beyond midnight."""
    seconds %= 86_400
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _steps(run: Run, digits: int) -> list[str]:
    """Bars and prices as texts of whole numbers: one text is checked and read faster than thousands of numbers."""
    bars, prices = run
    rounded = np.round(prices * 10.0**digits).astype(np.int64)
    return [" ".join(map(str, np.diff(column, prepend=0).tolist())) for column in (bars.astype(np.int64), rounded)]


def days(told: Sequence[Track], params: Mapping[str, object], counts: Sequence[int]) -> list[Day]:
    """Every session with a trade, in order; of each part the first trades, as many as ``counts`` say.

    ``params`` are the strategy's, fixed ones too: whether its VWAP counts carried bars.
    """
    traded = [np.unique(track.made.trades.session[:n]) for track, n in zip(told, counts, strict=True)]
    columns = int(np.clip(ALL_COLUMNS // max(sum(map(len, traded)), 1), LEAST_COLUMNS, MOST_COLUMNS))
    counted = bool(params.get("vwap_count_filled", False))
    found, before = [], 0
    for track, n in zip(told, counts, strict=True):
        for k, rows in of_sessions(track.made.trades.session[:n]):
            session = track.made.slice.sessions[k]
            found.append(_day(track, session, rows, before, _vwap(session, counted), columns))
        before += len(track.made.trades)
    return found


def _day(track: Track, session: Session, rows: np.ndarray, before: int, vwap: FloatArray1D | None, columns: int) -> Day:
    t, last = track.made.trades, session.n_bars - 1
    entry, left = (np.clip(whole(column[rows]), 0, last) for column in (t.entry_bar, t.exit_bar))
    kept = np.union1d(entry, left)
    price = runs(session.close, columns, kept)
    line = () if vwap is None else runs(vwap, columns // 2, kept)
    seen = [prices for _, prices in (*price, *line)]
    digits = digits_of(float(np.ptp(np.concatenate(seen))) / STEPS) if seen else 2
    known = np.round(carried(session.close), digits)
    marks = []
    for i, a, b in zip(rows.tolist(), entry.tolist(), left.tolist(), strict=True):
        if np.isfinite(known[a]):  # else the session has no price at all
            side, why = str(track.columns["side"][i]), str(track.columns["reason"][i]).replace("_", " ")
            at = float(known[a]), float(known[b])
            marks.append(Mark(before + i + 1, a, b, *at, side, float(t.net[i]), why))
    return Day(
        date=session.date, unseen=track.unseen, open_s=session.open_s, interval_s=session.interval_s,
        n_bars=session.n_bars, digits=digits, price=_rounded(price, digits), vwap=_rounded(line, digits),
        marks=tuple(marks),
    )  # fmt: skip


def _rounded(line: tuple[Run, ...], digits: int) -> tuple[Run, ...]:
    return tuple((bars, np.round(prices, digits)) for bars, prices in line)


def _vwap(session: Session, count_filled: bool) -> FloatArray1D | None:
    """The VWAP that a strategy sees: the data's own, else of prices and volumes; None without either."""
    from quantray.sweeps.kernels.signals import running_vwap

    if session.vwap_running is not None:
        return session.vwap_running
    if not session.has_volume:
        return None
    found: FloatArray1D = running_vwap(session.price, session.volume, session.filled, count_filled)
    return found


def carried(prices: FloatArray1D) -> FloatArray1D:
    """The last known price at each bar [n]; before the first one that one. NaN where there is none at all."""
    known = np.flatnonzero(np.isfinite(prices))
    if not len(known):
        return np.full(len(prices), np.nan)
    at = np.searchsorted(known, np.arange(len(prices)), "right") - 1
    found: FloatArray1D = prices[known[np.maximum(at, 0)]]
    return found


def runs(prices: FloatArray1D, columns: int, kept: IntArray1D) -> tuple[Run, ...]:
    """What can be seen of ``prices`` [n] on that many pixel ``columns``, in lines without a gap.

    Of each column the first, the lowest, the highest and the last bar, and the bars ``kept`` whatever they are.
    """
    known = np.flatnonzero(np.isfinite(prices))
    if not len(known):
        return ()
    column = known * columns // len(prices)
    bounds = [0, *(np.flatnonzero(np.diff(column)) + 1).tolist(), len(known)]
    seen = [known[[0, -1]], kept[np.isfinite(prices[kept])]]
    for a, b in pairwise(bounds):
        inside = prices[known[a:b]]
        seen.append(known[[a + int(np.argmin(inside)), a + int(np.argmax(inside))]])
    gap = np.cumsum(~np.isfinite(prices))
    first = np.flatnonzero(np.diff(gap[known], prepend=-1))  # both ends of a line are seen
    seen += [known[first], known[np.append(first[1:], len(known)) - 1]]
    bars = np.unique(np.concatenate(seen))
    pieces = np.split(bars, np.flatnonzero(np.diff(gap[bars])) + 1)
    return tuple((piece, prices[piece]) for piece in pieces)
