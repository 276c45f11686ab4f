"""Tables of SQLite and PostgreSQL, read in batches through their Python drivers into a table beside the work."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from quantray.errors import DataError, near_miss
from quantray.files.duckdb_file import attached, parts_of, quoted
from quantray.intake.sources import DUCKDB, SQLITE_FILE, Item, is_query
from quantray.plain import one_line

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

ROWS = 50_000  # of a batch
STAGE, ATTACHED = "quantray_stage", "quantray_source"
EXACT = 2**53  # whole numbers up to which a double is exact
Kinds = dict[str, str]  # column -> whole, number, flag, day, moment, instant or text


def staged(connection: DuckDBPyConnection, item: Item) -> str:
    """What follows FROM for the rows of an item that is a table: typed as there, text where types are mixed.

    DataError for what cannot be reached or read. Nothing is changed in the other database.
    """
    if item.kind == DUCKDB:
        return _attached(connection, item)
    connection.execute(f"DROP TABLE IF EXISTS {STAGE}")
    kinds, batches = _of_sqlite(item) if item.kind == SQLITE_FILE else _of_postgres(item)
    import duckdb
    import pyarrow as pa

    schema = pa.schema([pa.field(name, _arrow(kind)) for name, kind in kinds.items()])
    rows = (pa.record_batch(_columns(batch, schema), schema=schema) for batch in batches)
    connection.register("quantray_batches", pa.RecordBatchReader.from_batches(schema, rows))
    try:
        connection.execute(f"CREATE TEMP TABLE {STAGE} AS SELECT * FROM quantray_batches")
    finally:
        with suppress(duckdb.Error):  # of what failed before this
            connection.unregister("quantray_batches")
    return STAGE


def digest_of_rows(connection: DuckDBPyConnection, source: str) -> str:
    """Identity of a table's rows in any order, with the names and types of its columns."""
    described = connection.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()
    names = ", ".join(quoted(str(row[0])) for row in described)
    n, total = connection.execute(
        f"SELECT count(*), coalesce(sum(md5_number_lower(row({names})::VARCHAR)::HUGEINT), 0) FROM {source}"
    ).fetchone() or (0, 0)
    from quantray.digests import digest_of

    return digest_of([(str(row[0]), str(row[1])) for row in described], int(n), str(total))


def _attached(connection: DuckDBPyConnection, item: Item) -> str:
    assert item.path is not None
    there = connection.execute("SELECT 1 FROM duckdb_databases() WHERE database_name = $1", [ATTACHED]).fetchone()
    if there is not None:
        connection.execute(f"DETACH {ATTACHED}")
    catalog = attached(connection, item.path, item.name, ATTACHED)
    found = catalog.find(item.part)
    if found is None:
        raise DataError(f"{item.path}: {near_miss(item.part, catalog.shown, what='table')}")
    return catalog.source(found)


def _columns(batch: Sequence[Sequence[object]], schema: pa.Schema) -> list[pa.Array]:
    import pyarrow as pa

    columns = list(zip(*batch, strict=True)) if batch else [()] * len(schema)
    return [
        pa.array([None if v is None else _text(v) for v in column] if pa.types.is_string(field.type) else column,
                 type=field.type)
        for column, field in zip(columns, schema, strict=True)
    ]  # fmt: skip


def _text(value: object) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)


def _arrow(kind: str) -> pa.DataType:
    import pyarrow as pa

    return {
        "whole": pa.int64(), "number": pa.float64(), "flag": pa.bool_(), "day": pa.date32(),
        "moment": pa.timestamp("us"), "instant": pa.timestamp("us", tz="UTC"), "text": pa.string(),
    }[kind]  # fmt: skip


