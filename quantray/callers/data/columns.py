"""Columns as tables have them, as what they mean: names are text, numbers are numbers or missing, one asset is one.

The cleaned table is the same table behind a SELECT, and only where that is needed: a plain column stays one that
DuckDB can look up by its statistics.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from pathlib import Path

from quantray.callers.data.settings import CallsData
from quantray.callers.data.times import timed
from quantray.errors import DataError
from quantray.files.duckdb_file import text
from quantray.files.tables import Table

#: A hexadecimal address, whole or inside a longer name: base58 knows no 0, so it is never one of these.
HEX = r"^0[xX][0-9a-fA-F]+$|0[xX][0-9a-fA-F]{40,}"
_HEX = re.compile(HEX)
NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
           "UHUGEINT", "FLOAT", "DOUBLE")  # fmt: skip
NEEDED = {"calls": (), "candles": ("open", "high", "low", "close", "volume")}
OPTIONAL = {"calls": ("price_at_call", "mcap"), "candles": ("interval_s",)}
TRUE, FALSE = ("true", "t", "yes", "y", "1", "1.0"), ("false", "f", "no", "n", "0", "0.0")
#: 47.18k, $1.2M: only a market capitalisation is written so.
SHORT = r"^\$?\s*(\d+(\.\d+)?)\s*([kKmMbB])$"
TIMES = {"k": "1e3", "m": "1e6", "b": "1e9"}
#: 5m, 1h: an interval as exchanges write it; their 1M is a month, which has no length.
LASTING = r"^(\d+)(s|m|h|d|w)$"
SECONDS = {"s": "1", "m": "60", "h": "3600", "d": "86400", "w": "604800"}


@dataclass(frozen=True, slots=True, eq=False)
class CallTable(Table):
    """A table that was cleaned, how many of its rows have no time, and what is to be said of it."""

    undated: int = 0
    told: tuple[str, ...] = ()  # how a format read it
    messages: Path | None = None  # of chats: DuckDB file with the messages that are no call


def cleaned(table: Table, data: CallsData) -> CallTable:
    """The table with readable times, numbers and assets. DataError for a column most of which cannot be read."""
    made = _numbered(_one_asset(table))
    days = table.key == "candles"
    made, undated = timed(
        made, data.unit_of(table.key), data.zone_of(table.key), days=days, date=None if days else data.date
    )
    return CallTable(**{f.name: getattr(made, f.name) for f in fields(made)}, undated=undated)


def canonical(asset: str) -> str:
    """An asset's one name: hexadecimal addresses are compared without case, everything else as it is.

    >>> canonical("0xAbC"), canonical("AbC"), canonical("base:0x" + 40 * "A")[:9]
    ('0xabc', 'AbC', 'base:0xaa')
    """
    return _HEX.sub(lambda found: found[0].lower(), asset)


def _one_asset(table: Table) -> Table:
    """Assets as text without blanks around it, compared byte by byte, hexadecimal addresses in lower case."""
    if not table.has("asset"):
        return table
    column = table.column("asset")
    plain = table.types["asset"] == "VARCHAR" and _compared_by_bytes(table, column)
    name = column if plain else f'({column}::VARCHAR COLLATE "binary")'
    mixed, padded = table.row(
        f"SELECT count(*) FILTER (regexp_matches(a, {text(HEX)}) AND a <> lower(a)), count(*) FILTER (a <> trim(a)) "
        f"FROM (SELECT DISTINCT {name} AS a FROM {{t}})"
    )
    name = f"trim({name})" if padded else name
    if mixed:
        inner = f"regexp_extract_all({name}, '0[xX][0-9a-fA-F]{{40,}}')"
        parts = f"list_reduce(list_prepend({name}, {inner}), lambda whole, part: replace(whole, part, lower(part)))"
        name = f"CASE WHEN regexp_full_match({name}, '0[xX][0-9a-fA-F]+') THEN lower({name}) ELSE {parts} END"
    elif plain and not padded:
        return table
    return _replaced(table, {"asset": name}, {"asset": "VARCHAR"})


def _compared_by_bytes(table: Table, column: str) -> bool:
    """Whether equal means the same bytes: a table may say that case or accents do not matter."""
    (kinds,) = table.row(
        f"SELECT count(DISTINCT v) FROM ((SELECT {column} AS v FROM {{t}} LIMIT 0) "
        "UNION ALL VALUES ('a'), ('A'), ('\u00e1'))"
    )
    return bool(kinds == 3)


def _numbered(table: Table) -> Table:
    """Prices, volumes and the like as numbers, NULL where what stands there is none."""
    changes: dict[str, str] = {}
    for name in (*NEEDED[table.key], *OPTIONAL[table.key]):
        if not table.has(name) or table.types[name] in NUMBERS or table.types[name].startswith("DECIMAL"):
            continue
        column = table.column(name)
        word = f"nullif(trim({column}::VARCHAR), '')"
        changes[name] = f"CASE WHEN NOT contains({word}, '_') THEN try_cast({word} AS DOUBLE) END"  # 1_0 is no number
        if name == "mcap":
            short = f"regexp_extract({word}, {text(SHORT)}, 1)"
            unit = f"CASE lower(regexp_extract({word}, {text(SHORT)}, 3)){_cases(TIMES)} END"
            changes[name] = f"coalesce({changes[name]}, try_cast({short} AS DOUBLE) * {unit})"
        elif name == "interval_s":
            unit = f"CASE regexp_extract({word}, {text(LASTING)}, 2){_cases(SECONDS)} END"
            long = f"try_cast(regexp_extract({word}, {text(LASTING)}, 1) AS DOUBLE)"
            changes[name] = f"coalesce({changes[name]}, {long} * {unit})"
        elif name in NEEDED[table.key]:
            _refuse_words(table, name, word, changes[name])
    return _replaced(table, changes, dict.fromkeys(changes, "DOUBLE"))


def _cases(values: dict[str, str]) -> str:
    return "".join(f" WHEN '{letter}' THEN {value}" for letter, value in values.items())


def edited_of(table: Table) -> str:
    """SQL of whether a call was changed after it was made: 1, 0, or -1 where that is unknown."""
    if not table.has("edited"):
        return "-1::TINYINT"
    word = f"lower(trim({table.column('edited')}::VARCHAR))"
    yes, no = (", ".join(map(text, words)) for words in (TRUE, FALSE))
    return f"(CASE WHEN {word} IN ({yes}) THEN 1 WHEN {word} IN ({no}) THEN 0 ELSE -1 END)::TINYINT"


def _refuse_words(table: Table, name: str, word: str, number: str) -> None:
    """A needed column most of which is no number is read wrongly, not damaged."""
    filled, good = table.row(f"SELECT count({word}), count({number}) FROM {{t}}")
    if 2 * (filled - good) > filled:
        shown = table.row(f"SELECT {word} FROM {{t}} WHERE {word} IS NOT NULL AND {number} IS NULL LIMIT 1")[0]
        comma = "; write a decimal point" if re.fullmatch(r"-?\d+,\d+", shown) else "; store numbers"
        raise DataError(
            f"{table.where}: {filled - good:,} of {filled:,} rows of {table.names[name]!r} are no numbers, like "
            f"{shown!r}{comma}"
        )


def _replaced(table: Table, changes: dict[str, str], types: dict[str, str]) -> Table:
    if not changes:
        return table
    columns = ", ".join(f"{sql} AS {table.column(name)}" for name, sql in changes.items())
    source = f"(SELECT * REPLACE ({columns}) FROM {table.source})"
    return replace(table, source=source, types={**table.types, **types})
