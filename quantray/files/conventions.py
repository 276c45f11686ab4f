"""How a data set writes its times, where its files leave that open: units, time zones, forms of dates, one a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache

from quantray.errors import ConfigError, near_miss

#: Nanoseconds of a unit in which whole numbers may count time.
UNITS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}

#: The years of markets: a time outside is what a wrong unit makes of one, or stands for no time. Seconds read as ms lie
#: in 1970, as do ms read as us.
FIRST, LAST = "1971-01-01", "2200-01-01"


def check_choice(key: str, value: str, known: Sequence[str]) -> None:
    """ConfigError unless ``value`` is one of a few words."""
    if value not in known:
        raise ConfigError(f"{key} must be {', '.join(known)} or null, got {value!r}")


def check_unit(key: str, value: str) -> None:
    """ConfigError unless ``value`` is a unit of whole numbers since 1970."""
    check_choice(key, value, tuple(UNITS))


@cache
def _zones() -> frozenset[str]:
    """Every zone of this machine; to find them its whole folder is read."""
    from zoneinfo import available_timezones

    return frozenset(available_timezones())


def check_zone(key: str, value: str) -> None:
    """ConfigError with the near miss unless ``value`` is a time zone that this machine knows."""
    if value not in _zones():
        raise ConfigError(f"{key}: {near_miss(value, _zones(), what='time zone')}")


def check_date(key: str, value: str | None) -> None:
    """ConfigError unless ``value`` is an ISO date, or None."""
    try:
        if value is not None and date.fromisoformat(value).isoformat() != value:
            raise ValueError
    except ValueError:
        raise ConfigError(f"{key} must be a date like 2024-11-18, got {value!r}") from None


def check_form(key: str, value: str, *, clock: bool = False) -> None:
    """ConfigError unless ``value`` is a form that gives back the date that was written in it, and has no clock.

    ``clock``: it may have one, to the minute at least, as dates of messages do.
    """
    moment = datetime(2031, 12, 24, 23, 58, 59)
    try:
        kept = datetime.strptime(moment.strftime(value), value)
    except ValueError:
        kept = None
    if kept == datetime(2031, 12, 24) or (clock and kept in (moment, moment.replace(second=0))):
        return
    rest = ", alone or with a clock, like %m/%d/%Y %I:%M %p" if clock else " and nothing else, like %m/%d/%Y"
    raise ConfigError(f"{key} must give year, month and day{rest}, got {value!r}")


def check_tables(key: str, value: object, tables: Sequence[str]) -> None:
    """ConfigError with the near miss where ``value`` is a mapping by table, and names one that there is not."""
    for name in value if isinstance(value, Mapping) else ():
        if name not in tables:
            raise ConfigError(f"{key}.{name}: {near_miss(str(name), tables, what='table')}")
