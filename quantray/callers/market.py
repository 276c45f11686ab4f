"""What the stages hand on: calls, their windows, what candles they have, where those are. Frozen columns.

Times are UTC int64 nanoseconds and name the START of a candle; ``[n]`` is a call, in (ts, asset, call_id) order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import IntEnum
from pathlib import Path

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, IntArray1D
from quantray.digests import digest_of
from quantray.durations import NS
from quantray.errors import ConfigError

PRICES = ("open", "high", "low", "close")


class Exclusion(IntEnum):
    """Why a call is left out: the first that holds, in this order. LOW_COVERAGE only with coverage.mode=window."""

    NONE = 0
    TOO_NEW = 1  # the source ends before the call's window does
    NO_CANDLES = 2  # none from the earliest entry to the end of the window
    LATE_ENTRY = 3  # the first one starts later than max_entry_lag allows
    BAD_PRICE = 4  # the entry's open is not a number above 0
    LOW_COVERAGE = 5  # selects on the future


@dataclass(frozen=True, slots=True, eq=False)
class Calls:
    """Calls in (ts, asset, call_id) order. ``caller`` and ``asset`` index ``callers`` and ``assets``, both sorted."""

    call_id: tuple[str, ...]
    caller: IntArray1D  # [n] int32
    asset: IntArray1D  # [n] int32
    ts: IntArray1D  # [n] int64
    price_at_call: FloatArray1D  # [n] NaN where unknown
    mcap: FloatArray1D  # [n] NaN where unknown
    chain: tuple[str | None, ...]
    callers: tuple[str, ...]
    assets: tuple[str, ...]
    groups: Mapping[str, tuple[str, ...]]  # the groups asked for, with those of their callers who are here
    source: str
    counts: Mapping[str, int]  # read, then what each filter left out, then kept
    near_names: tuple[tuple[str, str], ...] = ()  # callers spelt so alike that they may be one
    absent: tuple[str, ...] = ()  # callers of the groups who have no call in the data
    groups_of_one: tuple[str, ...] = ()  # names asked for as groups that are callers
    edited: IntArray1D | None = None  # [n] 1: changed after it was made, 0: not, -1: unknown; None: nobody says
    told: tuple[str, ...] = ()  # how they were read, and what a reader must know of that
    messages: Path | None = None  # DuckDB file with the messages that are no call, where calls come from chats

    def __post_init__(self) -> None:
        n = len(self.call_id)
        for name in ("caller", "asset", "ts", "price_at_call", "mcap", "chain", "edited"):
            column = getattr(self, name)
            if column is not None and len(column) != n:
                raise ValueError(f"Calls.{name} has {len(column)} rows, call_id has {n}")

    def __len__(self) -> int:
        return len(self.call_id)

    @property
    def per_caller(self) -> IntArray1D:
        """Calls of each caller [callers]."""
        return np.bincount(self.caller, minlength=len(self.callers))

    @property
    def by_asset(self) -> tuple[IntArray1D, ...]:
        """Rows of the calls on each asset [assets], in time order."""
        order, first = self.asset_order
        return tuple(np.split(order, first[1:-1]))

    @property
    def asset_order(self) -> tuple[IntArray1D, IntArray1D]:
        """Rows of the calls by asset, in time order, and where each asset's begin [assets + 1]."""
        order = np.argsort(self.asset, kind="stable")
        return order, np.searchsorted(self.asset[order], np.arange(len(self.assets) + 1))

    def of(self, caller: str) -> IntArray1D:
        """Rows [k] of one caller, in time order."""
        return np.flatnonzero(self.caller == self.callers.index(caller))

    @property
    def changed(self) -> BoolArray1D:
        """Calls that were edited after they were made [n]: what they say may have been written with hindsight."""
        return np.zeros(len(self), bool) if self.edited is None else self.edited == 1

    @property
    def digest(self) -> str:
        parts = self.call_id, self.caller, self.asset, self.ts, self.callers, self.assets
        return digest_of(*parts) if self.edited is None else digest_of(*parts, self.edited)


@dataclass(frozen=True, slots=True)
class Needs:
    """How much of the market a call needs, in seconds: what the policies ask for, and how late an entry may be."""

    max_hold_s: int
    max_dip_wait_s: int = 0
    warmup_s: int = 0
    delay_s: int = 0
    max_entry_lag_s: int | None = None  # None: two intervals
    endless: bool = False  # some policy has no time stop: it is followed to the end of the source

    def __post_init__(self) -> None:
        if self.max_hold_s < 1:
            raise ConfigError(f"the longest hold must be at least 1 s, got {self.max_hold_s}")
        for f in fields(self)[1:]:
            value = getattr(self, f.name)
            if value is not None and value < 0:
                raise ConfigError(f"{f.name.removesuffix('_s')} must be >= 0, got {value} s")


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """Disjoint stretches [start, end) of assets, in (asset, start) order; ``asset`` indexes ``assets``."""

    assets: tuple[str, ...]
    asset: IntArray1D  # [s] int32
    start_ns: IntArray1D  # [s]
    end_ns: IntArray1D  # [s]

    def __len__(self) -> int:
        return len(self.asset)

    def of(self, assets: range) -> Spans:
        """Those of a range of assets; the indices stay."""
        # of the column's own type: another one would copy the whole column at each call
        low, high = np.searchsorted(self.asset, np.array((assets.start, assets.stop), self.asset.dtype))
        return Spans(self.assets, self.asset[low:high], self.start_ns[low:high], self.end_ns[low:high])

    def expected(self, interval_s: int, phase_ns: int) -> IntArray1D:
        """Candles that each would hold if none were missing [s]."""
        return on_grid(self.start_ns, self.end_ns, interval_s, phase_ns)


