"""The exchange's sessions between two dates, half days and holidays included."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from quantray.errors import DataError, near_miss

NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """One session: [open, close) in UTC nanoseconds; ``open_s`` is seconds from exchange-local midnight."""

    date: str
    open_ns: int
    close_ns: int
    open_s: int

    @property
    def day(self) -> int:
        """Days since 1970-01-01."""
        return int(np.datetime64(self.date, "D").astype(np.int64))

    @property
    def seconds(self) -> int:
        return (self.close_ns - self.open_ns) // NS

    def n_bars(self, interval_s: int) -> int:
        if self.seconds % interval_s:
            raise DataError(
                f"bars of {interval_s} s do not divide the session of {self.date}, which lasts {self.seconds} s"
            )
        return self.seconds // interval_s


def session_windows(calendar: str, first: str, last: str) -> tuple[Window, ...]:
    """Sessions of ``calendar`` from ``first`` to ``last`` (ISO dates, both included), in time order."""
    import exchange_calendars as xc

    if calendar not in xc.get_calendar_names(include_aliases=True):
        raise DataError(f"data.calendar: {near_miss(calendar, xc.get_calendar_names(), what='calendar')}")
    if first > last:
        return ()
    # the calendar library refuses ranges without a session: ask for more and cut
    start, end = (date.fromisoformat(d) + timedelta(days=k) for d, k in ((first, -14), (last, 14)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # the calendar library's own, of pandas
            found = xc.get_calendar(calendar, start=start.isoformat(), end=end.isoformat())
    except ValueError as error:
        raise DataError(f"calendar {calendar} does not reach from {first} to {last}: {error}") from None
    if found.opens.empty:
        return ()
    windows = []
    for name, opened, closed in zip(found.sessions, found.opens, found.closes, strict=True):
        local = opened.tz_convert(found.tz)
        since_midnight = local.hour * 3600 + local.minute * 60 + local.second
        windows.append(Window(name.date().isoformat(), int(opened.value), int(closed.value), since_midnight))
    return tuple(w for w in windows if first <= w.date <= last)
