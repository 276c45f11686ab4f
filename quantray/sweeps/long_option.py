"""The rules of a single-leg long option trade: which contract a signal buys, how it fills, when it is left.

A strategy that inherits :class:`LongOption` brings entry signals only (``quantray.sweeps.strategy.SignalStrategy``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, TypeGuard

import numpy as np

from quantray.arrays import IntArray1D
from quantray.errors import ConfigError, near_miss
from quantray.sweeps.market import Session

MODES = ("itm", "otm", "atm")
STALE_FILLS = ("next_print", "carry")
#: Fields that only choose a column of the first-touch tables: every value of them is shared.
EXIT_FIELDS = ("take_profit_percent", "stop_loss_percent", "max_trade_duration_seconds")
Rule = Callable[[Any], str | None]  # what is wrong with a value of one parameter; None: nothing


DAY, EVENING = 24 * 3600, 15 * 3600  # a window that begins in the evening may end the next morning
_HUGE = 1e300  # beyond it a number is infinite in what follows

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
    seconds, overnight = clock - session.open_s, session.open_s + session.n_bars * session.interval_s > DAY
    return seconds + DAY if seconds < 0 and overnight else seconds


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
    return by_end(session, lambda end: bar_at(session, moment, end)).astype(np.int64)


def by_end(session: Session, ask: Callable[[int], float]) -> np.ndarray:
    """What ``ask`` answers for the bar at which each contract of the session ends, [m]; asked once a bar."""
    assert session.ends is not None
    ends = session.ends.tolist()
    found = {end: ask(end) for end in set(ends)}
    return np.array([found[end] for end in ends] if len(found) > 1 else [*found.values()] * len(ends))


def _number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _HUGE


def _choice(name: str, known: tuple[str, ...]) -> Rule:
    return lambda value: None if value in known else near_miss(value, known, what=name)


def moment(name: str) -> Rule:
    """The rule of ``close-6m``, ``close-90s`` or ``15:54``."""

    def said(value: object) -> str | None:
        if isinstance(value, str) and (_TO_CLOSE.fullmatch(value) or said_of(time_of_day, value) is None):
            return None
        return f"{name}={value!r} must read close-6m, close-90s or 15:54{_unquoted(value)}"

    return said


def positive(name: str) -> Rule:
    """The rule of a finite number above 0."""
    return lambda value: None if _number(value) and value > 0 else f"{name} must be > 0 and finite, got {value!r}"


def at_least_zero(name: str) -> Rule:
    """The rule of a finite number that is not below 0."""
    return lambda value: None if _number(value) and value >= 0 else f"{name} must be >= 0 and finite, got {value!r}"


def share(name: str, *, zero: bool = False) -> Rule:
    """The rule of a fraction below 1: above 0, or ``zero`` too."""
    said = f"{name} is a fraction in {'[' if zero else '('}0, 1), got "
    return lambda value: None if _number(value) and 0 <= value < 1 and (zero or value) else f"{said}{value!r}"


def _depth(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return None
    return f"strikes_depth must be a whole number >= 1, got {value!r}"


def _latency(value: object) -> str | None:
    if _number(value) and value > 0:
        return None
    # the signal is known when its bar has ended: an earlier fill would lie inside that bar
    return f"latency_seconds must be > 0 and finite, got {value!r}: it would fill inside the signal's own bar"


def _age(value: object) -> str | None:
    if value is None or (_number(value) and value >= 0):
        return None
    return f"max_price_age_seconds must be >= 0 or null, got {value!r}"


def _stop(value: object) -> str | None:
    return None if _number(value) and -100 <= value < 0 else f"stop_loss_percent must be in [-100, 0), got {value!r}"


def _flag(name: str) -> Rule:
    return lambda value: None if isinstance(value, bool) else f"{name} must be true or false, got {value!r}"


def said_of(read: Callable[[Any], object], value: object) -> str | None:
    """What ``read`` says against a value: the rule of a text that a function reads."""
    try:
        read(value)
    except ConfigError as error:
        return str(error)
    return None


@lru_cache(maxsize=64)
def rules_of(strategy: type) -> dict[str, Rule]:
    """The rules about one parameter alone of a strategy and what it inherits: its own come after inherited ones."""
    found: dict[str, Rule] = {}
    for owner in reversed(strategy.__mro__):
        found.update(vars(owner).get("RULES", {}))
    return found


@dataclass(frozen=True, kw_only=True)
class LongOption:
    """Parameters every long option trade has; the defaults are those of the published rules.

    ``RULES`` say of one parameter alone what is wrong with a value (None: nothing); a strategy adds those of its own
    fields, and says in ``__post_init__``, after ``super().__post_init__()``, what must hold between several. A rule is
    asked once a value, however many candidates have it.
    """

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

    RULES: ClassVar[Mapping[str, Rule]] = {
        "option_selection_mode": _choice("option_selection_mode", MODES),
        "stale_fill": _choice("stale_fill", STALE_FILLS),
        "strikes_depth": _depth,
        "require_same_day_expiry": _flag("require_same_day_expiry"),
        "latency_seconds": _latency,
        "max_price_age_seconds": _age,
        "take_profit_percent": positive("take_profit_percent"),
        "stop_loss_percent": _stop,
        "max_trade_duration_seconds": positive("max_trade_duration_seconds"),
        "late_entry_cutoff": moment("late_entry_cutoff"),
        "end_of_day_exit": moment("end_of_day_exit"),
        "emergency_exit": moment("emergency_exit"),
    }

    def __post_init__(self) -> None:
        self._check_alone()

    def _check_alone(self) -> None:
        rules: dict[str, Rule] = rules_of(type(self))  # type: ignore[arg-type]  # a class can be hashed
        for name, rule in rules.items():
            said = rule(getattr(self, name))
            if said is not None:
                raise ConfigError(said)
