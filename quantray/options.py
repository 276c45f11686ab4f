"""The rules of a single-leg long option trade: which contract a signal buys, how it fills, when it is left.

A strategy that inherits :class:`LongOption` brings entry signals only (``quantray.protocols.SignalStrategy``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from quantray.errors import ConfigError, near_miss
from quantray.types import IntArray1D, Session

MODES = ("itm", "otm", "atm")
STALE_FILLS = ("next_print", "carry")
#: Fields that only choose a column of the first-touch tables: every value of them is shared.
EXIT_FIELDS = ("take_profit_percent", "stop_loss_percent", "max_trade_duration_seconds")

EVENING = 15 * 3600  # a window that begins later may end the next morning

_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_TO_CLOSE = re.compile(r"close-(\d+)(s|m)")


def time_of_day(text: str) -> int:
    """Seconds after midnight of ``9:30`` or ``15:54:30``; ConfigError for anything else."""
    found = _CLOCK.fullmatch(str(text).strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        raise ConfigError(f"{text!r} is not a time of day; write it as 9:30 or 15:54:30{_unquoted(text)}")
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3] or 0)


def _unquoted(value: object) -> str:
    """YAML reads 12:00 as the number 720, sixty by sixty."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 86_400:
        return ""
    clock = (
        f"{value // 60}:{value % 60:02d}"
        if value < 1440
        else f"{value // 3600}:{value // 60 % 60:02d}:{value % 60:02d}"
    )
    return f" (YAML makes {value} of {clock} without quotes: write '{clock}')"


def window(text: str) -> tuple[int, int]:
    """Both ends, in seconds after midnight, of ``9:30-10:30``; of ``18:00-2:00`` in overnight sessions."""
    start, dash, end = str(text).partition("-")
    if not dash:
        raise ConfigError(f"entry window {text!r} must read start-end, e.g. 9:30-10:30{_unquoted(text)}")
    first, last = time_of_day(start), time_of_day(end)
    if first > last and first < EVENING:
        raise ConfigError(f"entry window {text!r} ends before it starts")
    return first, last


def window_bars(session: Session, text: str) -> tuple[int, int]:
    """First and last bar of the session whose START lies inside the window, both ends included."""
    first, last = (since_open(session, clock) for clock in window(text))
    if first > last:
        opened = f"{session.open_s // 3600}:{session.open_s // 60 % 60:02d}"
        raise ConfigError(f"entry window {text!r} ends before it starts in a session that opens at {opened}")
    return max(-(-first // session.interval_s), 0), min(last // session.interval_s, session.n_bars - 1)


def since_open(session: Session, clock: int) -> int:
    """Seconds from the open to a time of day; one before the open of an overnight session is the next day's."""
    seconds = clock - session.open_s
    return seconds + 86_400 if seconds < 0 and session.overnight else seconds


def bar_at(session: Session, moment: str, end: int | None = None) -> int:
    """First bar whose START is at or after ``close-6m``, ``close-90s`` or ``15:54`` (exchange time).

    ``end`` is a bar that takes the place of the close: where a contract ends earlier in the session.
    """
    to_close = _TO_CLOSE.fullmatch(moment)
    if to_close:
        last = session.n_bars if end is None else end
        seconds = last * session.interval_s - int(to_close[1]) * (60 if to_close[2] == "m" else 1)
    else:
        seconds = since_open(session, time_of_day(moment))
    return max(-(-seconds // session.interval_s), 0)


def bars_at(session: Session, moment: str) -> IntArray1D:
    """The same for each contract of the session, [m]: ``close`` is where the contract ends."""
    assert session.ends is not None
    found = {int(end): bar_at(session, moment, int(end)) for end in np.unique(session.ends)}
    return np.array([found[int(end)] for end in session.ends], np.int64)


def check_moment(name: str, moment: str) -> None:
    """Refuse what :func:`bar_at` cannot read."""
    if _TO_CLOSE.fullmatch(str(moment)):
        return
    if not _CLOCK.fullmatch(str(moment)):
        raise ConfigError(f"{name}={moment!r} must read close-6m, close-90s or 15:54{_unquoted(moment)}")
    time_of_day(moment)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value


@dataclass(frozen=True, kw_only=True)
class LongOption:
    """Parameters every long option trade has; the defaults are those of the published rules."""

    option_selection_mode: str = "itm"
    strikes_depth: int = 1
    require_same_day_expiry: bool = True
    latency_seconds: float = 1
    max_price_age_seconds: float | None = 10
    stale_fill: str = "next_print"
    take_profit_percent: float = 50
    stop_loss_percent: float = -50
    max_trade_duration_seconds: float = 300
    late_entry_cutoff: str = "close-6m"
    end_of_day_exit: str = "close-6m"
    emergency_exit: str = "close-5m"

    def __post_init__(self) -> None:
        if self.option_selection_mode not in MODES:
            raise ConfigError(near_miss(self.option_selection_mode, MODES, what="option_selection_mode"))
        if self.stale_fill not in STALE_FILLS:
            raise ConfigError(near_miss(self.stale_fill, STALE_FILLS, what="stale_fill"))
        if isinstance(self.strikes_depth, bool) or not isinstance(self.strikes_depth, int) or self.strikes_depth < 1:
            raise ConfigError(f"strikes_depth must be a whole number >= 1, got {self.strikes_depth!r}")
        if not _number(self.latency_seconds) or not self.latency_seconds > 0:
            # the signal is known when its bar has ended: an earlier fill would lie inside that bar
            raise ConfigError(
                f"latency_seconds must be > 0, got {self.latency_seconds}: it would fill inside the signal's own bar"
            )
        if self.max_price_age_seconds is not None and not (
            _number(self.max_price_age_seconds) and self.max_price_age_seconds >= 0
        ):
            raise ConfigError(f"max_price_age_seconds must be >= 0 or null, got {self.max_price_age_seconds!r}")
        if not _number(self.take_profit_percent) or not self.take_profit_percent > 0:
            raise ConfigError(f"take_profit_percent must be > 0, got {self.take_profit_percent!r}")
        if not _number(self.stop_loss_percent) or not -100 <= self.stop_loss_percent < 0:
            raise ConfigError(f"stop_loss_percent must be in [-100, 0), got {self.stop_loss_percent!r}")
        if not _number(self.max_trade_duration_seconds) or not self.max_trade_duration_seconds > 0:
            raise ConfigError(f"max_trade_duration_seconds must be > 0, got {self.max_trade_duration_seconds!r}")
        for name in ("late_entry_cutoff", "end_of_day_exit", "emergency_exit"):
            check_moment(name, getattr(self, name))
