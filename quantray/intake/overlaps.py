"""Rows whose key came more than once: kept beside the table, one of them in it where they agree.

What the table holds depends on the set of rows that came, never on their order. Equal rows are one row. Where rows of
one key differ, the one of the largest volume is the finished bar (docs/calls_data.md, "Which row is the candle"); at
equal volumes, and in tables without a volume, nobody knows which is right and the table has none of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from quantray.files.duckdb_file import quoted, text
from quantray.intake.columns import BATCH, SHAPES, key_of, type_of
from quantray.intake.intervals import longer_bars
from quantray.intake.target import SPANS, Target, overlaps_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CONTESTED, SORTED = "quantray_contested", "quantray_sorted"


@dataclass(frozen=True, slots=True)
class Overlap:
    """Of one batch: rows that are there already, and rows that contradict one of the same key."""

    equal: int = 0
    contradicting: int = 0
    longer: str = ""  # what is wrong where bars of a longer interval are among them


def settle(target: Target, table: str, batch: int) -> Overlap:
    """Put a new batch in order and settle its keys with everything that is there."""
    shape, connection = SHAPES[table], target.connection
    ordered, unique = _order_of(target, table, batch)
    if not ordered:
        _sort(target, table, batch)
    _note_spans(target, table, batch)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {CONTESTED} ({_key_columns(target, table)})")
    if not unique:
        keys = ", ".join(_keys(target, table))
        connection.execute(
            f"INSERT INTO {CONTESTED} SELECT {keys} FROM {table} WHERE {BATCH} = {batch} GROUP BY ALL "
            "HAVING count(*) > 1"
        )
    _find_across(target, table, batch)
    if not _number(connection, f"SELECT count(*) FROM {CONTESTED}"):
        return Overlap()
    equal, contradicting = _contested(target, table, batch, shape.by_volume)
    return Overlap(equal, contradicting, longer_bars(target, table, CONTESTED) if contradicting else "")


def withdraw(target: Target, table: str, batch: int) -> None:
    """Take back what a batch brought; what another brought too stays."""
    connection = target.connection
    connection.execute(f'DELETE FROM {SPANS} WHERE batch = {batch} AND "table" = {text(table)}')
    if table not in target.columns:
        return
    if not target.has_overlaps(table):
        connection.execute(f"DELETE FROM {table} WHERE {BATCH} = {batch}")
        return
    beside = overlaps_of(table)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {CONTESTED} ({_key_columns(target, table)})")
    connection.execute(
        f"INSERT INTO {CONTESTED} SELECT DISTINCT {', '.join(_keys(target, table))} FROM {beside} "
        f"WHERE {BATCH} = {batch}"
    )
    connection.execute(f"DELETE FROM {beside} WHERE {BATCH} = {batch}")
    connection.execute(f"DELETE FROM {table} WHERE {BATCH} = {batch}")
    _resolve(target, table, SHAPES[table].by_volume)


def _keys(target: Target, table: str, of: str = "") -> list[str]:
    return key_of(table, target.columns[table], of)


def _key_columns(target: Target, table: str) -> str:
    names = [c for c in SHAPES[table].key if c in target.columns[table]]
    return ", ".join(f"k{i} {type_of(c)}" for i, c in enumerate(names))


def _matches(target: Target, table: str, of: str) -> str:
    """Condition: the row's key is contested (``c`` is the table of those)."""
    return " AND ".join(f"{key} = c.k{i}" for i, key in enumerate(_keys(target, table, of)))


