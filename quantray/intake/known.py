"""What an imported file says of its sources: which of them are there already, and how each was read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from quantray.files.duckdb_file import text
from quantray.files.origin import PROVENANCE
from quantray.intake.overlaps import withdraw
from quantray.intake.target import FORMAT, Target, text_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


@dataclass(frozen=True, slots=True)
class Source:
    """One source as it was when it was read. ``digest`` is of its content; ``filter`` says which rows were wanted."""

    name: str
    path: str
    bytes: int
    digest: str
    part: str = ""
    filter: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """How one of our tables was read from a source. ``settings``: stamp, zone, unit … as far as they say something."""

    table: str
    format: str
    settings: Mapping[str, str] = field(default_factory=dict)
    said: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return text_of(dict(self.settings))


@dataclass(frozen=True, slots=True)
class Known:
    """What is there of a source. ``same``: nothing is to be done; else ``why`` its ``batches`` are replaced."""

    same: bool
    why: str
    batches: tuple[tuple[int, str], ...] = ()  # number and table
    rows: int = 0


def lookup(connection: DuckDBPyConnection, source: Source, readings: tuple[Reading, ...]) -> Known | None:
    """What the file knows of a source that would be read so; None where it is new."""
    rows = connection.execute(
        f'SELECT id, "table", name, digest, format, reading, rows FROM {PROVENANCE} WHERE filter = $1 AND part = $2 '
        "AND (digest = $3 OR path = $4) ORDER BY id",
        [source.filter, source.part, source.digest, source.path],
    ).fetchall()
    if not rows:
        return None
    same = [row for row in rows if row[3] == source.digest]
    of_path = [row for row in rows if row[3] != source.digest]
    wanted = {(r.table, r.format, r.text) for r in readings}
    here = {(table, format, reading) for _, table, _, _, format, reading, _ in same}
    if same and wanted <= here and not of_path:
        names = sorted({row[2] for row in same})
        also = "" if source.name in names else f", as {names[0]}"
        return Known(True, f"there already{also}", rows=sum(row[6] for row in same))
    tables = {table for table, _, _ in wanted}
    batches = tuple((int(row[0]), str(row[1])) for row in rows if row[1] in tables or row[3] != source.digest)
    why = "it changed since it was imported" if of_path else f"it was read another way ({_difference(same, readings)})"
    return Known(False, why, batches, sum(row[6] for row in rows))


def _difference(rows: list[tuple[object, ...]], readings: tuple[Reading, ...]) -> str:
    before = {str(row[1]): (str(row[4]), json.loads(str(row[5]))) for row in rows}
    for reading in readings:
        if reading.table not in before:
            continue
        format, settings = before[reading.table]
        if format != reading.format:
            return f"as {format}"
        for key in sorted({*settings, *reading.settings}):
            if settings.get(key) != reading.settings.get(key):
                return f"{key} {settings.get(key, 'not given')}"
    return "other tables"


def note(
    target: Target, batch: int, source: Source, reading: Reading, rows: int, set_aside: Mapping[str, int]
) -> None:  # fmt: skip
    """Enter what was taken."""
    target.connection.execute(
        f"INSERT INTO {PROVENANCE} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [batch, source.name, source.path, source.bytes, source.digest, source.part, source.filter, reading.table,
         reading.format, reading.text, list(reading.said), rows, text_of(dict(set_aside)), FORMAT],
    )  # fmt: skip


def forget(target: Target, known: Known) -> None:
    """Take back what a source brought before."""
    for batch, table in known.batches:
        withdraw(target, table, batch)
        target.connection.execute(f'DELETE FROM {PROVENANCE} WHERE id = {batch} AND "table" = {text(table)}')
