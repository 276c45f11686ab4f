"""The rules of a single-leg long option trade: which contract a signal buys, how it fills, when it is left.

A strategy that inherits :class:`LongOption` brings entry signals only (``quantray.protocols.SignalStrategy``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

from quantray.errors import ConfigError, near_miss
from quantray.types import Session

MODES = ("itm", "otm", "atm")
STALE_FILLS = ("next_print", "carry")
#: Fields that only choose a column of the first-touch tables: every value of them is shared.
EXIT_FIELDS = ("take_profit_percent", "stop_loss_percent", "max_trade_duration_seconds")
Rule = Callable[[Any], str | None]  # what is wrong with a value of one parameter; None: nothing

_HUGE = 1e300  # beyond it a number is infinite in what follows
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_TO_CLOSE = re.compile(r"close-(\d+)(s|m)")


def time_of_day(text: str) -> int:
    """Seconds after midnight of ``9:30`` or ``15:54:30``; ConfigError for anything else."""
    found = _CLOCK.fullmatch(str(text).strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        raise ConfigError(f"{text!r} is not a time of day; write it as 9:30 or 15:54:30")
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3] or 0)


def window(text: str) -> tuple[int, int]:
    """Both ends, in seconds after midnight, of ``9:30-10:30``."""
    start, dash, end = str(text).partition("-")
    if not dash:
        raise ConfigError(f"entry window {text!r} must read start-end, e.g. 9:30-10:30")
    first, last = time_of_day(start), time_of_day(end)
    if first > last:
        raise ConfigError(f"entry window {text!r} ends before it starts")
    return first, last


def window_bars(session: Session, text: str) -> tuple[int, int]:
    """First and last bar of the session whose START lies inside the window, both ends included."""
    first, last = window(text)
    return (
        max(-(-(first - session.open_s) // session.interval_s), 0),
        min((last - session.open_s) // session.interval_s, session.n_bars - 1),
    )


def bar_at(session: Session, moment: str) -> int:
    """First bar whose START is at or after ``close-6m``, ``close-90s`` or ``15:54`` (exchange time)."""
    to_close = _TO_CLOSE.fullmatch(moment)
    if to_close:
        seconds = session.n_bars * session.interval_s - int(to_close[1]) * (60 if to_close[2] == "m" else 1)
    else:
        seconds = time_of_day(moment) - session.open_s
    return max(-(-seconds // session.interval_s), 0)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _HUGE


def _choice(name: str, known: tuple[str, ...]) -> Rule:
    return lambda value: None if value in known else near_miss(value, known, what=name)


def moment(name: str) -> Rule:
    """The rule of ``close-6m``, ``close-90s`` or ``15:54``."""

    def said(value: Any) -> str | None:
        if isinstance(value, str) and (_TO_CLOSE.fullmatch(value) or _CLOCK.fullmatch(value)):
            return None
        return f"{name}={value!r} must read close-6m, close-90s or 15:54"

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


def _depth(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 1:
        return None
    return f"strikes_depth must be a whole number >= 1, got {value!r}"


def _latency(value: Any) -> str | None:
    if _number(value) and value > 0:
        return None
    # the signal is known when its bar has ended: an earlier fill would lie inside that bar
    return f"latency_seconds must be > 0 and finite, got {value!r}: it would fill inside the signal's own bar"


def _age(value: Any) -> str | None:
    if value is None or (_number(value) and value >= 0):
        return None
    return f"max_price_age_seconds must be >= 0 or null, got {value!r}"


def _stop(value: Any) -> str | None:
    return None if _number(value) and -100 <= value < 0 else f"stop_loss_percent must be in [-100, 0), got {value!r}"


def _flag(name: str) -> Rule:
    return lambda value: None if isinstance(value, bool) else f"{name} must be true or false, got {value!r}"


def said_of(read: Callable[[Any], Any], value: Any) -> str | None:
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