def _order_of(target: Target, table: str, batch: int) -> tuple[bool, bool]:
    """(whether a batch stands in time order of each name, whether it is known to hold no key twice).

    One look at each row and the one before it: rows of one name after another, or all names together in time order.
    """
    shape, columns, connection = SHAPES[table], target.columns[table], target.connection
    label = f"coalesce({quoted(shape.label)}, '')" if shape.label in columns else "''"
    when = quoted(shape.when) if shape.when in columns else "NULL::TIMESTAMPTZ"
    rows = (
        f"SELECT s, t, lag(s) OVER () AS p, lag(t) OVER () AS q FROM "
        f"(SELECT {label} AS s, {when} AS t FROM {table} WHERE {BATCH} = {batch})"
    )
    n, runs, labels, inside, still, back, plain = connection.execute(
        f"SELECT count(*), 1 + count(*) FILTER (s <> p), approx_count_distinct(s), "
        f"count(*) FILTER (s = p AND t < q), count(*) FILTER (s = p AND t = q), count(*) FILTER (t < q), "
        f"count(*) FILTER (t > q OR (t = q AND s > p)) FROM ({rows})"
    ).fetchone() or (0, 1, 0, 0, 0, 0, 0)
    if n == 0:
        return True, True
    simple = set(shape.key) <= {shape.label, shape.when} and when != "NULL::TIMESTAMPTZ"
    if plain == n - 1:
        return True, simple
    if runs == 1 or (inside == 0 and runs <= 1.2 * labels + 8):
        labels = _number(connection, f"SELECT count(DISTINCT {label}) FROM {table} WHERE {BATCH} = {batch}")
    grouped = runs == labels and inside == 0
    if grouped and still == 0 and simple:
        return True, True
    twice = connection.execute(
        f"SELECT 1 FROM (SELECT hash({', '.join(_keys(target, table))}) AS h FROM {table} WHERE {BATCH} = {batch}) "
        "GROUP BY h HAVING count(*) > 1 LIMIT 1"
    ).fetchone()
    return grouped or back == 0 or shape.when not in columns, twice is None


def _sort(target: Target, table: str, batch: int) -> None:
    shape, connection = SHAPES[table], target.connection
    by = ", ".join(quoted(c) for c in (shape.label, shape.when) if c in target.columns[table])
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {SORTED} AS SELECT * FROM {table} WHERE {BATCH} = {batch}")
    connection.execute(f"DELETE FROM {table} WHERE {BATCH} = {batch}")
    connection.execute(f"INSERT INTO {table} SELECT * FROM {SORTED} ORDER BY {by}")
    connection.execute(f"DROP TABLE {SORTED}")


def _note_spans(target: Target, table: str, batch: int) -> None:
    """The first and last time of each name: what shows that two batches cannot meet, without looking at their rows."""
    shape, columns = SHAPES[table], target.columns[table]
    label = f"coalesce({quoted(shape.label)}, '')" if shape.label in columns and shape.key[0] == shape.label else "''"
    timed = shape.when in shape.key and shape.when in columns
    when = f"{quoted(shape.when)}::TIMESTAMPTZ" if timed else "NULL::TIMESTAMPTZ"
    low, high = (f"coalesce(epoch_us({f}({when})), 0)" for f in ("min", "max"))
    target.connection.execute(
        f"INSERT INTO {SPANS} SELECT {text(table)}, {batch}, {label}, {low}, {high} FROM {table} "
        f"WHERE {BATCH} = {batch} GROUP BY ALL"
    )


def _find_across(target: Target, table: str, batch: int) -> None:
    """Keys that the batch has in common with what came before it."""
    connection = target.connection
    reach = connection.execute(
        f"SELECT min(greatest(a.first, b.first)), max(least(a.last, b.last)) FROM {SPANS} a JOIN {SPANS} b "
        f"ON a.label = b.label AND a.first <= b.last AND b.first <= a.last WHERE a.batch = {batch} "
        f'AND b.batch <> {batch} AND a."table" = {text(table)} AND b."table" = {text(table)}'
    ).fetchone()
    if reach is None or reach[0] is None:
        return
    shape = SHAPES[table]
    near = "true"
    if shape.when in shape.key and shape.when in target.columns[table]:
        near = " AND ".join(
            f"coalesce(epoch_us({{}}{quoted(shape.when)}::TIMESTAMPTZ), 0) {sign} {end}"
            for sign, end in zip((">=", "<="), reach, strict=True)
        )
        if shape.when == "ts":
            near = f"{{}}ts BETWEEN make_timestamptz({reach[0]}) AND make_timestamptz({reach[1]})"
    mine = ", ".join(f"{key} AS k{i}" for i, key in enumerate(_keys(target, table)))
    new = f"(SELECT DISTINCT {mine} FROM {table} WHERE {BATCH} = {batch} AND {near.replace('{}', '')})"
    sources = [f"(SELECT * FROM {table} WHERE {BATCH} <> {batch})"]
    if target.has_overlaps(table):
        sources.append(overlaps_of(table))
    for source in sources:
        connection.execute(
            f"INSERT INTO {CONTESTED} SELECT DISTINCT c.* FROM {new} c JOIN {source} o "
            f"ON {_matches(target, table, 'o.')} WHERE {near.replace('{}', 'o.')}"
        )


