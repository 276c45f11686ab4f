"""The source of candles: one interval on one grid, read by stretches of assets, in buckets of bounded size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from quantray.calls.intervals import grid_of, inventory_of
from quantray.calls.reach import first_in, unreached, widened
from quantray.calls.settings import CallsData
from quantray.calls.source import between, ns_of, opened
from quantray.calls.steps import refuse_other_steps
from quantray.calls.times import started
from quantray.calls.types import PRICES, Candles, Inventory, Spans
from quantray.data.source import Table
from quantray.types import BoolArray1D

COLUMNS = (*PRICES, "volume")
MANY = 32  # stretches of one asset


@dataclass(frozen=True, slots=True, eq=False)
class CandleSource:
    """An open table of candles. ``inventory`` says what it holds at the interval."""

    table: Table
    ns: str  # SQL of a row's start
    rows: str  # condition of the interval
    unit: str | None
    inventory: Inventory

    def candles(self, spans: Spans, bucket_rows: int) -> Iterator[Candles]:
        """Candles of the stretches, bucket by bucket in order of asset; exact copies of a key are dropped.

        With them comes the first candle behind each stretch, however late it is: there ends what a silence has carried
        beyond the stretch. Of an asset with any volume a candle without volume is no candle.
        """
        for assets in buckets_of(spans, self.inventory, bucket_rows):
            yield self._fetch(spans.of(assets))

    def _fetch(self, spans: Spans) -> Candles:
        inventory, wide = self.inventory, widened(spans, self.inventory.interval_s)
        traded = inventory.traded_of(spans.assets)
        rows = self._rows(wide)
        block = assembled(spans.assets, *rows, traded)
        sought = unreached(spans, wide, block, inventory)
        if not len(sought):
            return block
        behind = first_in(self.table, self.unit, self.ns, self.rows, sought, traded)
        if not len(behind):
            return block
        (i, ns, columns), (more_i, more_ns, more) = rows, self._rows(behind)
        joined = {name: np.concatenate([columns[name], more[name]]) for name in COLUMNS}
        return assembled(spans.assets, np.concatenate([i, more_i]), np.concatenate([ns, more_ns]), joined, traded)

    def _rows(self, spans: Spans) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
        """Asset, start and values of every row of the stretches, in any order."""
        import pyarrow as pa

        wanted = pa.table(
            {"asset": [spans.assets[i] for i in spans.asset.tolist()], "i": spans.asset, "start": spans.start_ns,
             "stop": spans.end_ns}
        )  # fmt: skip
        asset = self.table.column("asset")
        if self.table.types["asset"] != "VARCHAR":  # a cast of text would hide the column from DuckDB's filters
            asset = f"{asset}::VARCHAR"
        span = between(self.table, self.unit, int(spans.start_ns.min()), int(spans.end_ns.max()))
        inner = (
            f"SELECT {asset} AS asset, {self.ns} AS ns, {self.table.numbers(COLUMNS)} FROM {{t}} "
            f"WHERE {span} AND {self.rows}"
        )
        # a plain join compares a candle with every stretch of its asset, ASOF sorts first: 3x slower for few of them
        many = len(spans) > MANY * len(np.unique(spans.asset))
        self.table.connection.register("wanted_spans", wanted)
        got = self.table.fetch(
            f"SELECT s.i, c.ns, {', '.join(f'c.{c}' for c in COLUMNS)} FROM ({inner}) c "
            f"{'ASOF JOIN' if many else 'JOIN'} wanted_spans s ON c.asset = s.asset AND c.ns >= s.start "
            f"{'WHERE' if many else 'AND'} c.ns < s.stop"
        )
        columns = {name: np.asarray(got[name], np.float64) for name in COLUMNS}
        return np.asarray(got["i"]), np.asarray(got["ns"], np.int64), columns


@contextmanager
def open_candles(data: CallsData) -> Iterator[CandleSource]:
    """The candles that the settings name, read-only. DataError for a missing table or column, or mixed intervals."""
    with opened(data, "candles") as tables:
        table = tables["candles"]
        table.require("asset", "ts", *COLUMNS)
        unit = data.unit_of("candles")
        ns = ns_of(table, unit)
        grid = grid_of(table, ns, data.interval_s, data.candle_stamp)
        if grid.shift_ns:
            table = started(table, ns, grid.shift_ns)
            ns = ns_of(table, unit)
        inventory = inventory_of(table, ns, grid)
        refuse_other_steps(table, ns, grid.rows, inventory)
        yield CandleSource(table, ns, grid.rows, unit, inventory)


def buckets_of(spans: Spans, inventory: Inventory, bucket_rows: int) -> Iterator[range]:
    """Ranges of assets whose stretches hold about ``bucket_rows`` candles, at least one asset each."""
    expected = spans.expected(inventory.interval_s, inventory.phase_ns)
    per_asset = np.bincount(spans.asset, weights=expected, minlength=len(spans.assets))
    start, rows = 0, 0.0
    for asset, more in enumerate(per_asset.tolist()):
        if rows and rows + more > bucket_rows:
            yield range(start, asset)
            start, rows = asset, 0.0
        rows += more
    if rows:
        yield range(start, len(spans.assets))


def assembled(
    assets: tuple[str, ...], index: np.ndarray, ts: np.ndarray, columns: dict[str, np.ndarray],
    traded: BoolArray1D | None = None,
) -> Candles:  # fmt: skip
    """Candles from rows in any order; of rows with one key the lowest (by open, high, low, close, volume) stays.

    Rows without volume of the assets that are ``traded`` are no candles.
    """
    idle = np.zeros(len(ts), bool) if traded is None else traded[index] & (columns["volume"] == 0)
    if idle.any():
        index, ts = index[~idle], ts[~idle]
        columns = {name: values[~idle] for name, values in columns.items()}
    order = np.lexsort((ts, index))
    same = _repeated(index[order], ts[order])
    if same.any():
        order = np.lexsort((*(columns[name] for name in reversed(COLUMNS)), ts, index))
    index, ts = index[order], ts[order]
    columns = {name: values[order] for name, values in columns.items()}
    copies = same.copy()
    if same.any():
        for values in columns.values():
            copies[1:] &= (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
        index, ts = index[~same], ts[~same]
        columns = {name: values[~same] for name, values in columns.items()}
    found, first = np.unique(index, return_index=True)
    for array in (ts, *columns.values()):
        array.flags.writeable = False
    return Candles(
        assets=tuple(assets[i] for i in found.tolist()),
        index=found.astype(np.int32),
        offsets=np.append(first, len(ts)).astype(np.int64),
        ts=ts,
        **columns,
        duplicates=int(copies.sum()),
        conflicts=int((same & ~copies).sum()),
        idle=int(idle.sum()),
    )


def _repeated(index: np.ndarray, ts: np.ndarray) -> np.ndarray:
    """True for a row with the key of the row before it."""
    same = np.zeros(len(ts), bool)
    same[1:] = (index[1:] == index[:-1]) & (ts[1:] == ts[:-1])
    return same
