"""Signals and the trades that come of them: frozen columns, checked when they are made."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

from quantray.arrays import BoolArray1D, FloatArray1D, IntArray1D

ABOVE, BELOW = 1, -1  # side of the VWAP on which price stretched


class ExitReason(IntEnum):
    """Why a position was left, in the order in which one second decides (docs/rules.md)."""

    EMERGENCY = 0
    END_OF_DAY = 1
    TAKE_PROFIT = 2
    STOP_LOSS = 3
    TIME = 4
    END_OF_DATA = 5


class Refusal(IntEnum):
    """Why a signal opened nothing."""

    LATE_ENTRY = 0  # reclaim at or after the late-entry cutoff
    NO_CONTRACT = 1  # the chain has no contract of that right and expiry
    NO_QUOTE = 2  # no standing ask at the entry second
    ZERO_QUOTE = 3
    CROSSED_QUOTE = 4
    NO_PRINT = 5  # no trade print within the age limit
    SESSION_END = 6  # the entry second lies after the session's last bar
    MAX_OPEN_POSITIONS = 7
    NO_CASH = 8


@dataclass(frozen=True, slots=True, eq=False)
class Signals:
    """Entry signals of one parameter set in one session, in time order: ``bar`` decides, the fill comes later.

    ``side`` is ABOVE or BELOW as the strategy saw price; BELOW buys a call, ABOVE a put.
    ``origin`` is the bar of the first event (the stretch); equal to ``bar`` where there is none.
    """

    bar: IntArray1D
    side: IntArray1D
    origin: IntArray1D


@dataclass(frozen=True, slots=True, eq=False)
class SignalLists:
    """Signals of many parameter sets: list k is ``[ptr[k]:ptr[k+1]]`` of the columns of :class:`Signals`."""

    ptr: IntArray1D
    bar: IntArray1D
    side: IntArray1D
    origin: IntArray1D


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """Executed trades of one candidate, ordered by (session, entry, signal, side); every column has one length.

    Money is in the data's currency for the whole position; ``net`` is after fees and slippage.
    """

    session: IntArray1D  # index into the slice's sessions
    signal_bar: IntArray1D  # bar whose close decided the entry
    origin_bar: IntArray1D
    side: IntArray1D
    contract: IntArray1D  # index into the session's contracts; -1 for a strategy that trades something else
    entry_bar: IntArray1D
    exit_bar: IntArray1D
    entry_price: FloatArray1D
    exit_price: FloatArray1D
    reason: IntArray1D  # ExitReason
    fees: FloatArray1D
    net: FloatArray1D
    risk: FloatArray1D
    entry_carried: BoolArray1D
    exit_carried: BoolArray1D

    def __post_init__(self) -> None:
        n = len(self.session)
        for f in fields(self):
            if len(getattr(self, f.name)) != n:
                raise ValueError(f"Trades.{f.name} has {len(getattr(self, f.name))} rows, session has {n}")

    def __len__(self) -> int:
        return len(self.session)
