"""``quantray data import``: sources -> how each is read -> rows in one DuckDB file, a source whole or not at all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from quantray.errors import ConfigError, DataError
from quantray.files.duckdb_file import reading_error
from quantray.files.durable import digest_of_file, unfinished_name
from quantray.files.formats import Choice, Head, Read, named, read_as, shelf
from quantray.files.formats.matching import matched
from quantray.files.parts import Part, part_of_table
from quantray.files.parts import parts_of as files_of
from quantray.intake import databases
from quantray.intake.known import Reading, Source, forget, lookup, note
from quantray.intake.plain import columns_of
from quantray.intake.planning import Entry, at_hand, planned, ways
from quantray.intake.request import FAILED, TAKEN, THERE, WOULD, Done, Progress, Request
from quantray.intake.sources import DATABASES, Found, Item, expand
from quantray.intake.taking import take
from quantray.intake.target import Target, check, opened

CHATS = ("telegram", "discord")  # formats of the wing of callers
#: Small sources share a transaction: a thousand of them wait a few times for the disk.
BYTES, ITEMS = 64 << 20, 200
Tell = Callable[[Progress], object]
Ways = Callable[[Head, str], list[tuple[str, Choice]]]


@dataclass(slots=True)
class Outcome:
    """Of a whole import. ``tables``: rows that the file has now; ``symbols``: names in its table underlying."""

    done: list[Done]
    found: Found
    tables: dict[str, int] = field(default_factory=dict)
    symbols: tuple[str, ...] = ()
    weighed: bool = True  # underlying has volumes, or a VWAP of its own


def import_data(request: Request, tell: Tell = lambda _: None, *, dry_run: bool = False) -> Outcome:
    """Take every source into the file. Raises, before anything is written, for what cannot be meant.

    ConfigError and DataError for a wrong setting, a source that cannot be told, a target that is not ours; LedgerError
    where another import has it; DiskError without room. A source that fails later is told in its :class:`Done`, and
    the others go on.
    """
    check(request.into)
    found = expand(request.sources, request.into)
    given = None if request.format in (None, *CHATS) else named(str(request.format), "--format")
    known = cache(shelf)
    entries = planned(found, request, given, known)
    if request.date is not None and not any(entry.calls for entry in entries):
        raise ConfigError("--date is the day of calls whose times are clocks alone, and no source is a list of calls")
    files = [path for e in entries if e.item.path is not None for path in (e.item.path, Path(f"{e.item.path}.wal"))]
    scratch = request.into.parent / unfinished_name("unpacked")
    try:
        with opened(request.into, files, scratch, memory=request.memory, read_only=dry_run) as target:
            told = partial(ways, request=request, given=given, known=known)
            work = _Work(request, told, target, scratch, tell, entries)
            done = [work.look(entry) for entry in entries] if dry_run else work.run()
            rows = {table: target.rows(table) for table in target.columns}
            weighed = "underlying" in target.columns and target.any_above_0(
                "underlying", ("volume", "vwap", "vwap_running")
            )
            return Outcome(done, found, rows, target.names("underlying", "symbol"), weighed)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _Way:
    """A table, how it is called that it is read so, and the SQL that reads it."""

    reading: Reading
    read: Read
    by_name: bool
    aside: Mapping[str, int] = field(default_factory=dict)  # what was left out before it


class _Work:
    """One import while it goes on."""

    def __init__(
        self, request: Request, ways: Ways, target: Target, scratch: Path, tell: Tell, entries: list[Entry]
    ) -> None:
        self.request, self.ways, self.target, self.scratch, self.tell = request, ways, target, scratch, tell
        self.entries, self.begun = entries, time.monotonic()
        self.items = self.bytes = self.rows = 0
        self.digests: dict[Path, tuple[int, str]] = {}

    def run(self) -> list[Done]:
        """Every entry, small ones together; what a transaction lost by one of them is done again one by one."""
        import duckdb

        done: list[Done] = []
        for group in _groups(self.entries):
            if len(group) > 1:
                try:
                    with self.target.batch():
                        made = [self._one(entry) for entry in group]
                    done += made
                    self._note(group, made)
                    continue
                except (duckdb.Error, DataError):
                    pass
            for entry in group:
                made = [self._alone(entry)]
                done += made
                self._note([entry], made)
        return done

    def look(self, entry: Entry) -> Done:
        """What would be done with an entry."""
        with self._prepared(entry) as (source, found):
            readings = tuple(way.reading for way in found)
            known = lookup(self.target.connection, source, readings)
            if known is not None and known.same:
                return Done(entry.item, THERE, readings, why=known.why)
            why, replaced = (known.why, known.rows) if known else ("", 0)
            return Done(entry.item, WOULD, readings, why=why, replaced=replaced)

    def _alone(self, entry: Entry) -> Done:
        """An entry in a transaction of its own; one that cannot be used is told, and leaves nothing."""
        import duckdb

        for rejecting in (False, True):
            try:
                with self.target.batch():
                    return self._one(entry, rejecting=rejecting)
            except DataError as error:
                return self._failed(entry, str(error))
            except duckdb.Error as error:
                said = str(error)
                if rejecting or "CSV Error" not in said:
                    return self._failed(entry, str(reading_error(entry.item.name, error)))
        raise AssertionError("unreachable")

    def _failed(self, entry: Entry, why: str) -> Done:
        return Done(entry.item, FAILED, why=why.replace(f"{self.scratch}/", ""))

    def _one(self, entry: Entry, *, rejecting: bool = False) -> Done:
        """Take an entry inside of the transaction that is open."""
        with self._prepared(entry) as (source, found):
            readings = tuple(way.reading for way in found)
            known = lookup(self.target.connection, source, readings)
            if known is not None and known.same:
                return Done(entry.item, THERE, readings, why=known.why)
            done = Done(entry.item, TAKEN, readings)
            if known is not None:
                forget(self.target, known)
                done.why, done.replaced = known.why, known.rows
            for way in found:
                batch = self.target.next_batch()
                taken = take(self.target, way.reading, way.read, batch, self.request.wanted, entry.item.name,
                             self.request.limits, rejecting=rejecting)  # fmt: skip
                taken.aside.update(way.aside)
                note(self.target, batch, source, way.reading, taken.rows, taken.aside)
                done.taken.append(taken)
            self._check_unchanged(entry, source)
            return done

    @contextmanager
    def _prepared(self, entry: Entry) -> Iterator[tuple[Source, list[_Way]]]:
        """The source as it is now, and the SQL of each table that is read from it."""
        item, connection = entry.item, self.target.connection
        if item.kind in DATABASES:
            where = databases.staged(connection, item)
            part = part_of_table(connection, where)
            found = self.ways(Head(Path(item.name), tuple(part.columns)), item.name)
            digest = databases.digest_of_rows(connection, where)
            yield self._source(item, 0, digest, found), [self._way(item, t, c, [part]) for t, c in found]
            return
        size, digest = self._digest(item)
        if entry.calls:
            yield self._calls(item, size, digest)
            return
        with at_hand(item, self.scratch) as path:
            made = [self._way(item, t, c, self._parts(path, c)) for t, c in entry.ways]
            if any(way.by_name for way in made):
                digest = f"{digest}:{item.name.rpartition('/')[2]}"
            yield self._source(item, size, digest, entry.ways), made

    def _calls(self, item: Item, size: int, digest: str) -> tuple[Source, list[_Way]]:
        """A list of calls or a chat, as the wing of callers reads it."""
        reader = self.request.calls
        assert reader is not None
        assert item.path is not None
        made = reader.read(item.path, self.request, self.scratch / "calls.parquet")
        (part,) = files_of(self.target.connection, [made.path])
        way = self._way(item, "calls", Choice(made.format, None), [part], ours=True)
        settings = dict(way.reading.settings)
        if made.format in CHATS and self.request.timezone:
            settings["times"] = "instants"  # a zone once moved them: what was read so is read again
        reading = replace(way.reading, format=made.format, said=made.told, settings=settings)
        return self._source(item, size, digest, [way]), [replace(way, reading=reading, aside=made.aside)]

    def _parts(self, path: Path, choice: Choice) -> list[Part]:
        return files_of(self.target.connection, [path], () if choice.layout is None else choice.layout.names)

    def _way(self, item: Item, table: str, choice: Choice, parts: list[Part], *, ours: bool = False) -> _Way:
        """How a table is read from its part; ``ours``: its columns have our names, whatever was told."""
        request, ask = self.request, self.request.ask(table)
        told = {} if ours else request.mapping(table)
        (part,) = parts
        if choice.layout is None:
            read = matched(part, item.name, columns_of(table, told), ask)
            stamp, zone, unit = ask.stamp or "start", ask.timezone, ask.ts_unit
            said: tuple[str, ...] = (choice.sentence,)
        else:
            time_of = choice.layout.time
            read = read_as(part, choice.layout, ask)
            stamp = ask.stamp or (time_of.stamp if time_of else "")
            zone = ask.timezone if request.timezone else (time_of.zone if time_of else None) or ask.timezone
            unit = ask.ts_unit or (time_of.unit if time_of else None)
            said = (choice.sentence, *read.said)
        has_stamp = "ts" in read.cells and table != "calls"
        settings = {
            "layout": choice.layout.name if choice.layout else "", "stamp": stamp if has_stamp else "",
            "timezone": zone, "ts_unit": unit, "date_format": request.date_format,
            "date": request.date if table == "calls" else None,
            "interval": f"{request.interval_s} s" if request.interval_s else "", "filter": request.wanted.text,
            "columns": ", ".join(f"{a}={b}" for a, b in sorted(request.mapping(table).items())),
        }  # fmt: skip
        kept = {key: str(value) for key, value in settings.items() if value}
        return _Way(Reading(table, choice.format or "plain", kept, said), read, read.by_name)

    def _source(self, item: Item, size: int, digest: str, found: Sequence[Any]) -> Source:
        return Source(item.name, item.known_as, size, digest, item.part, self.request.wanted.text)

    def _digest(self, item: Item) -> tuple[int, str]:
        assert item.path is not None
        if item.path not in self.digests:
            try:
                self.digests[item.path] = digest_of_file(item.path)
            except OSError as error:
                raise DataError(f"{item.name} cannot be read: {error.strerror}; check its permissions") from None
        return self.digests[item.path]

    def _check_unchanged(self, entry: Entry, source: Source) -> None:
        path = entry.item.path
        if path is not None and entry.item.kind not in DATABASES and path.stat().st_size != source.bytes:
            raise DataError(f"{entry.item.name} was written to while it was read; import it when it is finished")

    def _note(self, group: Sequence[Entry], made: Sequence[Done]) -> None:
        self.items += len(group)
        self.bytes += sum(entry.bytes for entry in group)
        self.rows += sum(done.rows for done in made)
        total = sum(entry.bytes for entry in self.entries)
        seconds = time.monotonic() - self.begun
        self.tell(Progress(self.items, len(self.entries), self.bytes, total, self.rows, seconds))


def _groups(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Small entries together; a table of a database alone."""
    group: list[Entry] = []
    for entry in entries:
        alone = entry.item.kind in DATABASES or entry.bytes >= BYTES
        if group and (alone or len(group) >= ITEMS or sum(e.bytes for e in group) + entry.bytes > BYTES):
            yield group
            group = []
        group.append(entry)
        if alone:
            yield group
            group = []
    if group:
        yield group
