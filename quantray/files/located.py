"""Where the rows of findings lie in the files: one more look at a table, at the rows that are shown and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from quantray.files.findings import Finding, Row
from quantray.files.tables import Table

AT_ONE_KEY = 3  # rows of one time and name that are told


def located(table: Table, findings: Sequence[Finding], ns: str, name: str | None = None) -> list[Finding]:
    """The findings with the places of their rows, counted from 1 in the file's order without its header.

    ``ns`` and ``name`` are SQL of a row's time (UTC ns) and of what its series is called (None: there is one series).
    """
    import pyarrow as pa

    keys = sorted({_key(r, name) for f in findings for r in f.rows if r.ts_ns is not None})
    if not keys:
        return list(findings)
    wanted = {"ns": pa.array([k[0] for k in keys], pa.int64()), "name": pa.array([k[1] for k in keys], pa.string())}
    table.connection.register("shown_rows", pa.table(wanted))
    file, called = ("file" if table.has("file") else "0"), (f"({name})::VARCHAR" if name else "''")
    # of a table that was read into memory rows may have been taken out since: its own numbers remember them
    n = "rowid + 1" if table.source.isidentifier() else "row_number() OVER ()"
    got = table.fetch(
        f"SELECT n, ns, name, file FROM (SELECT {n} AS n, ({ns})::BIGINT AS ns, {called} AS name, "
        f"{file} AS file FROM {{t}}) SEMI JOIN shown_rows USING (ns, name) ORDER BY n"
    )
    table.connection.unregister("shown_rows")
    before, near = _rows_before(table), "near " if table.aside and len(table.files) > 1 else ""
    places: dict[tuple[int, str], list[str]] = {}
    columns = (np.ma.getdata(got[c]).tolist() for c in ("n", "ns", "name", "file"))
    for n, at, its, number in zip(*columns, strict=True):
        where = f"{table.files[number].name} " if len(table.files) > 1 else ""
        places.setdefault((at, str(its)), []).append(f"{where}{near}row {n - before.get(number, 0):,}")
    return [replace(f, rows=tuple(_placed(r, places.get(_key(r, name), [])) for r in f.rows)) for f in findings]


def _key(row: Row, name: str | None) -> tuple[int, str]:
    return -1 if row.ts_ns is None else row.ts_ns, row.name if name else ""


def _placed(row: Row, found: list[str]) -> Row:
    more = f" and {len(found) - AT_ONE_KEY} more" if len(found) > AT_ONE_KEY else ""
    return replace(row, place=", ".join(found[:AT_ONE_KEY]) + more) if found and row.ts_ns is not None else row


def _rows_before(table: Table) -> dict[int, int]:
    """Number of a file -> rows of the files before it."""
    if not table.has("file"):
        return {}
    got = table.fetch("SELECT file, count(*) AS n FROM {t} GROUP BY 1 ORDER BY 1")
    counts = np.asarray(got["n"], np.int64)
    return dict(zip(np.asarray(got["file"]).tolist(), (np.cumsum(counts) - counts).tolist(), strict=True))