def _of_sqlite(item: Item) -> tuple[Kinds, Iterator[Sequence[Sequence[Any]]]]:
    from urllib.parse import quote

    assert item.path is not None
    address = f"file:{quote(str(item.path.resolve()))}?mode=ro"
    connection = sqlite3.connect(address, uri=True, check_same_thread=False)  # DuckDB reads in threads of its own
    try:
        source = f"({item.part.rstrip('; ')})" if is_query(item.part) else quoted(_sqlite_table(connection, item))
        names = [row[0] for row in connection.execute(f"SELECT * FROM {source} LIMIT 0").description]
        _check_names(item, names)
        kinds = {name: _sqlite_kind(connection, source, name) for name in names}
    except sqlite3.Error as error:
        connection.close()
        raise DataError(f"{item.name} cannot be read: {error}; check the table's name or the query") from None
    except BaseException:
        connection.close()
        raise

    def rows() -> Iterator[Sequence[Sequence[Any]]]:
        with closing(connection):
            cursor = connection.execute(f"SELECT * FROM {source}")
            while batch := cursor.fetchmany(ROWS):
                yield batch

    return kinds, rows()


def _sqlite_table(connection: sqlite3.Connection, item: Item) -> str:
    known = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")]
    alike = [name for name in known if name.casefold() == item.part.strip('"').casefold()]
    if not alike:
        raise DataError(f"{item.path}: {near_miss(item.part, known, what='table')}")
    return str(alike[0])


def _sqlite_kind(connection: sqlite3.Connection, source: str, name: str) -> str:
    """SQLite has types of values, not of columns: numbers if all are, else text."""
    found = connection.execute(f"SELECT DISTINCT typeof({quoted(name)}) FROM {source}").fetchall()
    kinds = {row[0] for row in found} - {"null"}
    if kinds == {"integer"}:
        return "whole"
    if kinds == {"real"}:
        return "number"
    if kinds == {"integer", "real"}:
        column = quoted(name)
        (most,) = connection.execute(
            f"SELECT max(abs({column})) FROM {source} WHERE typeof({column}) = 'integer'"
        ).fetchone() or (0,)
        return "number" if most is None or most <= EXACT else "text"
    return "text"


#: Types of PostgreSQL by their number; numeric stays text, in which nothing is rounded.
POSTGRES_TYPES = {
    16: "flag", 20: "whole", 21: "whole", 23: "whole", 700: "number", 701: "number", 1082: "day", 1114: "moment",
    1184: "instant",
}  # fmt: skip


def _of_postgres(item: Item) -> tuple[Kinds, Iterator[Sequence[Sequence[Any]]]]:
    import psycopg2

    try:
        connection = psycopg2.connect(item.address, connect_timeout=15)
        connection.set_session(readonly=True, isolation_level="REPEATABLE READ")
        source = f"({item.part.rstrip('; ')}) AS q" if is_query(item.part) else _postgres_table(connection, item)
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {source} LIMIT 0")
            described = [(d.name, POSTGRES_TYPES.get(d.type_code, "text")) for d in cursor.description or ()]
        _check_names(item, [name for name, _ in described])
    except psycopg2.Error as error:
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(f"{item.name} cannot be read: {first}; check address, user, table and rights") from None
    wanted = ", ".join(f"{quoted(name)}{'::text' if kind == 'text' else ''}" for name, kind in described)

    def rows() -> Iterator[Sequence[Sequence[Any]]]:
        with closing(connection), connection.cursor(name="quantray") as cursor:
            cursor.itersize = ROWS
            cursor.execute(f"SELECT {wanted} FROM {source}")
            while batch := cursor.fetchmany(ROWS):
                yield batch

    return dict(described), rows()


def _postgres_table(connection: Any, item: Item) -> str:
    parts = parts_of(item.part)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, table_name FROM information_schema.tables "
            "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
        )
        known = [(str(schema), str(table)) for schema, table in cursor.fetchall()]
    wanted = (parts[-2], parts[-1]) if len(parts) > 1 else ("public", parts[-1])
    if wanted not in known:
        shown = [table if schema == "public" else f"{schema}.{table}" for schema, table in known]
        raise DataError(f"{item.name}: {near_miss(item.part, shown, what='table')}")
    return ".".join(quoted(name) for name in wanted)


def _check_names(item: Item, names: Sequence[str]) -> None:
    folded = [name.casefold() for name in names]
    twice = next((name for name in names if folded.count(name.casefold()) > 1), None)
    if twice is not None:
        raise DataError(f"{item.name} has the column {one_line(twice)!r} twice; name its columns in a query")
