"""Files that have our own columns, or whose columns the command line names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field, make_dataclass
from typing import Any

from quantray.files.formats import Head
from quantray.files.tables import spelt
from quantray.intake.columns import SHAPES
from quantray.protocols import Record

#: What tells a file of ours, by table; a chain has no time of a row.
TELLING = {
    "underlying": ("ts", "open", "high", "low", "close"), "options": ("ts", "symbol"),
    "chain": ("symbol", "expiry", "strike", "right"), "candles": ("asset", "ts", "open", "high", "low", "close"),
    "calls": ("caller", "asset", "ts"),
}  # fmt: skip


def columns_of(table: str, told: Mapping[str, str]) -> Record:
    """Our columns of a table, with the names that they have in the file."""
    kind = make_dataclass(table, [(name, str, field(default=name)) for name in SHAPES[table].order], frozen=True)
    made: Any = kind(**told)
    return made  # type: ignore[no-any-return]


def is_plain(table: str, told: Mapping[str, str], head: Head, *, asked: bool) -> bool:
    """Whether a file serves as the table by our names of columns, or those that were ``told``.

    ``asked``: this table was named, so that whatever is told of it counts. Bars of a symbol are an underlying's unless
    something in them, or the file's name, says that they are options'.
    """

    def has(name: str) -> bool:
        return spelt(told.get(name, name), head.columns) is not None

    if not all(has(name) for name in TELLING[table]):
        return asked and any(has(name) for name in told)
    named = next((name for name in TELLING if head.path.stem.casefold().startswith(name)), None)
    if named is not None and all(has(name) for name in TELLING[named]):
        return named == table
    contract = has("strike") or has("right") or has("underlying") or (has("bid") and has("ask"))
    if table == "options":
        return contract or (not has("open") and any(has(name) for name in ("vwap", "close", "last")))
    return {"chain": not has("ts"), "underlying": not contract and not has("asset")}.get(table, True)
