"""The exchange's sessions between two dates, half days and holidays included."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from quantray.errors import DataError, near_miss
from quantray.sweeps.data.standard import trading_day

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar as Calendar

NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """One session: [open, close) in UTC nanoseconds; ``open_s`` is seconds from exchange-local midnight.

    A session that opens the evening before has that evening's ``open_s``. Within the break, where the exchange has one,
    it is closed.
    """

    date: str
    open_ns: int
    close_ns: int
    open_s: int
    pause_ns: tuple[int, int] | None = None  # [start, end) of the break at noon

    @property
    def day(self) -> int:
        """Days since 1970-01-01."""
        return int(np.datetime64(self.date, "D").astype(np.int64))

    @property
    def seconds(self) -> int:
        return (self.close_ns - self.open_ns) // NS

    def closed(self, ts: np.ndarray) -> np.ndarray:
        """Which of the times [k] (UTC ns) lie in the break."""
        first, last = self.pause_ns or (0, 0)
        return (ts >= first) & (ts < last)

    def n_bars(self, interval_s: int) -> int:
        if self.seconds % interval_s:
            raise DataError(
                f"bars of {interval_s} s do not divide the session of {self.date}, which lasts {self.seconds} s"
            )
        return self.seconds // interval_s


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """The sessions that a data set and its settings reach, and the calendar around them."""

    windows: tuple[Window, ...]
    start_ns: int  # a row in [start, stop) that lies in none of the windows lies outside sessions
    stop_ns: int
    around: tuple[Window, ...]

    @property
    def days(self) -> np.ndarray:
        """Days since 1970-01-01 of all sessions known [sessions], rising."""
        return np.array([w.day for w in self.around], np.int64)

    def last_days(self, dated: np.ndarray, expires_ns: np.ndarray) -> np.ndarray:
        """The last trading day of contracts [k] of these dates: on or before the date (a Saturday's is the Friday).

        One that ends within a session, of the evening before too, ends on that session's date.
        """
        opens = np.array([w.open_ns for w in self.around], np.int64)
        closes = np.array([w.close_ns for w in self.around], np.int64)
        at = np.maximum(np.searchsorted(opens, expires_ns, side="left") - 1, 0)
        within = (opens[at] < expires_ns) & (expires_ns <= closes[at]) if len(opens) else np.zeros(len(dated), bool)
        return np.where(within, self.days[at] if len(opens) else dated, trading_day(dated, self.days))

    def by_the_open(self, expiry: np.ndarray, expires_ns: np.ndarray) -> np.ndarray:
        """Which contracts [k] end at or before the open of the day of their expiry."""
        opens = {w.day: w.open_ns for w in self.around}
        pairs = zip(expiry.tolist(), expires_ns.tolist(), strict=True)
        return np.array([end <= opens.get(day, -1) for day, end in pairs], bool)


def span_of(calendar: str, first_ns: int, last_ns: int, from_: str | None, to: str | None) -> Span:
    """Sessions that the times [first, last] (UTC ns) reach, no earlier than ``from_`` and no later than ``to``."""
    around = windows_around(calendar, first_ns, last_ns)
    asked = [w for w in around if (from_ or w.date) <= w.date <= (to or w.date)]
    windows = tuple(w for w in asked if w.close_ns > first_ns and w.open_ns <= last_ns)
    if not windows:
        return Span((), first_ns, first_ns, around)
    before = [w.close_ns for w in around if w.close_ns <= windows[0].open_ns]
    after = [w.open_ns for w in around if w.open_ns >= windows[-1].close_ns]
    return Span(windows, before[-1] if before else first_ns, after[0] if after else last_ns + 1, around)


def session_windows(calendar: str, first: str, last: str) -> tuple[Window, ...]:
    """Sessions of ``calendar`` from ``first`` to ``last`` (ISO dates, both included), in time order."""
    if first > last:
        _check_name(calendar)
        return ()
    # the calendar library refuses ranges without a session: ask for more and cut
    found = _calendar(calendar, _shifted(first, -14), _shifted(last, 14), f"from {first} to {last}")
    return tuple(_windows(found, first, last))


def windows_around(calendar: str, first_ns: int, last_ns: int) -> tuple[Window, ...]:
    """Every session of ``calendar`` that overlaps [first, last] (UTC ns), and some on either side, in time order.

    By the hours of sessions and not by their dates: one of Auckland begins on the UTC date before its own, and one of
    Chicago's futures on the evening before.
    """
    first, last = (str(np.datetime64(ns, "ns").astype("datetime64[D]")) for ns in (first_ns, last_ns))
    start, end = _shifted(first, -14), _shifted(last, 14)
    return tuple(_windows(_calendar(calendar, start, end, f"from {first} to {last}"), start, end))


@cache
def zone_of(calendar: str) -> str:
    """The exchange's time zone."""
    return str(_calendar(calendar, "2024-01-02", "2024-01-31", "").tz.key)


def _shifted(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _check_name(calendar: str) -> None:
    import exchange_calendars as xc

    if calendar not in xc.get_calendar_names(include_aliases=True):
        raise DataError(f"data.calendar: {near_miss(calendar, xc.get_calendar_names(), what='calendar')}")


def _calendar(calendar: str, start: str, end: str, asked: str) -> Calendar:
    """One that reaches the dates: of whole decades, so that one serves all who ask, where the library knows them.

    Making one takes a tenth of a second, of however many years.
    """
    _check_name(calendar)
    decades = (f"{start[:3]}0-01-01", f"{end[:3]}9-12-31")
    years = (f"{start[:4]}-01-01", f"{end[:4]}-12-31")
    for first, last in (decades, years):
        with suppress(ValueError):
            return _between(calendar, first, last)
    try:
        return _between(calendar, start, end)
    except ValueError as error:
        raise DataError(f"calendar {calendar} does not reach {asked}: {error}") from None


@lru_cache(maxsize=8)
def _between(calendar: str, start: str, end: str) -> Calendar:
    """The library keeps its calendars only where no dates are given."""
    import exchange_calendars as xc

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the calendar library's own, of pandas
        return xc.get_calendar(calendar, start=start, end=end)


def _windows(calendar: Calendar, first: str, last: str) -> Iterator[Window]:
    """Those of the dates from ``first`` to ``last``."""
    if calendar.opens.empty:
        return
    asked = calendar.sessions.slice_indexer(first, last)
    columns = (calendar.opens, calendar.closes, calendar.break_starts, calendar.break_ends)
    for name, opened, closed, *pause in zip(calendar.sessions[asked], *(c.iloc[asked] for c in columns), strict=True):
        local = opened.tz_convert(calendar.tz)
        since_midnight = local.hour * 3600 + local.minute * 60 + local.second
        both = (int(pause[0].value), int(pause[1].value)) if pause[0] == pause[0] else None  # NaT is not itself
        yield Window(name.date().isoformat(), int(opened.value), int(closed.value), since_midnight, both)
