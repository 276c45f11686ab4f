"""The DuckDB file that an import writes: ours from its first byte on, held by one command, one transaction a batch."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.errors import ConfigError, DataError
from quantray.files.duckdb_file import confined, other_kind, quoted
from quantray.files.durable import left_behind, room, sync_file, sync_folder, unfinished_name
from quantray.files.holding import busy
from quantray.files.marks import kind_of, made_by, refuse_link
from quantray.files.origin import PROVENANCE
from quantray.intake.columns import BATCH, SHAPES, TABLES, ordered, type_of

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FORMAT = 1  # of the file: a newer one is refused
SPANS = "quantray_spans"
#: What DuckDB may take before it spills, unless a flag says otherwise.
MEMORY = "2GB"
Settings = dict[str, str]
_REMEDY = "give --into another file"
_OURS = {
    PROVENANCE: (
        "id INTEGER, name VARCHAR, path VARCHAR, bytes BIGINT, digest VARCHAR, part VARCHAR, filter VARCHAR, "
        '"table" VARCHAR, format VARCHAR, reading VARCHAR, said VARCHAR[], rows BIGINT, set_aside VARCHAR, '
        "version INTEGER"
    ),
    SPANS: '"table" VARCHAR, batch INTEGER, label VARCHAR, first BIGINT, last BIGINT',
}


@dataclass(slots=True)
class Target:
    """An open file: what its tables hold. Every change of it happens inside :meth:`batch`."""

    path: Path
    connection: DuckDBPyConnection
    columns: dict[str, tuple[str, ...]] = field(default_factory=dict)  # table -> its columns without the batch
    batches: int = 0  # the highest number of a batch

    def next_batch(self) -> int:
        self.batches += 1
        return self.batches

    @contextmanager
    def batch(self) -> Iterator[None]:
        """One transaction: what happens inside is stored as a whole, or not at all."""
        before = dict(self.columns), self.batches
        self.connection.execute("BEGIN")
        try:
            with room(self.path, "every file that was finished before is stored", only_room=True):
                yield
                self.connection.execute("COMMIT")
        except BaseException:
            self.columns, self.batches = before
            with suppress(Exception):
                self.connection.execute("ROLLBACK")
            raise

    def widen(self, table: str, wanted: Iterable[str], where: str) -> None:
        """Make the table, or give it the columns it lacks. DataError where a column that decides is not in all."""
        have, new = self.columns.get(table), ordered(table, list(wanted))
        if have is None:
            columns = ", ".join(f"{quoted(c)} {type_of(c)}" for c in new)
            self.connection.execute(f"CREATE TABLE {table} ({columns}, {BATCH} INTEGER)")
            self.columns[table] = tuple(new)
            return
        for group in SHAPES[table].agree:
            if any(c in have for c in group) != any(c in new for c in group):
                has, lacks = (where, self.path) if any(c in new for c in group) else (self.path, where)
                raise DataError(
                    f"{where}: {' and '.join(group)} of {table} {'is' if len(group) == 1 else 'are'} in {has} and not "
                    f"in {lacks}, and in one table that would mean something else; import it --into another file"
                )
        more = [c for c in new if c not in have]
        for column in more:
            for name in (table, overlaps_of(table)):
                if name == table or self._is_there(name):
                    self.connection.execute(f"ALTER TABLE {name} ADD COLUMN {quoted(column)} {type_of(column)}")
        self.columns[table] = (*have, *more)

    def overlaps(self, table: str) -> str:
        """The table of every row whose key came more than once, made when it is first asked for."""
        name = overlaps_of(table)
        if not self._is_there(name):
            columns = ", ".join(f"{quoted(c)} {type_of(c)}" for c in self.columns[table])
            self.connection.execute(f"CREATE TABLE {name} ({columns}, {BATCH} INTEGER)")
        return name

    def has_overlaps(self, table: str) -> bool:
        return self._is_there(overlaps_of(table))

    def rows(self, table: str) -> int:
        """How many rows a table has."""
        return _rows(self.connection, table)

    def names(self, table: str, column: str) -> tuple[str, ...]:
        """What stands in a column of names, sorted."""
        if column not in self.columns.get(table, ()):
            return ()
        found = self.connection.execute(f"SELECT DISTINCT {quoted(column)} FROM {table} ORDER BY 1").fetchall()
        return tuple(str(name) for (name,) in found if name is not None)

    def any_above_0(self, table: str, columns: Iterable[str]) -> bool:
        """Whether one of the columns, where the table has them, has a number above 0; of a table that is there."""
        there = [f"{quoted(column)} > 0" for column in columns if column in self.columns.get(table, ())]
        rule = " OR ".join(there) or "false"
        return self.connection.execute(f"SELECT 1 FROM {table} WHERE {rule} LIMIT 1").fetchone() is not None

    def _is_there(self, name: str) -> bool:
        return name in _tables_of(self.connection)


def overlaps_of(table: str) -> str:
    return f"quantray_overlaps_{table}"


@contextmanager
def opened(
    path: Path, files: Iterable[Path], scratch: Path, *, memory: str = MEMORY, read_only: bool = False
) -> Iterator[Target]:
    """The file, made unless it is there, held for writing by this process alone; ``files`` can be read beside it.

    ``scratch`` is made, for files of ours that can be read too; without a row in the end a new file is not left.

    ConfigError or DataError for a file that is not ours, LedgerError where another command writes it.
    """
    there = check(path)
    if not read_only:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent)
        scratch.mkdir(mode=0o700)
    spill = path.parent / unfinished_name("import")
    options: Settings = {"memory_limit": memory, "temp_directory": str(spill)}
    try:
        if not there and not read_only:
            _make(path, options)
        connection = _connected(path if there or not read_only else None, files, scratch, options, read_only)
        empty = False
        try:
            target = _target(path, connection, there or not read_only)
            yield target
        finally:
            empty = not there and not read_only and not _rows(connection, PROVENANCE)
            connection.close()
            if empty:
                for left in (path, path.with_name(f"{path.name}.wal")):
                    left.unlink(missing_ok=True)
    finally:
        shutil.rmtree(spill, ignore_errors=True)


def check(path: Path) -> bool:
    """Whether the file is there; ConfigError for what cannot be one of ours by its kind alone."""
    refuse_link(path, _REMEDY)
    kind = kind_of(path)
    if kind is None:
        above = next((p for p in path.parents if p.exists()), path.parent)
        if not above.is_dir():
            raise ConfigError(f"--into {path}: {above} is no folder; {_REMEDY}")
        return False
    if kind != "file":
        raise ConfigError(f"--into {path} is {'a folder' if kind == 'folder' else 'no regular file'}; {_REMEDY}")
    try:
        found = other_kind(path)
    except OSError as error:
        raise ConfigError(f"--into {path} cannot be opened: {error.strerror}; {_REMEDY}") from None
    if found is not None:
        raise ConfigError(f"--into {path} cannot be written to: it is {found[0]}; {_REMEDY}")
    return True


def _make(path: Path, options: Settings) -> None:
    """A file with our tables and no rows, whole from the moment at which it is there."""
    work = path.with_name(unfinished_name(path.name))
    try:
        with room(path, "nothing of this import is stored"):
            connection = confined((), database=work, **options)
            try:
                _create(connection)
                connection.execute(f"COMMENT ON TABLE {PROVENANCE} IS 'made by {made_by()}, format {FORMAT}'")
                connection.execute("CHECKPOINT")
            finally:
                connection.close()
            sync_file(work)
            os.link(work, path)
            sync_folder(path.parent)
    except FileExistsError:
        pass  # another command was quicker; DuckDB's lock decides between the two
    finally:
        for left in (work, work.with_name(f"{work.name}.wal")):
            left.unlink(missing_ok=True)


def _create(connection: DuckDBPyConnection) -> None:
    for name, columns in _OURS.items():
        connection.execute(f"CREATE TABLE {name} ({columns})")


def _sweep(folder: Path) -> None:
    """Remove what a killed import of this machine left beside its file."""
    for entry in folder.iterdir():
        if left_behind(entry.name):
            if kind_of(entry) == "folder" and entry.name.endswith(("~import", "~unpacked")):
                shutil.rmtree(entry, ignore_errors=True)
            elif kind_of(entry) == "file" and entry.name.endswith((".duckdb", ".duckdb.wal")):
                entry.unlink(missing_ok=True)


def _connected(
    path: Path | None, files: Iterable[Path], scratch: Path, options: Settings, read_only: bool
) -> DuckDBPyConnection:  # fmt: skip
    import duckdb

    mode = {} if path is None else {"access_mode": "READ_ONLY" if read_only else "READ_WRITE"}
    try:
        with room(path, "what was imported before is stored", only_room=True):
            return confined(files, [str(scratch)] if scratch.exists() else (), database=path, **options, **mode)
    except (duckdb.Error, OSError) as error:
        first = str(error).splitlines()[0]
        if "lock" in first:
            raise busy(f"--into {path}", _holder(first)) from None
        raise ConfigError(f"--into {path} cannot be opened: {first}; {_REMEDY}") from None


def _holder(said: str) -> str:
    number = said.partition("PID ")[2].partition(")")[0]
    return f"process {number}" if number.isdigit() else "another program"


def _tables_of(connection: DuckDBPyConnection) -> dict[str, list[tuple[str, str]]]:
    """Table -> its columns (name, type), of the file's main schema."""
    rows = connection.execute(
        "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal "
        "AND database_name = current_database() ORDER BY table_name, column_index"
    ).fetchall()
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in rows:
        found.setdefault(table, []).append((column, kind))
    return found


