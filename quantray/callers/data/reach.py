"""The first candle behind a stretch: where a trade ends that a silence has carried beyond its window."""

from __future__ import annotations

import numpy as np

from quantray.arrays import BoolArray1D, IntArray1D
from quantray.callers.data.source import between
from quantray.callers.market import PRICES, Candles, Inventory, Spans
from quantray.durations import NS
from quantray.files.tables import Table


def idle_of(table: Table) -> tuple[str, str]:
    """SQL of a row: nothing was traded in it (a volume of 0); something was (a volume above 0)."""
    if not table.has("volume"):
        return "false", "false"
    volume = f"TRY_CAST({table.column('volume')} AS DOUBLE)"
    return f"coalesce({volume} = 0, false)", f"coalesce({volume} > 0 AND NOT isnan({volume}), false)"


def priced(table: Table) -> str:
    """SQL of a row: all of its prices are numbers above 0."""
    columns = [f"TRY_CAST({table.column(name)} AS DOUBLE)" for name in PRICES]
    return " AND ".join(f"coalesce(isfinite({c}) AND {c} > 0, false)" for c in columns)


def widened(spans: Spans, interval_s: int) -> Spans:
    """The stretches and one interval more, in which the next candle mostly is; they stay disjoint."""
    return Spans(spans.assets, spans.asset, spans.start_ns, np.minimum(spans.end_ns + interval_s * NS, _next(spans)))


def unreached(spans: Spans, wide: Spans, block: Candles, inventory: Inventory) -> Spans:
    """Where the first candle behind a stretch has to be looked for: none is in ``block``, the candles of ``wide``."""
    following, last = _next(spans), inventory.last_of(spans.assets)[spans.asset]
    lacks = (wide.end_ns < following) & (last >= wide.end_ns)
    rows = dict(block)
    for s in np.flatnonzero(lacks).tolist():
        if int(spans.asset[s]) in rows:
            low, high = np.searchsorted(block.ts[rows[int(spans.asset[s])]], (spans.end_ns[s], wide.end_ns[s]))
            lacks[s] = low == high
    until = np.minimum(following, inventory.end_ns)
    return Spans(spans.assets, spans.asset[lacks], wide.end_ns[lacks], until[lacks])


def first_in(
    table: Table, unit: str | None, ns: str, rows: str, spans: Spans, traded: BoolArray1D, *, last: bool = False
) -> Spans:
    """The first (or ``last``) candle of each stretch that has one, as the stretch of that candle alone.

    ``traded`` [assets]: of these a row without volume is no candle.
    """
    found = np.full(len(spans), -1, np.int64)
    for told in (True, False):
        some = np.flatnonzero(traded[spans.asset] == told)
        if len(some):
            kept = f"{rows} AND {priced(table)}" + (f" AND NOT {idle_of(table)[0]}" if told else "")
            _seek(table, unit, ns, kept, spans, some, found, last)
    there = (found >= spans.start_ns) & (found < spans.end_ns)
    return Spans(spans.assets, spans.asset[there], found[there], found[there] + 1)


def _seek(
    table: Table, unit: str | None, ns: str, rows: str, spans: Spans, some: IntArray1D, found: IntArray1D, last: bool
) -> None:
    import pyarrow as pa

    start, stop = spans.start_ns[some], spans.end_ns[some]
    wanted = pa.table({"asset": [spans.assets[i] for i in spans.asset[some].tolist()], "s": some,
                       "edge": stop if last else start})  # fmt: skip
    span = between(table, unit, int(start.min()), int(stop.max()))
    asset = f"{table.column('asset')}::VARCHAR"
    mine = f"{span} AND {rows} AND {asset} IN (SELECT asset FROM sought_spans)"
    inner = f"SELECT {asset} AS asset, {ns} AS ns FROM {{t}} WHERE {mine}"
    table.connection.register("sought_spans", wanted)
    got = table.fetch(f"SELECT w.s, c.ns FROM sought_spans w ASOF JOIN ({inner}) c "
                      f"ON w.asset = c.asset AND w.edge {'>' if last else '<='} c.ns")  # fmt: skip
    found[np.asarray(got["s"], np.int64)] = np.asarray(got["ns"], np.int64)


def _next(spans: Spans) -> IntArray1D:
    """Start of the next stretch of the same asset, the largest number where there is none."""
    out = np.full(len(spans), np.iinfo(np.int64).max)
    same = spans.asset[1:] == spans.asset[:-1]
    out[:-1][same] = spans.start_ns[1:][same]
    return out