def _contested(target: Target, table: str, batch: int, by_volume: bool) -> tuple[int, int]:
    """Move the rows of contested keys beside the table, resolve them, and count those of the batch."""
    connection, beside = target.connection, target.overlaps(table)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {CONTESTED} AS SELECT DISTINCT * FROM {CONTESTED}")
    columns = ", ".join(quoted(c) for c in (*target.columns[table], BATCH))
    keys = _keys(target, table, "t.")
    same = " AND ".join(f"{a} = {b}" for a, b in zip(_keys(target, table, "o."), keys, strict=True))
    connection.execute(
        f"INSERT INTO {beside} ({columns}) SELECT {columns} FROM {table} t SEMI JOIN {CONTESTED} c "
        f"ON {_matches(target, table, 't.')} WHERE {BATCH} = {batch} OR NOT EXISTS (SELECT 1 FROM {beside} o "
        f"WHERE {same})"
    )
    content = ", ".join(quoted(c) for c in target.columns[table])
    equal, contradicting = connection.execute(
        f"SELECT coalesce(sum(CASE WHEN before THEN mine ELSE mine - 1 END), 0), "
        f"coalesce(sum(CASE WHEN kinds > 1 THEN 1 ELSE 0 END), 0) FROM (SELECT "
        f"count(*) FILTER ({BATCH} = {batch}) AS mine, bool_or({BATCH} <> {batch}) AS before, "
        f"count(*) OVER (PARTITION BY {', '.join(keys)}) AS kinds "
        f"FROM {beside} t SEMI JOIN {CONTESTED} c ON {_matches(target, table, 't.')} GROUP BY {content}) WHERE mine > 0"
    ).fetchone() or (0, 0)
    _resolve(target, table, by_volume)
    return int(equal), int(contradicting)


def _resolve(target: Target, table: str, by_volume: bool) -> None:
    """Of each contested key the row that holds, if one does, becomes the table's."""
    connection, beside = target.connection, overlaps_of(table)
    columns = target.columns[table]
    content, keys = ", ".join(quoted(c) for c in columns), _keys(target, table, "t.")
    connection.execute(f"DELETE FROM {table} t USING {CONTESTED} c WHERE {_matches(target, table, 't.')}")
    holds = "kinds = 1"
    if by_volume and "volume" in columns:
        holds += " OR (size = most AND alike = 1)"
    size = "coalesce(CASE WHEN isnan(volume) THEN NULL ELSE volume END, -1)" if "volume" in columns else "0"
    order = ", ".join(quoted(c) for c in (SHAPES[table].label, SHAPES[table].when) if c in columns)
    batch = target.next_batch()
    connection.execute(
        f"INSERT INTO {table} ({content}, {BATCH}) SELECT {content}, {batch} FROM (SELECT *, max(size) OVER w AS most, "
        f"count(*) OVER w AS kinds, count(*) OVER (PARTITION BY {_names(keys)}, size) AS alike FROM (SELECT {content}, "
        f"{', '.join(f'{k} AS k{i}' for i, k in enumerate(keys))}, {size} AS size FROM {beside} t "
        f"SEMI JOIN {CONTESTED} c ON {_matches(target, table, 't.')} GROUP BY ALL) "
        f"WINDOW w AS (PARTITION BY {_names(keys)})) "
        f"WHERE {holds} ORDER BY {order}"
    )
    _note_spans(target, table, batch)


def _names(keys: list[str]) -> str:
    return ", ".join(f"k{i}" for i in range(len(keys)))


def _number(connection: DuckDBPyConnection, query: str) -> int:
    (n,) = connection.execute(query).fetchone() or (0,)
    return int(n)
