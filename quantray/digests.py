"""Identity of data: equal digests mean equal bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Protocol

import numpy as np


def digest_of(*parts: object) -> str:
    """SHA-256 (hex, 32 characters) over arrays, dataclasses and plain values, in order.

    Arrays count by dtype, shape and bytes; floats by their exact bits, so equal digests mean equal data.
    """
    state = hashlib.sha256()
    for part in parts:
        _update(state, part)
    return state.hexdigest()[:32]


def encoded(part: object) -> bytes:
    """The bytes that ``part`` adds to a digest: :func:`digest_of` of several parts hashes them one after another."""
    sink = _Bytes()
    _update(sink, part)
    return bytes(sink.bytes)


class _Sink(Protocol):
    """What a digest is fed into: a hash, or what keeps the bytes."""

    def update(self, data: bytes | memoryview, /) -> object: ...


class _Bytes:
    """Keeps what a hash would be updated with."""

    def __init__(self) -> None:
        self.bytes = bytearray()

    def update(self, data: bytes | memoryview, /) -> None:
        self.bytes += data


def _update(state: _Sink, part: object) -> None:
    if isinstance(part, np.ndarray):
        state.update(f"{part.dtype.str}{part.shape}".encode())
        state.update(np.ascontiguousarray(part).data)
    elif hasattr(part, "__dataclass_fields__"):
        state.update(type(part).__name__.encode())
        for name in part.__dataclass_fields__:
            _update(state, getattr(part, name))
    elif isinstance(part, Mapping):
        for key in sorted(part):
            _update(state, key)
            _update(state, part[key])
        state.update(b"}")
    elif isinstance(part, list | tuple):
        for item in part:
            _update(state, item)
        state.update(b"]")
    else:
        state.update(f"{type(part).__name__}:{part!r};".encode())
