"""Where the rows of an imported DuckDB file came from: what ``quantray data import`` noted beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING

from quantray.files.duckdb_file import Catalog, text
from quantray.plain import amount, one_line

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: The table of an imported file that says, for every source and table, how it was read and what was set aside.
PROVENANCE = "quantray_provenance"
#: The column of its tables that numbers the batches of rows: each is in time order, as a file of a folder is.
BATCH = "quantray_file"
SHOWN = 3  # ways of reading that a sentence tells apart


def origin_of(connection: DuckDBPyConnection, catalog: Catalog, table: tuple[str, str]) -> str:
    """How a table (schema, name) of an attached file was imported, in a few words; empty where nobody imported it.

    What is wrong with a table of that name is nothing to a run: it is then a table like any other.
    """
    import duckdb

    if table[0] != "main" or ("main", PROVENANCE) not in catalog.tables:
        return ""
    try:
        found = connection.execute(
            f'SELECT "table", format, reading, count(*), min(name), sum(rows), list(set_aside) FROM '
            f'{catalog.source(("main", PROVENANCE))} WHERE "table" = {text(table[1])} GROUP BY ALL ORDER BY ALL'
        ).fetchall()
    except duckdb.Error:
        return ""
    ways = [_way(*row) for row in found]
    more = f" and {amount(len(ways) - SHOWN, 'other way', 'other ways')}" if len(ways) > SHOWN else ""
    return "; ".join(ways[:SHOWN]) + more


def _way(
    table: str, format: str, reading: str, files: int, first: str, rows: int, aside: Sequence[str | None]
) -> str:  # fmt: skip
    """``options imported as thetadata (stamped at, America/New_York) from 12 files, 7 rows set aside``."""
    said = [f"{word} {value}".strip() for word, value in _words(reading)]
    lost = sum(sum(_counts(one).values()) for one in aside)
    source = one_line(PurePath(first).name) if files == 1 else amount(files, "source")
    more = f", {amount(lost, 'row')} set aside" if lost else ""
    how = f" ({', '.join(said)})" if said else ""
    return f"{one_line(table)} imported as {one_line(format)}{how} from {source}{more}"


def _words(reading: str) -> list[tuple[str, str]]:
    try:
        found = json.loads(reading)
    except ValueError:
        return []
    if not isinstance(found, dict):
        return []
    names = {"stamp": "stamped", "timezone": "", "ts_unit": "in", "interval": "of", "filter": "only"}
    return [(word, one_line(str(found[key]))) for key, word in names.items() if found.get(key)]


def _counts(given: str | None) -> dict[str, int]:
    try:
        found = json.loads(given or "{}")
    except ValueError:
        return {}
    return {str(k): int(v) for k, v in found.items()} if isinstance(found, dict) else {}
