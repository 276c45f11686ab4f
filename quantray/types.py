"""The values that flow through quantray: frozen columns, checked when they are made.

Times are UTC int64 nanoseconds; ``bar`` is an index on a session's grid, named by the START of the bar.
Prices are per share in the currency of the data; returns are fractions unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np

from quantray.digests import digest_of
from quantray.hours import check_break, checked_ends

FloatArray1D = np.ndarray[tuple[int], np.dtype[np.float64]]
FloatArray2D = np.ndarray[tuple[int, int], np.dtype[np.float64]]
IntArray1D = np.ndarray[tuple[int], np.dtype[np.integer[Any]]]
BoolArray1D = np.ndarray[tuple[int], np.dtype[np.bool_]]

CALL, PUT = 1, -1
ABOVE, BELOW = 1, -1  # side of the VWAP on which price stretched

MOST_BARS = 2**31 - 1  # of any duration

#: ``Session.ask`` of a quote that was quarantined: it may not be traded on, and an entry that meets it says why.
ZERO_QUOTE, CROSSED_QUOTE = 0.0, -1.0


class TrialState(StrEnum):
    """COMPLETE has a value; PRUNED was measured and must not be learned from; FAIL could not be measured."""

    COMPLETE = "COMPLETE"
    PRUNED = "PRUNED"
    FAIL = "FAIL"


class ExitReason(IntEnum):
    """Why a position was left, in the order in which one second decides (spec section 6)."""

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
class Session:
    """One exchange session of one underlying and its options on one regular grid of ``n_bars``.

    The grid starts at ``open_ns`` and steps ``interval_s``; ``[n]`` is a bar, ``[m]`` a contract.
    A bar without a trade carries the last close and has volume 0 (``filled``); before the first trade of the
    session prices are NaN. Option prices are either quotes (``bid``/``ask``, standing until replaced, NaN for
    an absent side) or trade prints (``last``, NaN where the bar has none): ``ask is None`` tells.
    A quarantined quote has bid NaN and ask ``ZERO_QUOTE`` or ``CROSSED_QUOTE``.

    In a break (``closed``) and from a contract's ``ends`` on nothing trades: prices are NaN. An index has volume NaN.
    """

    date: str  # exchange-local session date, ISO
    open_ns: int
    interval_s: int
    open_s: int  # seconds from exchange-local midnight to the open (34200 for 9:30); 61200 the evening before is 17:00
    open: FloatArray1D  # [n]
    high: FloatArray1D  # [n]
    low: FloatArray1D  # [n]
    close: FloatArray1D  # [n]
    volume: FloatArray1D  # [n]
    price: FloatArray1D  # [n] what the VWAP weighs: the bar's own vwap, else (high+low+close)/3
    filled: BoolArray1D  # [n]
    vwap_running: FloatArray1D | None  # [n] the data set's own running VWAP
    symbol: tuple[str, ...]  # [m]
    strike: FloatArray1D  # [m]
    right: IntArray1D  # [m] int8, CALL or PUT
    expiry: IntArray1D  # [m] int32, days since 1970-01-01: the last trading day on or before the dated one
    multiplier: FloatArray1D  # [m]
    bid: FloatArray2D | None  # [m, n]
    ask: FloatArray2D | None  # [m, n]
    last: FloatArray2D | None  # [m, n]
    fresh: np.ndarray[tuple[int, int], np.dtype[np.bool_]]  # [m, n] a row of this contract is stamped at this bar
    closed: BoolArray1D | None = None  # [n] the exchange's break; None: it has none
    ends: IntArray1D | None = None  # [m] first bar at which the contract trades no more; n, the close, when not given

    def __post_init__(self) -> None:
        n, m = self.n_bars, len(self.symbol)
        for name in ("open", "high", "low", "volume", "price", "filled"):
            if getattr(self, name).shape != (n,):
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, close has ({n},)")
        for name in ("strike", "right", "expiry", "multiplier"):
            if getattr(self, name).shape != (m,):
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, expected ({m},)")
        if (self.ask is None) != (self.bid is None) or (self.ask is None) == (self.last is None):
            raise ValueError("a session has either bid and ask or last")
        for name in ("bid", "ask", "last", "fresh"):
            grid = getattr(self, name)
            if grid is not None and grid.shape != (m, n):
                raise ValueError(f"{name} has shape {grid.shape}, expected ({m}, {n})")
        prices = [grid for grid in (self.bid, self.ask, self.last) if grid is not None]
        object.__setattr__(self, "ends", checked_ends(self.ends, self.symbol, n, prices))
        check_break(self.closed, n, [self.close, *prices])

    @property
    def n_bars(self) -> int:
        return int(self.close.shape[0])

    @property
    def has_quotes(self) -> bool:
        return self.ask is not None

    @property
    def has_volume(self) -> bool:
        """False of an index, whose volume is NaN."""
        return not bool(np.isnan(self.volume).all())

    @property
    def day(self) -> int:
        """Days since 1970-01-01 of the session date, to compare with ``expiry``."""
        return int(np.datetime64(self.date, "D").astype(np.int64))

    def bars(self, seconds: float) -> int:
        """Round a duration up to whole bars (on minute bars 1 s is one bar); what no session holds is one number."""
        if not seconds < MOST_BARS * self.interval_s:
            return MOST_BARS
        return int(-(-seconds // self.interval_s))

    def ns(self, bar: IntArray1D) -> IntArray1D:
        """Start of the bar as UTC nanoseconds."""
        return self.open_ns + np.asarray(bar, np.int64) * (self.interval_s * 1_000_000_000)


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Everything a candidate may look at: immutable, digested, shared by every worker without a copy."""

    underlying: str
    sessions: tuple[Session, ...]
    source: str  # one line that says where the data came from, with its seed where it has one
    quality: Mapping[str, float] = field(default_factory=dict)  # counts and shares of what was quarantined
    session_digests: tuple[str, ...] = ()  # computed when not given

    def __post_init__(self) -> None:
        dates = [s.date for s in self.sessions]
        if dates != sorted(set(dates)):
            raise ValueError(f"sessions must be unique and in time order, got {dates}")
        if len(self.session_digests) != len(self.sessions):
            object.__setattr__(self, "session_digests", tuple(digest_of(s) for s in self.sessions))

    @property
    def digest(self) -> str:
        """Identity of the data: equal digests mean equal bytes."""
        return digest_of(self.underlying, self.session_digests)

    def __len__(self) -> int:
        return len(self.sessions)

    def __iter__(self) -> Iterator[Session]:
        return iter(self.sessions)

    @property
    def dates(self) -> tuple[str, ...]:
        return tuple(s.date for s in self.sessions)

    @property
    def has_quotes(self) -> bool:
        return bool(self.sessions) and self.sessions[0].has_quotes

    def take(self, start: int, stop: int) -> Slice:
        """Sessions ``start`` to ``stop`` (exclusive) as a slice of their own; nothing is copied."""
        return Slice(
            self.underlying, self.sessions[start:stop], self.source, self.quality, self.session_digests[start:stop]
        )


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


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """Metrics of ``n`` candidates as columns; NaN in a float column means that the metric does not exist.

    ``session_net`` [n, sessions] is what each candidate earned in each session (0 without a trade).
    ``why`` maps the row of a candidate that could not be measured to the reason; its columns are void.
    """

    columns: Mapping[str, np.ndarray]
    session_net: FloatArray2D
    why: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.session_net.shape[0])

    def row(self, i: int) -> dict[str, float | int | None]:
        """Metrics of candidate ``i`` as plain numbers, None for what does not exist."""
        return {name: plain(column[i]) for name, column in self.columns.items()}


@dataclass(frozen=True, slots=True)
class Trial:
    """One candidate with its outcome, as the ledger stores it. ``violations`` are feasible when all <= 0."""

    digest: str
    params: Mapping[str, Any]
    state: TrialState
    value: float | None = None
    violations: tuple[float, ...] = ()
    metrics: Mapping[str, float | int | None] = field(default_factory=dict)
    session_net: tuple[float, ...] = ()
    why: str | None = None
    number: int = -1  # its place in the study: the order in which candidates were claimed
    batch: int = -1

    def __post_init__(self) -> None:
        finite = self.value is not None and np.isfinite(self.value)
        if (self.state is TrialState.COMPLETE) != finite:
            raise ValueError(f"a {self.state} trial cannot have the value {self.value!r}")
        if self.state is not TrialState.COMPLETE and not self.why:
            raise ValueError(f"a {self.state} trial must say why")

    @property
    def feasible(self) -> bool:
        return self.state is TrialState.COMPLETE and all(v <= 0 for v in self.violations)


def plain(value: Any) -> float | int | None:
    """A NumPy scalar as the plain number JSON knows; NaN as None."""
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and number != number else number