def _target(path: Path, connection: DuckDBPyConnection, there: bool) -> Target:
    """What the file holds; ConfigError where its tables are not ours."""
    target, tables = Target(path, connection), _tables_of(connection)
    if not there:
        _create(connection)
        return target
    _check_ours(path, connection, tables)
    for table in TABLES:
        if table not in tables:
            continue
        columns = tables[table]
        wrong = [c for c, kind in columns if c != BATCH and kind != type_of(c)]
        if columns[-1:] != [(BATCH, "INTEGER")] and (BATCH, "INTEGER") not in columns:
            wrong.append(BATCH)
        if wrong:
            raise ConfigError(
                f"--into {path}: its table {table} was changed since quantray made it (column {wrong[0]}); {_REMEDY}"
            )
        target.columns[table] = tuple(c for c, _ in columns if c != BATCH)
        (most,) = connection.execute(f"SELECT coalesce(max({BATCH}), 0) FROM {table}").fetchone() or (0,)
        target.batches = max(target.batches, int(most))
    (most,) = connection.execute(f"SELECT coalesce(max(id), 0) FROM {PROVENANCE}").fetchone() or (0,)
    target.batches = max(target.batches, int(most))
    return target


def _check_ours(path: Path, connection: DuckDBPyConnection, tables: Mapping[str, list[tuple[str, str]]]) -> None:
    wanted = [part.split()[0].strip('"') for part in _OURS[PROVENANCE].split(", ")]
    have = [name for name, _ in tables.get(PROVENANCE, [])]
    if have != wanted:
        shown = ", ".join(sorted(tables)[:4]) or "no table"
        raise ConfigError(
            f"--into {path} was not made by quantray data import (it holds {shown}), and is left alone; {_REMEDY}, "
            f"and take its tables from there: {path}#TABLE as a source"
        )
    (newest,) = connection.execute(f"SELECT coalesce(max(version), 0) FROM {PROVENANCE}").fetchone() or (0,)
    if newest > FORMAT:
        raise ConfigError(f"--into {path} was made by a newer quantray; install that, or {_REMEDY}")


def text_of(value: object) -> str:
    """A value of our own tables as JSON that is the same for the same value."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _rows(connection: DuckDBPyConnection, table: str) -> int:
    (n,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
    return int(n)
