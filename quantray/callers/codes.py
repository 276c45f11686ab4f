"""What whole numbers in columns mean, one name each: why a trade ended, why it was none, how a candle is read."""

from __future__ import annotations

from enum import IntEnum


class Reason(IntEnum):
    """What ended a trade."""

    TARGET = 0
    STOP = 1
    TRAILING_STOP = 2
    RAISED_STOP = 3  # break-even or a later phase
    TIME = 4
    TRIGGER = 5
    END_OF_DATA = 6


class Skip(IntEnum):
    """Why a position was not opened, in the order in which the account refuses."""

    EXECUTED = 0
    MAX_POSITIONS = 1
    MAX_POSITIONS_PER_ASSET = 2
    MAX_POSITIONS_PER_CALLER = 3
    NO_CASH = 4
    BELOW_MINIMUM = 5


class Intrabar(IntEnum):
    """What is supposed to come first inside one candle."""

    STOP_FIRST = 0
    TARGET_FIRST = 1
    RAISE_FIRST = 2  # a stop that is raised inside its own candle supposes that the high came first


class TargetGap(IntEnum):
    """What a target is paid that the open has jumped: its own price, as a resting order is filled when the market runs

    through it, or the open, which only an opening auction gives.
    """

    LIMIT = 0
    OPEN = 1


class Entry(IntEnum):
    """At which price of its entry candle a call is entered."""

    OPEN = 0
    CLOSE = 1


class Sizing(IntEnum):
    """What decides the size of a position."""

    RISK = 0
    FIXED = 1
    FRACTION = 2


class Basis(IntEnum):
    """Of what a size is a fraction."""

    FREE_CASH = 0
    EQUITY = 1
    INITIAL = 2


def names_of(codes: type[IntEnum]) -> tuple[str, ...]:
    """The names as plans and tables write them, in the order of their codes."""
    return tuple(code.name.lower() for code in codes)


#: Why a position was not opened, by its code: nothing where it was.
SKIPS = ("", *names_of(Skip)[1:])
