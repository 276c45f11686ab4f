"""Stage one: from the candles of some assets to small first-touch tables, one row a call and way of entering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, FloatArray2D, IntArray1D
from quantray.callers.codes import Entry, Intrabar, TargetGap, names_of
from quantray.callers.policies.program import NS, Levels, freeze, read_only, trigger_columns
from quantray.errors import ConfigError, DataError, near_miss

if TYPE_CHECKING:
    from quantray.callers.kernels.columns import Candles, Entries, Table

FILLS, INTRABAR, TARGET_GAP = names_of(Entry), names_of(Intrabar), names_of(TargetGap)


class CandleColumns(Protocol):
    """Candles [r], each asset's contiguous and in time order; ``ts`` is UTC ns and names the START."""

    @property
    def ts(self) -> IntArray1D:
        """[r] UTC ns of the start."""
        ...

    @property
    def open(self) -> FloatArray1D:
        """[r] in the quote currency."""
        ...

    @property
    def high(self) -> FloatArray1D:
        """[r] in the quote currency."""
        ...

    @property
    def low(self) -> FloatArray1D:
        """[r] in the quote currency."""
        ...

    @property
    def close(self) -> FloatArray1D:
        """[r] in the quote currency."""
        ...

    @property
    def volume(self) -> FloatArray1D:
        """[r] as the source gives it."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """Where ``n`` calls lie in the candles: rows of the entry candle (-1: may not trade), of the first candle an
    indicator may see, and the end of the window (exclusive), all of the call's own asset.

    ``ends`` is the time ns at which the source ends for the call (None: with the last candle of its window), ``dead``
    whether its asset had gone silent by then (None: no).
    """

    entry: IntArray1D
    stop: IntArray1D
    warm: IntArray1D
    ends: IntArray1D | None = None
    dead: BoolArray1D | None = None

    def __post_init__(self) -> None:
        for name in ("entry", "stop", "warm"):
            object.__setattr__(self, name, read_only(getattr(self, name), np.int64))
        trades = self.entry >= 0
        if not (len(self.entry) == len(self.stop) == len(self.warm)):
            raise ValueError(f"Windows: {len(self.entry)} entries, {len(self.stop)} stops, {len(self.warm)} warm-ups")
        if np.any(self.stop[trades] <= self.entry[trades]) or np.any(self.warm[trades] > self.entry[trades]):
            raise ValueError("Windows: warm <= entry < stop must hold for every call that trades")

    def later(self, open_: FloatArray1D, candles: int = 1) -> Windows:
        """The same calls entered ``candles`` candles later, as if the order had arrived late; windows end as before.

        ``open_`` [r] are the opens of the candles. A call whose window has no such candle, or none with a price, may
        not trade. What is entered later is also sold later: a window that should hold its whole time needs the room.
        """
        if candles < 0:
            raise ValueError(f"Windows.later: an entry {candles} candles later lies in the past")
        entry = self.entry + candles
        trades = (self.entry >= 0) & (entry < self.stop)
        price = np.full(len(entry), np.nan)
        price[trades] = np.asarray(open_)[entry[trades]]
        return replace(self, entry=np.where(np.isfinite(price) & (price > 0), entry, -1))

    def of(self, calls: slice) -> Windows:
        """Those of a stretch of the calls."""
        ends, dead = (None if column is None else column[calls] for column in (self.ends, self.dead))
        some: Any = (self.entry[calls], self.stop[calls], self.warm[calls], ends, dead)
        return Windows(*some)

    def ends_of(self, ts: IntArray1D, interval_ns: int) -> IntArray1D:
        """When the source ends for each call [n], ns; 0 for a call that may not trade where nothing says."""
        if self.ends is not None:
            return read_only(self.ends, np.int64)
        ends = np.zeros(len(self.entry), np.int64)
        trades = self.entry >= 0
        ends[trades] = ts[self.stop[trades] - 1] + interval_ns
        return read_only(ends, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """First-touch tables of ``n`` calls x ``ways`` of entering: row ``i * ways + v`` [E], column a level [K].

    Prices are multiples of the entry price, times are UTC ns; a key is ``bar * 8 + phase`` of the event
    (``quantray.callers.kernels.codes``). ``start`` and ``stop`` are rows of the candles the tables came from.
    """

    keys: np.ndarray[tuple[int, int], np.dtype[np.int32]]
    fill: FloatArray2D
    worst: FloatArray2D  # lowest price up to the event
    time: np.ndarray[tuple[int, int], np.dtype[np.int64]]
    peaks: FloatArray2D  # [E, holds + 1] highest price up to each time stop, and to the end
    price: FloatArray1D  # [E] entry price, NaN where there is no entry
    entry_ns: IntArray1D  # [E]
    start: IntArray1D  # [E] first candle behind the entry, -1 where there is no entry
    stop: IntArray1D  # [E]
    dead: BoolArray1D  # [E] the asset was silent when its source ended
    ways: int
    order: int  # 0 stop_first, 1 target_first, 2 raise_first

    def __post_init__(self) -> None:
        freeze(self, keys=np.int32, dead=np.bool_)

    @property
    def n_calls(self) -> int:
        return len(self.price) // self.ways

    @property
    def columns(self) -> Table:
        """What kernels read of them."""
        from quantray.callers.kernels.columns import Table

        return Table(**{name: getattr(self, name) for name in Table._fields})

    def take(self, calls: IntArray1D) -> Tables:
        """The rows of some ``calls`` [k], all ways of each."""
        rows = (np.asarray(calls, np.int64)[:, None] * self.ways + np.arange(self.ways)).ravel()
        return replace(self, **{name: getattr(self, name)[rows] for name in _COLUMNS})

    def at_zero(self, dead: BoolArray1D | None = None) -> Tables:
        """The same, but the end of the data pays nothing for the calls [n] whose asset never printed again.

        ``dead`` None: those that the windows said were dead.
        """
        rows = self.dead if dead is None else np.repeat(np.asarray(dead, bool), self.ways)
        fill, worst = self.fill.copy(), self.worst.copy()
        fill[rows, -2] = 0.0
        worst[rows, -2] = 0.0
        return replace(self, fill=fill, worst=worst)

    @classmethod
    def join(cls, parts: Sequence[Tables], offsets: Sequence[int]) -> Tables:
        """Tables of several buckets, one behind the other; ``offsets`` are where their candles begin when joined."""
        first = parts[0]
        if any((p.ways, p.order, p.keys.shape[1]) != (first.ways, first.order, first.keys.shape[1]) for p in parts):
            raise ValueError("Tables.join: the parts were built with other levels or another order")
        columns: dict[str, Any] = {name: np.concatenate([getattr(p, name) for p in parts]) for name in _COLUMNS}
        for name in ("start", "stop"):
            rows = [np.where(p.start < 0, -1, getattr(p, name) + at) for p, at in zip(parts, offsets, strict=True)]
            columns[name] = np.concatenate(rows)
        return replace(first, **columns)


_COLUMNS = tuple(f.name for f in fields(Tables) if f.name not in ("ways", "order"))


def target_gap_of(target_gap: str) -> int:
    """Code of ``limit`` or ``open``; ConfigError with the near miss."""
    if target_gap not in TARGET_GAP:
        raise ConfigError(f"target_gap: {near_miss(target_gap, TARGET_GAP, what='fill')}")
    return TARGET_GAP.index(target_gap)


def order_of(intrabar: str) -> int:
    """Code of ``stop_first``, ``target_first`` or ``raise_first``; ConfigError with the near miss."""
    if intrabar not in INTRABAR:
        raise ConfigError(f"intrabar: {near_miss(intrabar, INTRABAR, what='order')}")
    return INTRABAR.index(intrabar)


def build_tables(
    candles: CandleColumns, windows: Windows, levels: Levels, interval_s: int, *, intrabar: str = "stop_first",
    entry: str = "open", target_gap: str = "limit",
) -> Tables:  # fmt: skip
    """First-touch tables of every level for every call: one pass over a call's candles, one more per arm reached.

    ``entry`` ``open``: the entry candle belongs to the trade; ``close``: the scan starts at the next one.
    ``target_gap`` ``limit``: a target that the open has jumped pays its own price; ``open``: the open. DataError where
    the candle at which something is sold has no price, or one below 0.
    """
    from quantray.callers.kernels.columns import Rules
    from quantray.callers.kernels.touch import block_extremes, tables
    from quantray.callers.kernels.triggers import trigger_tables

    if entry not in FILLS:
        raise ConfigError(f"entry: {near_miss(entry, FILLS, what='entry')}")
    ways = len(levels.entry)
    rules = Rules(order_of(intrabar), target_gap_of(target_gap))
    given = _candles(candles, interval_s)
    found = _entries(given, windows, levels, FILLS.index(entry))
    top, bottom = block_extremes(given.high.view(np.int64), given.low.view(np.int64))
    made = tables(given, top.view(np.float64), bottom.view(np.float64), found, levels.columns, rules)
    if levels.trigger:
        ts = given.ts
        called = np.repeat(np.where(windows.entry >= 0, ts[np.maximum(windows.entry, 0)], 0), ways)
        triggers = trigger_columns(levels.trigger, interval_s)
        trigger_tables(given, found, called, np.repeat(windows.warm, ways), triggers, levels.first["trigger"], made)
    if not np.isfinite(made.fill.sum()) or made.fill.min(initial=1.0) < 0:
        _refuse(given.ts, found.start, made.keys, made.fill)
    alive = np.zeros(len(windows.entry), bool)
    dead = np.repeat(alive if windows.dead is None else windows.dead, ways)
    return Tables(
        **made._asdict(), price=found.price, entry_ns=found.time, start=found.start, stop=found.stop, dead=dead,
        ways=ways, order=rules.order,
    )  # fmt: skip


def _candles(candles: CandleColumns, interval_s: int) -> Candles:
    """The candles as kernels take them."""
    from quantray.callers.kernels.columns import Candles

    prices = {k: read_only(getattr(candles, k), np.float64) for k in ("open", "high", "low", "close", "volume")}
    return Candles(ts=read_only(candles.ts, np.int64), **prices, interval=interval_s * NS)


def _entries(candles: Candles, windows: Windows, levels: Levels, fill: int) -> Entries:
    """Entries [n x ways] of the calls, each way of a call behind the other."""
    from quantray.callers.kernels.columns import Entries
    from quantray.callers.kernels.entries import entries

    dip = np.array([np.nan if e is None else e.dip for e in levels.entry])
    wait = np.array([0 if e is None else e.wait_s * NS for e in levels.entry], np.int64)
    found = entries(candles, windows.entry, windows.stop, fill, dip, wait)
    start, price, time, whole = (column.ravel() for column in found)
    ends = windows.ends_of(candles.ts, candles.interval)
    stop, ends = (np.repeat(column, len(levels.entry)) for column in (windows.stop, ends))
    return Entries(start, stop, ends, price, time, whole)


def _refuse(ts: IntArray1D, start: IntArray1D, keys: np.ndarray, fill: FloatArray2D) -> None:
    """Raise DataError with the time of the candle whose price cannot be a fill."""
    row, column = np.argwhere(~(np.isfinite(fill) & (fill >= 0)))[0]
    candle = int(start[row]) + (int(keys[row, column]) >> 3)
    at = f"{np.datetime64(int(ts[candle]), 'ns').astype('datetime64[s]')}Z"
    raise DataError(
        f"candles: a trade would be sold at a price that is no number above 0, about {at}; "
        "remove candles without a price"
    )