@dataclass(frozen=True, slots=True, eq=False)
class CallPlan:
    """The window of each call [n]: [start, end), its entry candle starting in [entry_from, entry_until].

    It is the nominal window, which decides who is eligible; a trade goes on to the first candle that ends behind it.
    """

    calls: Calls
    needs: Needs
    interval_s: int
    start_ns: IntArray1D
    entry_from_ns: IntArray1D
    entry_until_ns: IntArray1D
    end_ns: IntArray1D
    spans: Spans  # all windows, merged per asset: what has to be read, once

    def __len__(self) -> int:
        return len(self.calls)

    @property
    def digest(self) -> str:
        return digest_of(self.calls.digest, self.interval_s, self.start_ns, self.entry_from_ns, self.entry_until_ns,
                         self.end_ns)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Inventory:
    """What the source holds at one interval, per asset [a] in order of name."""

    assets: tuple[str, ...]
    rows: IntArray1D
    first_ns: IntArray1D
    last_ns: IntArray1D
    fingerprint: tuple[str, ...]  # of an asset's candles: changes with any of their values
    interval_s: int
    phase_ns: int  # where on the clock candles start, modulo the interval
    source: str
    idle: IntArray1D  # rows without volume [a]: of a traded asset they are no candles and in none of the others
    traded: BoolArray1D  # some row of the asset has a volume [a]
    other_intervals: Mapping[int, int] = field(default_factory=dict)  # seconds -> rows that were left out
    undated: int = 0  # rows without a time, or with an impossible one: they are in none of the others

    @property
    def end_ns(self) -> int:
        """End of the source: of its last candle, whatever the asset."""
        return int(self.last_ns.max()) + self.interval_s * NS if len(self.last_ns) else 0

    @property
    def undated_share(self) -> float:
        """Of all rows of the table: one without a time lies in no window."""
        return self.undated / max(self.undated + int(self.rows.sum() + self.idle[self.traded].sum()), 1)

    def last_of(self, assets: tuple[str, ...]) -> IntArray1D:
        """Start of the last candle of each asset [len(assets)], -1 where there is none."""
        known = dict(zip(self.assets, self.last_ns.tolist(), strict=True))
        return np.array([known.get(a, -1) for a in assets], np.int64)

    def traded_of(self, assets: tuple[str, ...]) -> BoolArray1D:
        """Whether each asset has any volume at all [len(assets)]: then a candle of volume 0 is no candle."""
        known = dict(zip(self.assets, self.traded.tolist(), strict=True))
        return np.array([known.get(a, False) for a in assets], bool)


@dataclass(frozen=True, slots=True, eq=False)
class Candles:
    """Candles of some assets [r], each asset's contiguous and in time order: ``[offsets[i]:offsets[i+1]]``.

    ``index[i]`` is the place of ``assets[i]`` in the list of assets that was asked for, -1 where nobody asked for it.
    """

    assets: tuple[str, ...]
    index: IntArray1D  # [a] int32
    offsets: IntArray1D  # [a + 1]
    ts: IntArray1D  # [r]
    open: FloatArray1D  # [r]
    high: FloatArray1D
    low: FloatArray1D
    close: FloatArray1D
    volume: FloatArray1D
    duplicates: int = 0  # exact copies that were dropped
    conflicts: int = 0  # rows of the same key with other values that were dropped
    idle: int = 0  # rows without volume that were dropped
    unpriced: tuple[tuple[str, int, int], ...] = ()  # (asset, its place as in index, start) of candles without a price
    ties: tuple[tuple[str, int], ...] = ()  # (asset, start) of candles that the order of the table's rows decided

    def __post_init__(self) -> None:
        for name in (*PRICES, "volume"):
            if len(getattr(self, name)) != len(self.ts):
                raise ValueError(f"Candles.{name} has {len(getattr(self, name))} rows, ts has {len(self.ts)}")

    def __len__(self) -> int:
        return len(self.ts)

    def __iter__(self) -> Iterator[tuple[int, slice]]:
        """(index of the asset, its rows) of every asset that was asked for."""
        for i, asset in enumerate(self.index.tolist()):
            if asset >= 0:
                yield asset, slice(int(self.offsets[i]), int(self.offsets[i + 1]))


def on_grid(start_ns: IntArray1D, end_ns: IntArray1D, interval_s: int, phase_ns: int) -> IntArray1D:
    """Starts of candles in each stretch [start, end) of UTC ns: how many [s]."""
    step = interval_s * NS
    starts: IntArray1D = np.maximum(-((phase_ns - end_ns) // step) + ((phase_ns - start_ns) // step), 0)
    return starts
