"""Many rows in one statement: on Postgres as one JSON parameter, on SQLite as the driver's own loop.

psycopg2 would send an UPDATE a row, and SQLAlchemy would look at every value of every row.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import closing
from typing import Any, cast

import sqlalchemy as sa

from quantray.ledger.schema import evaluations

_CLAIM = ("study", "digest", "number", "batch", "state", "driver", "attempts", "claimed_at", "params")
_OUTCOME = ("state", "feasible", "value", "why", "stored_at", "violations", "metrics", "session_net")
_TYPES = {name: str(evaluations.c[name].type.compile()) for name in (*_CLAIM, *_OUTCOME)}


def _recordset(names: Sequence[str]) -> str:
    return ", ".join(f"{name} {'double precision' if _TYPES[name] == 'DOUBLE' else _TYPES[name]}" for name in names)


_PG_INSERT = sa.text(
    f"INSERT INTO {evaluations.name} ({', '.join(_CLAIM)}) "
    f"SELECT {', '.join(_CLAIM)} FROM json_to_recordset(CAST(:rows AS json)) AS r({_recordset(_CLAIM)}) "
    "ON CONFLICT (study, digest) DO NOTHING RETURNING digest"
)
_PG_STORE = sa.text(
    f"UPDATE {evaluations.name} AS e SET {', '.join(f'{name} = r.{name}' for name in _OUTCOME)} "
    f'FROM json_to_recordset(CAST(:rows AS json)) AS r("row" bigint, {_recordset(_OUTCOME)}) WHERE e.id = r."row"'
)
_LITE_INSERT = f"INSERT INTO {evaluations.name} ({', '.join(_CLAIM)}) VALUES ({', '.join('?' * len(_CLAIM))})"
_LITE_STORE = f"UPDATE {evaluations.name} SET {', '.join(f'{name} = ?' for name in _OUTCOME)} WHERE id = ?"

_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})  # what COPY would obey


def insert(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> set[str]:
    """Insert claims of candidates that nobody has, in a transaction that has locked the study; the digests inserted."""
    if connection.dialect.name == "postgresql":
        return set(connection.execute(_PG_INSERT, {"rows": _json(rows)}).scalars())
    connection.exec_driver_sql(_LITE_INSERT, [tuple(row[name] for name in _CLAIM) for row in rows])
    return {row["digest"] for row in rows}


def store(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Set the outcomes of the rows whose ids are ``row``."""
    if connection.dialect.name == "postgresql":
        connection.execute(_PG_STORE, {"rows": _json(rows)})
    else:
        names = (*_OUTCOME, "row")
        connection.exec_driver_sql(_LITE_STORE, [tuple(row[name] for name in names) for row in rows])


def append(connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows of plain values, none of them None, into any table; on Postgres by ``COPY``."""
    named = ", ".join(f'"{column}"' for column in columns)
    if connection.dialect.name != "postgresql":
        connection.exec_driver_sql(
            f"INSERT INTO {table.name} ({named}) VALUES ({', '.join('?' * len(columns))})", list(rows)
        )
        return
    sent = io.StringIO("".join("\t".join(str(value).translate(_ESCAPED) for value in row) + "\n" for row in rows))
    with closing(connection.connection.cursor()) as cursor:
        cast(Any, cursor).copy_expert(f"COPY {table.name} ({named}) FROM STDIN", sent)


def _json(rows: Sequence[dict[str, Any]]) -> str:
    return json.dumps(rows, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
