"""Columns of imported tables are those that the wings read."""

from __future__ import annotations

from dataclasses import fields

from quantray.callers.data.settings import CallColumns, CandleColumns
from quantray.intake.columns import SHAPES, TABLES, key_of, ordered, type_of
from quantray.sweeps.data.settings import ChainColumns, OptionColumns, UnderlyingColumns


def test_every_column_that_a_run_reads_can_be_imported() -> None:
    wings = (UnderlyingColumns, OptionColumns, ChainColumns, CandleColumns, CallColumns)
    for table, columns in zip(TABLES, wings, strict=True):
        missing = {f.name for f in fields(columns)} - set(SHAPES[table].order)
        assert not missing, (table, missing)


def test_order_types_and_keys() -> None:
    assert ordered("candles", ["volume", "zzz", "asset", "ts", "aaa"]) == ["asset", "ts", "volume", "aaa", "zzz"]
    assert [type_of(name) for name in ("ts", "expiry", "asset", "bid", "edited")] == [
        "TIMESTAMP WITH TIME ZONE", "DATE", "VARCHAR", "DOUBLE", "BOOLEAN",
    ]  # fmt: skip
    assert key_of("underlying", ("ts", "open")) == ["coalesce(\"ts\", TIMESTAMPTZ '0001-01-01 00:00:00Z')"]
