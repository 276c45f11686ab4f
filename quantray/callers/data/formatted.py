"""Files of calls and candles that others lay out, as tables: chats through their messages, the rest by formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.callers.chats import KINDS, Chats, read_chats
from quantray.callers.data.files import chat_files, kind_of_chat, record_files
from quantray.callers.data.settings import CallsData
from quantray.errors import ConfigError, DataError, near_miss
from quantray.files.duckdb_file import attached, quoted
from quantray.files.formats import Ask, Choice, Format, Head, choices, head_of, read_as, shelf
from quantray.files.parts import parts_of
from quantray.files.tables import guarded, spelt
from quantray.outlets import logger
from quantray.plain import amount

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_log = logger(__name__)
#: The name under which the file with the calls of chats is attached: no file of a user's is called so.
NAME = "quantray chats"
#: Our columns by table, as DuckDB types; text is read further by ``columns.cleaned``, as that of any table.
COLUMNS = {
    "calls": dict.fromkeys(("call_id", "caller", "asset", "chain", "price_at_call", "mcap", "edited"), "VARCHAR"),
    "candles": {"asset": "VARCHAR"} | dict.fromkeys(("open", "high", "low", "close", "volume"), "DOUBLE"),
}

#: The last candle of a file was in progress where another file has it with more volume.
_UNFINISHED = """
UPDATE {name} SET aside = 'a last candle that was not over, which another file has whole' FROM (
  SELECT l.file AS file, l.asset AS asset, l.ts AS ts, max(o.volume) AS most
  FROM (SELECT file, asset, max(ts) AS ts FROM {name} GROUP BY file, asset) AS l
  JOIN {name} AS o ON o.asset = l.asset AND o.ts = l.ts AND o.file <> l.file GROUP BY ALL
) AS last
WHERE {name}.file = last.file AND {name}.asset = last.asset AND {name}.ts = last.ts AND {name}.volume < last.most
"""


@dataclass(slots=True)
class Formatted:
    """One table that is read by a format: the files that it needs, and how it is made on a connection.

    ``told``: how it is read. ``messages``: the file with the messages of chats that are no call.
    """

    key: str
    given: str
    files: tuple[Path, ...]
    told: tuple[str, ...] = ()
    messages: Path | None = None
    choices: Sequence[Choice] = ()
    ask: Ask = Ask()

    def source(self, connection: DuckDBPyConnection) -> str:
        """What follows FROM."""
        if self.messages is not None:
            return attached(connection, self.messages, self.given, NAME).source(("main", "calls"))
        return guarded(self.given, partial(self._table, connection))

    def _table(self, connection: DuckDBPyConnection) -> str:
        """The files in a table of the connection, in their order: text is read once and not by every question."""
        selects, doubts = [], []
        for choice in self.choices:
            assert choice.layout is not None
            for part in parts_of(connection, [head.path for head in choice.heads], choice.layout.names):
                read = read_as(part, choice.layout, self.ask)
                columns = {name: read.raws[name] if self.key == "calls" else read.cells[name].value
                           for name in COLUMNS[self.key] if name in read.cells}  # fmt: skip
                shown = [f"({sql})::{COLUMNS[self.key][name]} AS {quoted(name)}" for name, sql in columns.items()]
                shown.append(f"({read.cells['ts'].value})::TIMESTAMPTZ AS ts" if "ts" in read.cells else "NULL AS ts")
                shown += [f"{len(selects)}::VARCHAR || '/' || file_index::VARCHAR AS file"] if part.files else []
                selects.append(f"SELECT {', '.join(shown)}, ({read.why})::VARCHAR AS aside FROM {read.source}")
                doubts += [sentence for sentence in read.said if sentence not in doubts]
        name = quoted(f"{self.key} by format")
        connection.execute(f"CREATE TEMP TABLE {name} AS {' UNION ALL BY NAME '.join(selects)}")
        if self.key == "candles" and len(self.files) > 1:
            connection.execute(_UNFINISHED.format(name=name))
        aside = connection.execute(
            f"SELECT aside, count(*) FROM {name} WHERE aside IS NOT NULL GROUP BY aside ORDER BY ALL"
        ).fetchall()
        left = [f"{amount(n, 'row was', 'rows were')} set aside: {why}" for why, n in aside]
        self.told = (f"{'; '.join([*self.told, *doubts, *left])}.",)
        return f"(SELECT * EXCLUDE (aside, file) FROM {name} WHERE aside IS NULL)"


@contextmanager
def formatted(settings: CallsData, keys: Sequence[str]) -> Iterator[dict[str, Formatted]]:
    """How tables are read by their formats, named or guessed; a table with our own columns is not among them.

    What has to be unpacked lies in scratch folders until the block ends. Raises ConfigError and DataError.
    """
    with ExitStack() as scratch:
        found = {key: _of(settings, key, scratch) for key in keys}
        yield {key: how for key, how in found.items() if how is not None}


def _of(settings: CallsData, key: str, scratch: ExitStack) -> Formatted | None:
    name, given = settings.format_of(key), getattr(settings, key)
    known = cache(shelf)
    if name is not None:
        _check_name(key, name, known)
    if given is None:
        if name is None:
            return None
        raise DataError(f"data.format.{key}={name} reads files: name one, or a folder, with data.{key}=FILE")
    if name is None and settings.kind == "synthetic":
        return None
    if name is None and key == "calls" and (kind := kind_of_chat(given)) is not None:
        _log.info("data.calls: %s is read as %s: it has the messages of such a chat", given, kind)
        name = kind
    if name in KINDS:
        return _chats(settings, key, str(name), given)
    if name is None and settings.kind != "parquet":
        return None
    files = record_files(key, given, scratch.enter_context)
    heads = [head_of(file) for file in files]
    asked = None if name is None else known()[name]
    if asked is None and all(has_ours(settings, key, head) for head in heads):
        return None
    found = choices(heads, key, asked, known, partial(has_ours, settings, key))
    if any(choice.layout is None for choice in found):
        _check_plain(key, given, found)
        return None
    for choice in found:
        _log.info("data.%s: %s %s", key, given, choice.sentence)
    told = f"{key.capitalize()} of {amount(len(files), 'file')}: {'; '.join(choice.sentence for choice in found)}"
    ask = Ask(timezone=settings.zone_of(key), ts_unit=settings.unit_of(key), key=key)
    return Formatted(key, given, tuple(files), (told,), choices=found, ask=ask)


def _check_name(key: str, name: str, known: Callable[[], dict[str, Format]]) -> None:
    """ConfigError with the near miss unless ``name`` is a format that serves as the table."""
    if name in KINDS and key != "calls":
        raise ConfigError(f"data.format.{key}={name}: a chat holds calls and no {key}")
    if name not in KINDS and name not in known():
        fit = [one.name for one in known().values() if one.of(key)] + [*(KINDS if key == "calls" else ())]
        miss = near_miss(name, fit, what="format")
        raise ConfigError(f"data.format.{key}={name}: {miss} (docs/formats.md tells how to add one)")


def _chats(settings: CallsData, key: str, kind: str, given: str) -> Formatted:
    found: Chats = read_chats(kind, chat_files(key, given), settings.messages, settings.cache, settings.zone_of(key))
    beside = found.file.with_name(f"{found.file.name}.wal")
    return Formatted(key, given, (found.file, beside), found.told, found.file)


def _check_plain(key: str, given: str, found: Sequence[Choice]) -> None:
    """DataError where files with our own names of columns lie beside others, or are unpacked and of no format."""
    if len(found) > 1:
        shown = "; ".join(f"{choice.heads[0].path.name} is {choice.sentence}" for choice in found[:4])
        raise DataError(f"data.{key}={given} has files of several kinds ({shown}); give those of one kind at a time")
    path = Path(given).expanduser()
    head = found[0].heads[0]
    if path not in (head.path, *head.path.parents):
        shown = ", ".join(head.columns[:8]) or ", ".join(head.rows[0][:8] if head.rows else ())
        raise DataError(
            f"{head.path} is of no format of {key} that is known by its columns ({shown}); say which with "
            f"data.format.{key}=NAME, or describe it in a YAML of one's own (docs/formats.md)"
        )


def has_ours(settings: CallsData, key: str, head: Head) -> bool:
    """Whether a file's header has the columns that the settings say the table has."""
    columns = getattr(settings.columns, key)
    needed = ("asset", "ts") if key == "calls" else ("asset", "ts", "open", "high", "low", "close")
    return all(spelt(getattr(columns, name), head.columns) is not None for name in needed)
