"""The source of candles: one interval on one grid, read by stretches of assets, in buckets of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.callers.data.choice import COLUMNS, assembled
from quantray.callers.data.intervals import grid_of, inventory_of
from quantray.callers.data.reach import first_in, idle_of, priced, unreached, widened
from quantray.callers.data.settings import CallsData
from quantray.callers.data.source import between, ns_of, opened
from quantray.callers.data.steps import refuse_other_steps
from quantray.callers.data.times import started
from quantray.callers.market import Candles, Inventory, Spans
from quantray.digests import digest_of
from quantray.durations import NS
from quantray.files.tables import Table

MANY = 32  # stretches of one asset


@dataclass(frozen=True, slots=True, eq=False)
class CandleSource:
    """An open table of candles. ``inventory`` says what it holds at the interval."""

    table: Table
    ns: str  # SQL of a row's start
    rows: str  # condition of the interval
    unit: str | None
    inventory: Inventory
    told: tuple[str, ...] = ()  # how a format read it

    def candles(self, spans: Spans, bucket_rows: int) -> Iterator[Candles]:
        """Candles of the stretches, bucket by bucket in order of asset, one a key (see ``assembled``).

        With them comes the first candle behind each stretch, however late it is: there ends what a silence has carried
        beyond the stretch. Of an asset with any volume a candle without volume is no candle.
        """
        for assets in buckets_of(spans, self.inventory, bucket_rows):
            yield self._fetch(spans.of(assets))

    def _fetch(self, spans: Spans) -> Candles:
        inventory, wide = self.inventory, widened(spans, self.inventory.interval_s)
        traded = inventory.traded_of(spans.assets)
        rows = self._rows(wide)
        block = assembled(spans.assets, *rows, self._order, traded)
        sought = unreached(spans, wide, block, inventory)
        if not len(sought):
            return block
        behind = first_in(self.table, self.unit, self.ns, self.rows, sought, traded)
        if not len(behind):
            return block
        (i, ns, columns), (more_i, more_ns, more) = rows, self._rows(behind)
        joined = {name: np.concatenate([columns[name], more[name]]) for name in COLUMNS}
        return assembled(
            spans.assets, np.concatenate([i, more_i]), np.concatenate([ns, more_ns]), joined, self._order, traded
        )

    def nearest(self, sought: Spans, *, last: bool) -> Candles:
        """The first (or ``last``) candle of each stretch, which may overlap, once."""
        traded = self.inventory.traded_of(sought.assets)
        found = first_in(self.table, self.unit, self.ns, self.rows, sought, traded, last=last)
        _, once = np.unique(np.stack([found.asset, found.start_ns]), axis=1, return_index=True)
        keys = Spans(found.assets, found.asset[once], found.start_ns[once], found.end_ns[once])
        rows = np.zeros(0, np.int64), np.zeros(0, np.int64), {name: np.zeros(0) for name in COLUMNS}
        if len(keys):
            rows = self._rows(keys)
        return assembled(keys.assets, *rows, self._order, traded)

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
        return np.asarray(got["i"], np.int64), np.asarray(got["ns"], np.int64), columns

    def order_of(self, keys: Sequence[tuple[str, int]]) -> str:
        """Digest of the rows of some candles (asset, start) in the order of the table; empty without a key."""
        if not keys:
            return ""
        return digest_of(self._order([asset for asset, _ in keys], np.array([at for _, at in keys], np.int64)))

    def ranges(
        self, assets: tuple[str, ...], asset: IntArray1D, ts: IntArray1D, names: tuple[str, str] = ("low", "high")
    ) -> tuple[FloatArray1D, FloatArray1D]:
        """(low, high) [n] of the candle that contains each time ``ts`` [n], UTC ns; NaN where there is none.

        ``asset`` [n] indexes ``assets``. ``names``: the two columns that are wanted instead.
        """
        import pyarrow as pa

        low, high = np.full(len(ts), np.nan), np.full(len(ts), np.nan)
        wanted = pa.table({"asset": [assets[i] for i in asset.tolist()], "i": np.arange(len(ts)), "ts": ts})
        known = tuple(sorted(set(assets)))
        traded = [name for name, moves in zip(known, self.inventory.traded_of(known).tolist(), strict=True) if moves]
        step = self.inventory.interval_s * NS
        connection, name = self.table.connection, f"{self.table.column('asset')}::VARCHAR"
        connection.register("wanted_times", wanted)
        connection.register("traded_assets", pa.table({"asset": pa.array(traded, pa.string())}))
        span = between(self.table, self.unit, int(ts.min()) - step, int(ts.max()) + 1)
        idle = f"({idle_of(self.table)[0]} AND {name} IN (SELECT asset FROM traded_assets))"
        inner = (
            f"SELECT {name} AS asset, {self.ns} AS ns, {self.table.numbers(dict.fromkeys(names))} FROM {{t}} "
            f"WHERE {span} AND {self.rows} AND {priced(self.table)} AND NOT {idle} "
            f"AND {name} IN (SELECT asset FROM wanted_times)"
        )
        got = self.table.fetch(
            f"SELECT w.i, w.ts - c.ns AS late, c.{names[0]} AS a, c.{names[1]} AS b FROM wanted_times w "
            f"ASOF JOIN ({inner}) c ON w.asset = c.asset AND w.ts >= c.ns"
        )
        inside = np.asarray(got["late"], np.int64) < step
        at = np.asarray(got["i"], np.int64)[inside]
        low[at], high[at] = np.asarray(got["a"])[inside], np.asarray(got["b"])[inside]
        return low, high

    def _order(self, assets: Sequence[str], ts: IntArray1D) -> list[tuple[str, int, tuple[float, ...]]]:
        """Rows of some candles (asset, start), in the order in which the table has them: (asset, start, values)."""
        import pyarrow as pa

        self.table.connection.register("wanted_rows", pa.table({"asset": list(assets), "ns": ts}))
        asset = f"{self.table.column('asset')}::VARCHAR"
        got = self.table.fetch(
            f"SELECT c.* FROM (SELECT row_number() OVER () AS r, {asset} AS asset, {self.ns} AS ns, "
            f"{self.table.numbers(COLUMNS)} FROM {{t}} WHERE {self.rows}) c SEMI JOIN wanted_rows USING (asset, ns) "
            "ORDER BY r"
        )
        values = zip(*(np.asarray(got[name], np.float64).tolist() for name in COLUMNS), strict=True)
        return list(zip(got["asset"].tolist(), np.asarray(got["ns"]).tolist(), values, strict=True))


@contextmanager
def open_candles(data: CallsData) -> Iterator[CandleSource]:
    """The candles that the settings name, read-only. DataError for a missing table or column, or mixed intervals."""
    with opened(data, "candles") as tables:
        table: Table = tables["candles"]
        table.require("asset", "ts", *COLUMNS)
        unit = data.unit_of("candles")
        ns = ns_of(table, unit)
        grid = grid_of(table, ns, data.interval_s, data.candle_stamp)
        if grid.shift_ns:
            table = started(table, ns, grid.shift_ns)
            ns = ns_of(table, unit)
        inventory = replace(inventory_of(table, ns, grid), undated=tables["candles"].undated)
        refuse_other_steps(table, ns, grid.rows, inventory)
        yield CandleSource(table, ns, grid.rows, unit, inventory, tables["candles"].told)


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
