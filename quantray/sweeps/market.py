"""The values that flow through quantray: frozen columns, checked when they are made.

Times are UTC int64 nanoseconds; ``bar`` is an index on a session's grid, named by the START of the bar.
Prices are per share in the currency of the data; returns are fractions unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import overload

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, FloatArray2D, IntArray1D
from quantray.digests import digest_of
from quantray.sweeps.hours import check_break, checked_ends

CALL, PUT = 1, -1

_EPOCH = date(1970, 1, 1).toordinal()

MOST_BARS = 2**31 - 1  # of any duration

#: ``Session.ask`` of a quote that was quarantined: it may not be traded on, and an entry that meets it says why.
ZERO_QUOTE, CROSSED_QUOTE = 0.0, -1.0


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
    def nbytes(self) -> int:
        """Bytes of its arrays."""
        columns = (getattr(self, name) for name in Session.__dataclass_fields__)
        return sum(column.nbytes for column in columns if isinstance(column, np.ndarray))

    @property
    def has_volume(self) -> bool:
        """False of an index, whose volume is NaN."""
        return not (np.isnan(self.volume[:1]).all() and np.isnan(self.volume).all())  # mostly the first one tells

    @property
    def day(self) -> int:
        """Days since 1970-01-01 of the session date, to compare with ``expiry``."""
        return date.fromisoformat(self.date).toordinal() - _EPOCH

    def bars(self, seconds: float) -> int:
        """Round a duration up to whole bars (on minute bars 1 s is one bar); what no session holds is one number."""
        if not seconds < MOST_BARS * self.interval_s:
            return MOST_BARS
        return int(-(-seconds // self.interval_s))

    def ns(self, bar: IntArray1D) -> IntArray1D:
        """Start of each ``bar`` [k] as UTC nanoseconds [k]."""
        return self.open_ns + np.asarray(bar, np.int64) * (self.interval_s * 1_000_000_000)


class Made(Sequence[Session]):
    """Sessions of these ``dates``, number k as ``make(k)`` gives it whenever it is asked for.

    What is made of sessions that do not fit in memory would not either.
    """

    def __init__(self, dates: Sequence[str], make: Callable[[int], Session]) -> None:
        self.dates, self._make = tuple(dates), make

    def __len__(self) -> int:
        return len(self.dates)

    @overload
    def __getitem__(self, k: int) -> Session: ...
    @overload
    def __getitem__(self, k: slice) -> Sequence[Session]: ...
    def __getitem__(self, k: int | slice) -> Session | Sequence[Session]:
        if isinstance(k, slice):
            places = range(len(self))[k]
            return Made(self.dates[k], lambda i: self._make(places[i]))
        return self._make(range(len(self))[k])

    def like(self, given: Sequence[Session]) -> Sequence[Session]:
        """All at once where the ``given`` ones are held in memory, too."""
        return tuple(self) if isinstance(given, tuple) else self


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of a slice's sessions without their prices."""

    dates: tuple[str, ...]
    interval_s: float

    def __len__(self) -> int:
        return len(self.dates)


@dataclass(frozen=True, slots=True, eq=False)
class Slice:
    """Everything a candidate may look at: immutable, digested, shared by every worker without a copy."""

    underlying: str
    sessions: Sequence[Session]  # a tuple, or those of a file each, which are opened when they are asked for
    source: str  # one line that says where the data came from, with its seed where it has one
    quality: Mapping[str, float] = field(default_factory=dict)  # counts and shares of what was quarantined
    session_digests: tuple[str, ...] = ()  # computed when not given
    reading: str = ""  # how its files were read, where that was more than by their own names; what was set aside

    def __post_init__(self) -> None:
        dates = self.dates
        if list(dates) != sorted(set(dates)):
            raise ValueError(f"sessions must be unique and in time order, got {[*dates]}")
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
        known: tuple[str, ...] | None = getattr(self.sessions, "dates", None)
        return tuple(s.date for s in self.sessions) if known is None else known

    @property
    def outline(self) -> Outline:
        return Outline(self.dates, float(self.sessions[0].interval_s) if len(self) else 0.0)

    @property
    def has_quotes(self) -> bool:
        known: bool | None = getattr(self.sessions, "has_quotes", None)
        return bool(self.sessions) and self.sessions[0].has_quotes if known is None else known

    @property
    def nbytes(self) -> int:
        """Bytes of its arrays; 0 where it is sent as names of files."""
        known: int | None = getattr(self.sessions, "nbytes", None)
        return sum(session.nbytes for session in self.sessions) if known is None else known

    def named(self) -> Slice | None:
        """The slice as the names of the files that its sessions lie in; None where they lie in memory."""
        named = getattr(self.sessions, "named", None)
        return replace(self, sessions=named()) if named is not None and len(self) else None

    def whole(self) -> bool:
        """Whether the files of its sessions are there, each with the session of its digest."""
        whole = getattr(self.sessions, "whole", None)
        return whole is not None and bool(whole(self.session_digests))

    def take(self, start: int, stop: int) -> Slice:
        """Sessions ``start`` to ``stop`` (exclusive) as a slice of their own; nothing is copied."""
        return Slice(
            self.underlying, self.sessions[start:stop], self.source, self.quality, self.session_digests[start:stop],
            self.reading,
        )  # fmt: skip
