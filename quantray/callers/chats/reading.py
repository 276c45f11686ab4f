"""Files of chats -> a DuckDB file with the calls in them, made once and read like any other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.callers.chats.discord import discord_messages, discord_rows
from quantray.callers.chats.messages import Message, batches
from quantray.callers.chats.parsing import calls_sql, parse
from quantray.callers.chats.settings import Messages, check_patterns, standard
from quantray.callers.chats.telegram import COUNTED, telegram_messages
from quantray.callers.chats.told import sentences
from quantray.digests import digest_of
from quantray.errors import ConfigError, DataError, near_miss
from quantray.files.caches import Cached, cache_dir
from quantray.files.duckdb_file import quoted, text
from quantray.files.durable import digest_of_file
from quantray.outlets import logger

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_log = logger(__name__)
VERSION = 2  # of what is written: another number, another file
KINDS = ("telegram", "discord")
FILE = "calls.duckdb"
#: What the messages of a chat may take of memory while they are parsed; the rest lies on disk.
MEMORY = "1GB"


@dataclass(frozen=True, slots=True)
class Chats:
    """A DuckDB file with the tables ``calls``, ``unparsed``, ``chats`` and ``counts``, and what is to be told of it."""

    file: Path
    counts: Mapping[str, int]
    told: tuple[str, ...]


def read_chats(
    kind: str, files: Sequence[Path], messages: Messages | None = None, cache: str | None = None,
    zone: str | None = None,
) -> Chats:  # fmt: skip
    """The calls in the messages of ``telegram`` or ``discord`` files, by the patterns of ``messages``.

    Read in bounded memory into a file of the cache, which the content of the files and the patterns name: the same ones
    are read once. ``zone`` is that of dates in CSV files. Raises ConfigError for a pattern, DataError for a file.
    """
    if kind not in KINDS:
        raise ConfigError(f"data.format: {near_miss(kind, KINDS, what='format of chats')}")
    if not files:
        raise DataError("there is no file of a chat to read")
    settings = _with_patterns(messages if messages is not None else Messages())
    check_patterns(settings)
    key = digest_of(
        VERSION, kind, settings, _order(settings), zone, sorted((p.name, *digest_of_file(p)) for p in files)
    )
    cached = Cached(cache_dir(cache) / "chats", f"{kind}-{key[:16]}", "calls of chats")
    folder = cached.find(_log.warning)
    if folder is None:
        folder = cached.make(lambda made: _write(made, kind, sorted(files, key=str), settings, zone))
    return _found(folder / FILE)


def _with_patterns(messages: Messages) -> Messages:
    """Without patterns of assets, those that quantray came with; what else is said of messages stands."""
    if messages.assets:
        return messages
    came, names = standard(), ("assets", "mcap", "price", "chains")
    return replace(messages, **{name: getattr(messages, name) or getattr(came, name) for name in names})


def _order(settings: Messages) -> tuple[tuple[str, ...], ...]:
    """The order of patterns, which decides; a digest of a mapping does not know it."""
    return tuple(tuple(getattr(settings, name)) for name in ("assets", "mcap", "price", "chains"))


def _found(file: Path) -> Chats:
    import duckdb

    with duckdb.connect(str(file), read_only=True) as connection:
        counts = {str(name): int(n) for name, n in connection.execute("SELECT name, n FROM counts").fetchall()}
        return Chats(file, counts, tuple(sentences(connection)))


def _write(folder: Path, kind: str, files: Sequence[Path], settings: Messages, zone: str | None) -> None:
    """Fill the folder: messages go to a file beside, which is gone when the calls stand in theirs."""
    import duckdb

    scratch = folder / "messages.duckdb"
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY, "temp_directory": str(folder / "spill"), "preserve_insertion_order": True,
    }  # fmt: skip
    connection = duckdb.connect(str(scratch), config=config)
    try:
        connection.execute("SET TimeZone = 'UTC'")
        _collect(connection, _messages(connection, kind, files, settings, zone))
        parse(connection, settings)
        connection.execute(_people(settings))
        connection.execute(f"ATTACH {text(str(folder / FILE))} AS made")
        connection.execute(f"CREATE TABLE made.calls AS {calls_sql(settings)}")
        for name, query in TABLES.items():
            connection.execute(f"CREATE TABLE made.{quoted(name)} AS {query}", [kind] if "?" in query else [])
        connection.execute("DETACH made")
    finally:
        connection.close()
    for path in (scratch, scratch.with_name(f"{scratch.name}.wal")):
        path.unlink(missing_ok=True)
    if (folder / "spill").is_dir():
        (folder / "spill").rmdir()


def _messages(
    connection: DuckDBPyConnection, kind: str, files: Sequence[Path], settings: Messages, zone: str | None
) -> Iterator[Message]:
    if kind == "telegram":
        yield from telegram_messages(files)
        return
    tables = [path for path in files if path.suffix.lower() in (".csv", ".tsv")]
    yield from discord_messages([path for path in files if path not in tables])
    yield from discord_rows(connection, tables, settings.date_format, zone)


def _collect(connection: DuckDBPyConnection, messages: Iterator[Message]) -> None:
    made = False
    for batch in batches(messages):
        connection.register("batch", batch)
        connection.execute("INSERT INTO messages FROM batch" if made else "CREATE TABLE messages AS FROM batch")
        connection.unregister("batch")
        made = True
    if not made:
        raise DataError("the files hold no message at all; export the chat with its messages")


def _people(settings: Messages) -> str:
    """Who called: an account has the name that it used last, two accounts of one name are told apart by their ids."""
    by, name = ("author_id", "author") if settings.caller == "author" else ("chat", "chat_name")
    return f"""
