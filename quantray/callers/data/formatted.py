"""Files of calls and candles that others lay out, as tables: chats through their messages, the rest by formats."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.callers.chats import KINDS, Chats, read_chats
from quantray.callers.data.settings import CallsData
from quantray.errors import DataError
from quantray.files.duckdb_file import attached, existing

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: The name under which the file with the calls of chats is attached: no file of a user's is called so.
NAME = "quantray chats"


@dataclass(frozen=True, slots=True)
class Formatted:
    """One table that is read by a format: the files that it needs, and how it is made on a connection."""

    key: str
    given: str
    files: tuple[Path, ...]
    chats: Chats | None = None

    def source(self, connection: DuckDBPyConnection) -> str:
        """What follows FROM."""
        assert self.chats is not None
        return attached(connection, self.chats.file, self.given, NAME).source(("main", "calls"))

    @property
    def told(self) -> tuple[str, ...]:
        return () if self.chats is None else self.chats.told

    @property
    def messages(self) -> Path | None:
        """The file with the messages that are no call."""
        return None if self.chats is None else self.chats.file


def formatted(settings: CallsData, key: str) -> Formatted | None:
    """How the table ``key`` is read by its format; None where it has none. ConfigError, DataError."""
    name = settings.format_of(key)
    if name is None:
        return None
    given = getattr(settings, key)
    if given is None:
        raise DataError(f"data.format.{key}={name} reads files: name one, or a folder, with data.{key}=FILE")
    if name not in KINDS:
        raise DataError(f"data.format.{key}={name}: there is no such format")
    files = chat_files(key, given)
    zone = settings.zone_of(key)
    chats = read_chats(name, files, settings.messages, settings.cache, zone)
    return Formatted(key, given, (chats.file, chats.file.with_name(f"{chats.file.name}.wal")), chats)


def chat_files(key: str, given: str) -> list[Path]:
    """The file of a chat that ``data.<key>`` gives, or those of its folder: JSON and CSV, hidden ones passed over."""
    path = existing(key, given)
    if not path.is_dir():
        return [path]
    files = sorted(
        p for p in path.rglob("*")
        if p.suffix.lower() in (".json", ".csv") and p.is_file()
        and not any(part.startswith((".", "_")) for part in p.relative_to(path).parts)
    )  # fmt: skip
    if not files:
        raise DataError(f"data.{key}={given} has no file of a chat (.json, .csv)")
    return files
