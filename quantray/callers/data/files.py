"""Which files hold calls and candles: chats, JSON answers, feather, zips, CSV and Parquet, one or a folder of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from quantray.errors import DataError
from quantray.files.duckdb_file import existing
from quantray.files.folders import data_files
from quantray.files.formats import unpacked
from quantray.files.formats.documents import SUFFIXES, tabled

#: Bytes of a file in which its kind shows.
HEAD = 1 << 14
#: What stands at the beginning of an export: of Telegram one chat or an account, of Discord a guild and a channel.
_CHATS = {
    "discord": re.compile(rb'\A\W*"guild"\s*:.*"channel"\s*:', re.DOTALL),
    "telegram": re.compile(rb'"messages"\s*:\s*\[|\A\W*"about"\s*:.*"chats"|\A\W*"personal_information"', re.DOTALL),
}
_CSV = b"AuthorID,Author,Date,Content"


def chat_files(key: str, given: str) -> list[Path]:
    """The file of a chat that ``data.<key>`` gives, or those of its folder: JSON and CSV, hidden ones passed over."""
    path = existing(key, given)
    files = _in_folder(path, (".json", ".csv")) if path.is_dir() else [path]
    if not files:
        raise DataError(f"data.{key}={given} has no file of a chat (.json, .csv)")
    return files


def kind_of_chat(given: str) -> str | None:
    """``telegram`` or ``discord`` where the file, or the first of the folder, begins like such an export."""
    path = Path(given).expanduser()
    files = _in_folder(path, (".json", ".csv")) if path.is_dir() else [path]
    if not files or not files[0].is_file() or files[0].suffix.lower() not in (".json", ".csv"):
        return None
    with files[0].open("rb") as file:
        head = file.read(HEAD).removeprefix(b"\xef\xbb\xbf")
    if files[0].suffix.lower() == ".csv":
        return "discord" if head.replace(b'"', b"").startswith(_CSV) else None
    return next((kind for kind, sign in _CHATS.items() if sign.search(head)), None)


def record_files(key: str, given: str, enter: Callable[[AbstractContextManager[list[Path]]], list[Path]]) -> list[Path]:
    """Files of text or Parquet that ``data.<key>`` gives; zips, JSON and feather are unpacked, by ``enter``ing that."""
    path = Path(given).expanduser()
    if path.suffix.lower() in SUFFIXES and path.is_file():
        return enter(tabled([path]))
    documents = _in_folder(path, SUFFIXES) if path.is_dir() else []
    if documents:
        return enter(tabled(documents))
    return enter(unpacked(data_files(key, given, archives=True)))


def _in_folder(path: Path, suffixes: Iterable[str]) -> list[Path]:
    return sorted(
        p for p in path.rglob("*")
        if p.suffix.lower() in suffixes and p.is_file()
        and not any(part.startswith((".", "_")) for part in p.relative_to(path).parts)
    )  # fmt: skip
