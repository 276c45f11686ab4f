"""Rows of other tools in the table ``imported_results``: each once, all of a run or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.callers.imports.columns import Match, hints, is_of_trades, match
from quantray.callers.imports.files import KEY, Read, read
from quantray.callers.imports.names import NAMES
from quantray.callers.imports.rows import Reading, Row
from quantray.errors import ConfigError, DataError
from quantray.files.duckdb_file import confined, other_kind
from quantray.files.durable import room

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

TABLE = "imported_results"
COLUMNS = {
    "source": "VARCHAR", "row": "BIGINT", "caller": "VARCHAR", "policy": "VARCHAR", "tp": "DOUBLE", "sl": "DOUBLE",
    "hold_s": "DOUBLE", "n_trades": "BIGINT", "win_rate": "DOUBLE", "captured_return": "DOUBLE",
    "final_capital": "DOUBLE", "max_drawdown": "DOUBLE", "imported_from": "VARCHAR", "extra": "JSON",
}  # fmt: skip
#: The table of that name in the file's own main schema: not another schema's, nor one of DuckDB's.
_OURS = "table_name = ? AND schema_name = 'main' AND database_name = current_database()"
_CONTENT = [name for name in COLUMNS if name not in ("source", "row", "imported_from")]


@dataclass(slots=True)
class Imported:
    """What became of one file: new rows, how many were there already, and why the others failed."""

    path: Path
    source: str
    rows: list[tuple[int, Row]] = field(default_factory=list)
    skipped: int = 0
    failed: list[tuple[int, str]] = field(default_factory=list)
    matches: Mapping[str, Match] = field(default_factory=dict)
    extra: Sequence[str] = ()  # columns that are none of ours
    hints: Sequence[str] = ()  # what was not taken though its name is near one of ours
    trades: bool = False  # each row was read as one trade
    error: str | None = None  # the file as a whole cannot be used


def import_results(
    paths: Sequence[Path], into: Path, *, dry_run: bool = False, told: Mapping[str, str] | None = None,
    source: str | None = None, trades: bool = False, decimal: str | None = None,
) -> list[Imported]:  # fmt: skip
    """Read every file and store what is new in the DuckDB file ``into``; a dry run stores nothing.

    A row is there already when the same source (the file's name, unless ``source`` is given) brought one with the same
    values. ``trades``: a row is one trade; ``decimal`` (``point``, ``comma``) reads every number so. Raises DataError
    when no row of any file can be used, ConfigError for a wrong name in ``told``, DiskError without room.
    """
    files = [_read(path, source or path.name, told or {}, trades, decimal) for path in paths]
    if not any(file.rows for file in files):
        raise DataError(f"nothing could be read: {'; '.join(_why(file) for file in files)}")
    with _opened(into, dry_run) as connection:
        there: dict[str, Counter[tuple[Any, ...]]] = {}
        for file in files:
            there.setdefault(file.source, _stored(connection, file.source))
            there[file.source].update(_keep_new(file, there[file.source].copy()))
        if not dry_run:
            with room(into, "what was stored before is stored, and nothing of this import"):
                _store(connection, files)
    return files


def _read(path: Path, source: str, told: Mapping[str, str], trades: bool, decimal: str | None) -> Imported:
    made = Imported(path, source)
    try:
        found: Read = read(path)
        columns = list(dict.fromkeys(name for _, row in found.rows for name in row))
        made.failed, made.trades = found.failed, trades or found.trades or is_of_trades(columns)
        reading = _reading(found, columns, told, made.trades, decimal)
    except DataError as error:
        made.error = str(error) if str(path) in str(error) else f"{path}: {error}"
        return made
    made.matches = reading.matches
    taken = {m.theirs for m in made.matches.values()}
    made.extra = [name for name in columns if name not in taken]
    made.hints = () if found.matches else hints(columns, made.matches)
    for number, given in found.rows:
        try:
            made.rows.append((number, reading.row(given)))
        except ValueError as error:
            made.failed.append((number, str(error)))
    made.failed.sort()
    return made


def _reading(
    found: Read, columns: Sequence[str], told: Mapping[str, str], trades: bool, decimal: str | None
) -> Reading:
    """What is which in a file. DataError where that is not said."""
    if not columns:
        return Reading({}, {}, trades)
    if found.matches:  # the kind of file says what is what: nothing is looked for by name
        by_hand = match(columns, {**dict.fromkeys(NAMES, ""), **told}, trades)
        matches = {**{ours: m for ours, m in found.matches.items() if ours not in told}, **by_hand}
    else:
        matches = match(columns, told, trades)
    if KEY in columns and KEY not in {m.theirs for m in matches.values()}:
        names = ", ".join(dict.fromkeys(str(row[KEY]) for _, row in found.rows[:4] if KEY in row))
        raise DataError(f"rows stand under names ({names}, …) and nothing says whose these are; give "
                        f"--map caller={KEY} or --map policy={KEY}")  # fmt: skip
    return Reading.of([row for _, row in found.rows], matches, trades, decimal)


def _keep_new(file: Imported, there: Counter[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Leave what is not there yet, row by row and as often as it is there; returns what that is."""
    new = []
    for number, row in file.rows:
        if there[row.content] > 0:
            there[row.content] -= 1
            file.skipped += 1
        else:
            new.append((number, row))
    file.rows = new
    return [row.content for _, row in new]


def _why(file: Imported) -> str:
    if file.error is not None:
        return file.error
    number, reason = file.failed[0]
    more = f", and {len(file.failed) - 1:,} more rows failed" if len(file.failed) > 1 else ""
    return "; ".join([f"{file.path} row {number}: {reason}{more}", *file.hints])


@contextmanager
def _opened(into: Path, dry_run: bool) -> Iterator[Any]:
    """A connection to the file; a dry run never makes or changes it."""
    import duckdb

    there = into.exists()
    try:
        if into.is_file() and (found := other_kind(into)) is not None:
            raise DataError(f"{into} cannot be opened: it is {found[0]}; give --into another file")
        if dry_run and not there:
            connection = confined()
        else:
            into.parent.mkdir(parents=True, exist_ok=True)
            connection = _connected(into, there, dry_run)
    except (duckdb.Error, OSError) as error:
        raise DataError(
            f"{into} cannot be opened: {str(error).splitlines()[0]}; give --into another file, or close it elsewhere"
        ) from None
    try:
        have = [name for (name,) in connection.execute(
            f"SELECT column_name FROM duckdb_columns() WHERE {_OURS} ORDER BY column_index", [TABLE]
        ).fetchall()]  # fmt: skip
        if have and have != list(COLUMNS):
            raise ConfigError(
                f"{into}: its table {TABLE} has other columns ({', '.join(have)}); give --into another file"
            )
        yield connection
    finally:
        connection.close()


def _connected(into: Path, there: bool, dry_run: bool) -> DuckDBPyConnection:
    """A connection to the file; one that could not be made is not left half made."""
    try:
        with room(into, "nothing of this import is stored", only_room=True):
            return confined(database=into, access_mode="READ_ONLY" if dry_run else "READ_WRITE")
    except BaseException:
        if not there:
            into.unlink(missing_ok=True)
        raise


def _stored(connection: DuckDBPyConnection, source: str) -> Counter[tuple[Any, ...]]:
    known = connection.execute(f"SELECT 1 FROM duckdb_tables() WHERE {_OURS}", [TABLE]).fetchone()
    if known is None:
        return Counter()
    query = f"SELECT {', '.join(_CONTENT)} FROM {TABLE} WHERE source = ?"
    return Counter(connection.execute(query, [source]).fetchall())


def _store(connection: DuckDBPyConnection, files: Sequence[Imported]) -> None:
    """All of them in one transaction."""
    import pandas

    rows = [
        {**{name: getattr(row, name) for name in _CONTENT}, "source": file.source, "row": number,
         "imported_from": str(file.path)}
        for file in files for number, row in file.rows
    ]  # fmt: skip
    frame = pandas.DataFrame(rows, columns=list(COLUMNS), dtype=object)
    columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
    values = ", ".join(f"CAST({name} AS {kind})" for name, kind in COLUMNS.items())
    connection.execute("BEGIN")
    connection.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} ({columns})")
    if rows:
        connection.register("imported_rows", frame)
        connection.execute(f"INSERT INTO {TABLE} SELECT {values} FROM imported_rows")
    connection.execute("COMMIT")
