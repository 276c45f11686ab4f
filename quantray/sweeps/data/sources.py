"""From settings to the tables they name, opened read-only and typed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.capacity import memory
from quantray.errors import DataError, near_miss
from quantray.files.duckdb_file import Catalog, confined, open_market
from quantray.files.folders import data_files
from quantray.files.formats import Ask, Head, Read, choices, head_of, named, read_as, shelf, unpacked
from quantray.files.formats.matching import has_ours, matched
from quantray.files.origin import origin_of
from quantray.files.parts import Part, part_of_table, parts_of
from quantray.files.tables import Table, guarded
from quantray.outlets import logger
from quantray.runner.threads import worker_count
from quantray.sweeps.data.sessions import zone_of
from quantray.sweeps.data.settings import DataSettings, of_table, seconds_of
from quantray.sweeps.data.tables import typed_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Source = tuple[str, list[Read]]  # name for messages, and how each of its parts is read
_GB, _THREAD, _OF_MEMORY = 1_000_000_000, 125_000_000, 0.8
TABLES = ("underlying", "chain", "options")
_log = logger(__name__)


def open_tables(settings: DataSettings) -> dict[str, Table]:
    """The tables that the settings name; ``chain`` is absent where options bring their own. Raises DataError."""
    if settings.kind == "duckdb":
        return _typed(*_in_database(settings))
    given = {key: getattr(settings, key) for key in TABLES}
    if given["chain"] == "synthetic":
        given["chain"] = None
    with ExitStack() as scratch:  # text is read into memory, so what was unpacked may go afterwards
        files = {
            key: scratch.enter_context(unpacked(data_files(key, path, archives=True)))
            for key, path in given.items()
            if path is not None
        }
        return _typed(*_in_files(settings, files))


def _limit(memory_gb: float) -> str:
    """How much memory DuckDB takes: what it read of text goes to disk from there on.

    Half of ``memory_gb``, the other half being that of the sessions made of it, and what its threads need to read;
    never more than it would take by itself, nor less where the working directory takes no files.
    """
    most = max(memory_gb * _GB / 2, _GB) + worker_count(None, _GB) * _THREAD
    there = memory()
    own = there is None or most > _OF_MEMORY * there or not os.access(os.curdir, os.W_OK)
    return "80%" if own else f"{most / _GB:.3f}GB"


def _typed(connection: DuckDBPyConnection, sources: dict[str, Source]) -> dict[str, Table]:
    try:
        return {key: typed_table(connection, key, where, reads) for key, (where, reads) in sources.items()}
    except BaseException:
        connection.close()
        raise


def ask_of(settings: DataSettings, key: str) -> Ask:
    """What the settings say about what the table's files leave open."""
    s = settings
    return Ask(
        timezone=of_table(s.timezone, key), ts_unit=of_table(s.ts_unit, key),
        date_format=of_table(s.date_format, key), stamp=of_table(s.stamp, key),
        interval_s=None if s.interval is None else seconds_of(s.interval),
        adjusted="accept" if s.chain == "synthetic" else s.adjusted, symbol=s.symbol,
        exchange=zone_of(s.calendar), key=key,
    )  # fmt: skip


def _in_files(
    settings: DataSettings, files: dict[str, list[Path]]
) -> tuple[DuckDBPyConnection, dict[str, Source]]:  # fmt: skip
    connection = confined([file for found in files.values() for file in found], memory_limit=_limit(settings.memory_gb))
    sources: dict[str, Source] = {}
    try:
        for key, found in files.items():
            heads, parts = [head_of(file) for file in found], partial(parts_of, connection)
            sources[key] = getattr(settings, key), _reads(settings, key, getattr(settings, key), heads, parts)
    except BaseException:
        connection.close()
        raise
    return connection, sources


def _reads(
    settings: DataSettings, key: str, where: str, heads: list[Head],
    parts: Callable[[list[Path], tuple[str, ...]], list[Part]],
) -> list[Read]:  # fmt: skip
    """How the files of one table are read."""
    name, columns, ask = of_table(settings.format, key), getattr(settings.columns, key), ask_of(settings, key)
    given = None if name is None else named(name, f"data.format.{key}")
    reads = []
    for choice in choices(heads, key, given, shelf, partial(has_ours, columns)):
        found = parts([head.path for head in choice.heads], () if choice.layout is None else choice.layout.names)
        if choice.layout is None:
            reads += [matched(part, where, columns, ask) for part in found]
            continue
        _log.info("data.%s: %s %s", key, where, choice.sentence)
        reads += [
            replace(read, said=(choice.sentence, *read.said))
            for read in (read_as(part, choice.layout, ask) for part in found)
        ]
    return reads


def _in_database(settings: DataSettings) -> tuple[DuckDBPyConnection, dict[str, Source]]:
    if settings.duckdb is None:
        raise DataError("data=duckdb needs a file: data.duckdb=market.duckdb")
    connection, market = open_market(settings.duckdb, settings.allow_paths, memory_limit=_limit(settings.memory_gb))
    try:
        return connection, {key: source for key in TABLES for source in _table(connection, market, settings, key)}
    except BaseException:
        connection.close()
        raise


def _table(connection: DuckDBPyConnection, market: Catalog, settings: DataSettings, key: str) -> Iterator[Source]:
    """The table that serves as ``key``; none for a chain that is modelled or that options bring."""
    name = getattr(settings, key)
    if name == "synthetic" and key == "chain":
        return
    found = market.find(name or key)
    if found is not None:
        where = f"{settings.duckdb} ({name or found[1]})"
        part = guarded(where, lambda: part_of_table(connection, market.source(found)))
        part = replace(part, origin=origin_of(connection, market, found))
        yield where, _reads(settings, key, where, [Head(Path(where), tuple(part.columns))], lambda *_: [part])
        return
    hint = near_miss(name or key, market.shown, what="table")
    if name is not None:
        raise DataError(f"data.{key}: {settings.duckdb}: {hint}")
    if key == "underlying" or (key == "options" and settings.chain != "synthetic"):
        raise DataError(f"{settings.duckdb} has no table {key!r}: {hint}")
