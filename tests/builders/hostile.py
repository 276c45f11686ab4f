"""DuckDB files as an adversary, an older tool or a half-finished copy leaves them."""

from __future__ import annotations

import datetime
import io
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
from fsspec.implementations.memory import MemoryFileSystem

COLUMNS = "'c1' AS call_id, 'x' AS caller, 'A' AS asset, TIMESTAMPTZ '2025-05-05 12:00Z' AS ts"
#: Views that want more than the file they are in -> a word of what they want.
WANTING = {
    "read_text('/etc/hostname')": "/etc/hostname",
    "read_blob('/etc/hostname')": "/etc/hostname",
    "read_csv('/etc/passwd', header=false, sep='|', columns={'line': 'VARCHAR'})": "/etc/passwd",
    "read_text('/proc/self/environ')": "/proc/self/environ",
    "glob('/etc/host*')": "/etc/host",
    "sniff_csv('/etc/passwd')": "/etc/passwd",
    "query('FROM read_text(''/etc/hostname'')')": "/etc/hostname",
    "read_text('../../../../../../../etc/hostname')": "/etc/hostname",
    "read_csv('https://example.invalid/calls.csv')": "https://example.invalid/calls.csv",
}


class FarAway(MemoryFileSystem):
    """A file behind https that is there while a view over it is made."""

    protocol = "https"

    def _open(self, path: str, mode: str = "rb", **_: Any) -> io.BytesIO:
        return io.BytesIO(b"a,b\n1,2\n")

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        return {"name": path, "size": 8, "type": "file"}

    def exists(self, path: str, **_: Any) -> bool:
        return True

    def glob(self, path: str, **_: Any) -> list[str]:
        return [path]

    def modified(self, path: str) -> datetime.datetime:
        return datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)


def wrote(path: Path, *statements: str) -> Path:
    """A DuckDB file in which these statements were run by somebody with every right."""
    path.unlink(missing_ok=True)
    connection = duckdb.connect(str(path))
    try:
        if any("https://" in s for s in statements):
            connection.register_filesystem(FarAway())
        for statement in statements:
            connection.execute(statement)
    finally:
        connection.close()
    return path


def patched(path: Path, byte: int, value: int) -> Path:
    """One byte of the file's first header changed, with the checksum that belongs to it."""
    content = bytearray(path.read_bytes())
    content[byte] = value
    content[:8] = struct.pack("<Q", _checksum(content[8:4096]))
    path.write_bytes(content)
    return path


def _checksum(block: Iterable[int]) -> int:
    result = 5381
    for (word,) in struct.iter_unpack("<Q", bytes(block)):
        result ^= word * 0xBF58476D1CE4E5B9 & (1 << 64) - 1
    return result