CREATE TABLE people AS SELECT id,
  CASE WHEN count(*) OVER (PARTITION BY name) > 1 AND name <> id THEN name || ' (' || id || ')' ELSE name END AS name
FROM (
  SELECT {by} AS id, coalesce(last({name} ORDER BY ts_us, row) FILTER ({name} IS NOT NULL), {by}) AS name
  FROM once WHERE {by} IS NOT NULL AND NOT service GROUP BY {by}
)"""


_COUNTED = ", ".join(text(kind) for kind in COUNTED)
#: The other tables of the file. ``missing``: ids between the first and the last message that no message has.
TABLES = {
    "unparsed": "SELECT chat_name AS chat, message, make_timestamptz(ts_us) AS ts, author, why, text || CASE WHEN "
    "links = '' THEN '' ELSE chr(10) || links END AS text FROM once WHERE why IS NOT NULL AND why <> 'service message' "
    "ORDER BY ts_us, chat, message",
    "chats": "SELECT chat AS id, last(chat_name ORDER BY row) AS name, any_value(chat_kind) AS kind, count(*) AS "
    "messages, min(ts_us) AS first_us, max(ts_us) AS last_us, count(changed) > 0 AS tells_edits, count(*) FILTER "
    f"(changed AND NOT service) AS edited, CASE WHEN any_value(chat_kind) IN ({_COUNTED}) THEN max(number) - "
    "min(number) + 1 - count(DISTINCT number) END AS missing FROM once GROUP BY chat ORDER BY name, id",
    "counts": "SELECT 'messages' AS name, count(*) AS n FROM once UNION ALL "
    "SELECT 'repeated', (SELECT count(*) FROM messages) - (SELECT count(*) FROM once) UNION ALL "
    "SELECT 'forwarded', count(*) FILTER (forwarded) FROM once UNION ALL "
    "SELECT why, count(*) FROM once WHERE why IS NOT NULL GROUP BY why UNION ALL "
    "SELECT 'calls', count(*) FROM made.calls UNION ALL "
    "SELECT 'edited calls', count(*) FROM made.calls WHERE edited UNION ALL "
    "SELECT 'callers', count(DISTINCT caller) FROM made.calls ORDER BY ALL",
    "about": "SELECT ? AS kind",
}
