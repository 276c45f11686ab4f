"""The tables of an imported market: their columns, what tells two rows apart, and what all files must agree in."""

from __future__ import annotations

from dataclasses import dataclass

from quantray.files.duckdb_file import quoted
from quantray.files.origin import BATCH

__all__ = ["BATCH", "SHAPES", "TABLES", "Shape", "key_of", "ordered", "type_of"]

TABLES = ("underlying", "options", "chain", "candles", "calls")
TIME, DAY, TEXT, NUMBER, FLAG = "TIMESTAMP WITH TIME ZONE", "DATE", "VARCHAR", "DOUBLE", "BOOLEAN"
TYPES = {
    "ts": TIME, "expiry": DAY, "session_date": DAY, "edited": FLAG,
    **dict.fromkeys(
        ("symbol", "underlying", "right", "asset", "caller", "call_id", "chain", "chat", "message", "text"), TEXT
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """One table: ``label`` names whose row it is, ``key`` (with it) which; ``agree``: in all files or in none.

    ``by_volume``: of two rows of one key the one with the larger volume is the finished one.
    """

    label: str
    when: str
    key: tuple[str, ...]
    agree: tuple[tuple[str, ...], ...] = ()  # columns of which a file has one at least, or which no file has
    by_volume: bool = False
    order: tuple[str, ...] = ()  # in which columns stand, as far as they are there


#: What a file of trades and a file of quotes differ in: in one table a trade would stand beside a quote.
SHAPES = {
    "underlying": Shape(
        "symbol", "ts", ("symbol", "ts"), (("symbol",),), by_volume=True,
        order=("ts", "symbol", "open", "high", "low", "close", "volume", "vwap", "vwap_running"),
    ),
    "options": Shape(
        "symbol", "ts", ("symbol", "ts"), (("bid", "ask"), ("underlying",), ("expiry",), ("multiplier",)),
        order=("ts", "symbol", "underlying", "expiry", "strike", "right", "multiplier", "session_date", "bid", "ask",
               "vwap", "close", "last", "volume"),
    ),
    "chain": Shape(
        "symbol", "session_date", ("symbol", "session_date"), (("underlying",), ("multiplier",), ("session_date",)),
        order=("symbol", "underlying", "expiry", "strike", "right", "multiplier", "session_date"),
    ),
    "candles": Shape(
        "asset", "ts", ("asset", "ts", "interval_s"), (("interval_s",),), by_volume=True,
        order=("asset", "interval_s", "ts", "open", "high", "low", "close", "volume"),
    ),
    "calls": Shape(
        "caller", "ts", ("call_id",),
        order=("call_id", "caller", "asset", "ts", "chain", "price_at_call", "mcap", "edited"),
    ),
}  # fmt: skip


def type_of(column: str) -> str:
    """The type of a column, one for all tables."""
    return TYPES.get(column, NUMBER)


def ordered(table: str, columns: list[str]) -> list[str]:
    """The columns of a table in their order; what is not known there comes last, by name."""
    known = SHAPES[table].order
    return sorted(columns, key=lambda c: (known.index(c) if c in known else len(known), c))


def key_of(table: str, columns: tuple[str, ...], of: str = "") -> list[str]:
    """SQL of a row's key; ``of`` is the alias of the table. A name or day that is not there is one like any other."""
    found = []
    for column in SHAPES[table].key:
        if column not in columns:
            continue
        nothing = {TEXT: "''", DAY: "DATE '0001-01-01'", TIME: "TIMESTAMPTZ '0001-01-01 00:00:00Z'", NUMBER: "-1.0"}
        found.append(f"coalesce({of}{quoted(column)}, {nothing[type_of(column)]})")
    return found
