"""Exports of chats as streams: a JSON file of any size, read in bounded memory, one record at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from quantray.errors import DataError

CHUNK = 1 << 16
#: No chat nests deeper; a file that does was made to be a burden.
MAX_DEPTH = 64
_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)
_UNFINISHED = re.compile(rb"\\(?:x[0-9A-Fa-f]?)?\Z")
#: How files begin that are JSON in another encoding, or none.
_HEADS = {
    b"\xff\xfe": "is written in UTF-16; save it as UTF-8",
    b"\xfe\xff": "is written in UTF-16; save it as UTF-8",
    b"PK\x03\x04": "is a zip; unpack it and give the file in it",
    b"\x1f\x8b": "is packed with gzip; unpack it first",
    b"<": "is HTML; export the chat again as JSON (Telegram: machine-readable JSON, DiscordChatExporter: -f Json)",
}


class Repaired:
    r"""The bytes of a JSON file in which Telegram wrote control characters as ``\x1f``: they come as ``\u001f``.

    Such an escape is no JSON. A backslash that is itself escaped (``\\x1f``) is left alone, wherever a chunk ends.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._kept, self.bytes, self.repaired = file, b"", 0, 0

    def read(self, size: int = -1) -> bytes:
        if size == 0:
            return b""
        while True:
            chunk = self._file.read(CHUNK if size < 0 else size)
            first, self.bytes = not self.bytes, self.bytes + len(chunk)
            data = self._kept + (chunk.removeprefix(b"\xef\xbb\xbf") if first else chunk)
            self._kept = b""
            if chunk:
                data, self._kept = _parted(data)
            if b"\\x" in data:
                data = _ESCAPE.sub(self._mended, data)
            if data or not chunk:
                return data

    def _mended(self, found: re.Match[bytes]) -> bytes:
        if found[1] is None:
            return found[0]
        self.repaired += 1
        return b"\\u00" + found[1]


def _parted(data: bytes) -> tuple[bytes, bytes]:
    """The bytes up to an escape that the next chunk finishes, and what of it is here."""
    found = _UNFINISHED.search(data, max(len(data) - 3, 0))
    if found is None:
        return data, b""
    before = data[: found.start()]
    if (len(before) - len(before.rstrip(b"\\"))) % 2:
        return data, b""  # the backslash is the second half of an escape
    return before, data[found.start() :]


def records(
    path: Path, heads: Mapping[str, tuple[str, ...]], skipped: frozenset[str] = frozenset()
) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """(head, record) of every record of a JSON file; (head, None) where a list of records ends.

    ``heads``: where a list of records may stand (``chats.list.item`` holds ``chats.list.item.messages.item``) and which
    single values beside it are the head. ``skipped`` keys of a record are not built. Raises DataError where the file is
    no JSON or ends too early, with the byte and the record before.
    """
    import ijson

    _check_beginning(path)
    found = 0
    with path.open("rb") as file:
        source = Repaired(file)
        try:
            for head, record in _walked(ijson.basic_parse(source, buf_size=CHUNK), heads, skipped, path):
                found += record is not None
                yield head, record
        except (ijson.JSONError, UnicodeDecodeError, OverflowError) as error:
            size = path.stat().st_size
            reason = str(error).removeprefix("b'").replace("\\n", "\n").split("\n")[0].strip()[:120]
            place = f"behind record {found:,}, before byte {source.bytes:,} of {size:,}"
            if "premature EOF" in reason or "ncomplete" in reason:
                raise DataError(f"{path} ends in the middle of its JSON ({place}): export the chat again") from None
            raise DataError(f"{path} is damaged {place}: {reason}; export the chat again") from None
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}") from None


def _check_beginning(path: Path) -> None:
    with path.open("rb") as file:
        head = file.read(256)
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not begins:
        raise DataError(f"{path} is empty; export the chat again")
    for sign, what in _HEADS.items():
        if begins.startswith(sign):
            raise DataError(f"{path} {what}")


def _walked(
    events: Iterator[tuple[str, Any]], heads: Mapping[str, tuple[str, ...]], skipped: frozenset[str], path: Path
) -> Iterator[tuple[dict[str, Any], dict[str, Any] | None]]:
    """Records from events. ``place`` is where an event stands: the keys that lead there, ``item`` in a list."""
    from ijson.common import ObjectBuilder

    lists = {_join(home, "messages"): home for home in heads}
    fields = {_join(home, name): (home, name) for home, names in heads.items() for name in names}
    found: dict[str, dict[str, Any]] = {home: {} for home in heads}
    keys: list[str] = []
    builder, begun, skip, home = None, 0, False, ""
    for event, value in events:
        if event == "map_key":
            keys[-1] = value
            skip = skip or (builder is not None and len(keys) == begun + 1 and value in skipped)
            if builder is not None and not skip:
                builder.event(event, value)
            continue
        if event in ("end_map", "end_array"):
            keys.pop()
        opens = event in ("start_map", "start_array")
        if builder is not None and skip:
            skip = opens or len(keys) > begun + 1  # until the key's value is over
        elif builder is not None:
            builder.event(event, value)
            if len(keys) == begun:
                yield found[home], builder.value
                builder = None
        else:
            place = ".".join(keys)
            if event == "start_map" and place.endswith(".item") and place[:-5] in lists:
                builder, begun, home = ObjectBuilder(), len(keys), lists[place[:-5]]
                builder.event(event, value)
            elif event == "start_map" and place in heads:
                found[place] = {}
            elif place in fields and event in ("string", "number"):
                of, name = fields[place]
                found[of][name] = value
            elif event == "end_array" and place in lists:
                yield found[lists[place]], None
        if opens:
            keys.append("item" if event == "start_array" else "")
            if len(keys) > MAX_DEPTH:
                raise DataError(f"{path} nests deeper than {MAX_DEPTH} levels: it is no export of a chat")


def _join(home: str, name: str) -> str:
    return f"{home}.{name}" if home else name
