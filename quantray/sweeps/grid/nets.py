"""Nets per session of a whole table: in memory, or in a file where they are too many, read back a piece at a time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from weakref import finalize

import numpy as np

from quantray.arrays import FloatArray2D, IntArray1D
from quantray.files.durable import room, unfinished_name
from quantray.outlets import logger
from quantray.plain import amount
from quantray.stats.net_rows import InMemory, Nets, spans

_log = logger(__name__)
_ALONE = 64  # so many rows are read one by one


class NetFile:
    """Rows [F, sessions] in a file below ``folder``, as :class:`~quantray.stats.net_rows.Nets`.

    The file has no name as soon as it is open: it is gone with the process, however that ends, and nobody takes it for
    a result. Any thread may read. DiskError where it has no room.
    """

    def __init__(self, folder: Path, n_units: int) -> None:
        self.n_candidates, self.n_units = 0, n_units
        self._where = folder / unfinished_name("nets")
        with room(self._where):
            self._file = os.open(self._where, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            finalize(self, os.close, self._file)
            with suppress(OSError):  # what stays is removed by the next run
                self._where.unlink()

    def append(self, rows: FloatArray2D) -> None:
        """Add rows [some, sessions] behind those that are there."""
        left = _bytes(np.ascontiguousarray(rows, np.float64))
        with room(self._where):
            while left:
                left = left[os.write(self._file, left) :]
        self.n_candidates += len(rows)

    def chunks(self) -> Iterator[FloatArray2D]:
        """Pieces [some, sessions], in the order of the rows."""
        for start, stop in spans(self.n_candidates, self.n_units):
            yield self._read(start, stop)

    def rows(self, places: IntArray1D) -> FloatArray2D:
        """The rows [k, sessions] at ``places`` [k], in any order."""
        found = np.empty((len(places), self.n_units))
        if len(places) <= _ALONE:
            for i, place in enumerate(places.tolist()):
                found[i] = self._read(place, place + 1)
            return found
        order = np.argsort(places, kind="stable")
        rising = places[order]
        for start, stop in spans(self.n_candidates, self.n_units):
            first, last = np.searchsorted(rising, [start, stop])
            if first < last:
                low, high = int(rising[first]), int(rising[last - 1]) + 1
                found[order[first:last]] = self._read(low, high)[rising[first:last] - low]
        return found

    def _read(self, start: int, stop: int) -> FloatArray2D:
        found = np.empty((stop - start, self.n_units))
        left, at = _bytes(found), 8 * self.n_units * start
        while left:
            n = os.preadv(self._file, [left], at)
            if not n:
                raise OSError(f"{self._where} ends before row {stop}")
            left, at = left[n:], at + n
        return found


def _bytes(rows: FloatArray2D) -> memoryview:
    return rows.reshape(-1).view(np.uint8).data


def kept(parts: Iterable[FloatArray2D], n_units: int, most: int, memory_gb: float, folder: Path) -> Nets:
    """The rows of ``parts`` [some, units] one behind the other, ``most`` at most; on disk above ``memory_gb``."""
    size = 8 * most * n_units
    if size <= memory_gb * 1e9:
        return InMemory(np.concatenate([np.empty((0, n_units)), *parts]))
    _log.info(
        "the nets of %s in %s take up to %.1f GB, more than data.memory_gb=%g: they are kept on disk",
        amount(most, "point"), amount(n_units, "session"), size / 1e9, memory_gb,
    )  # fmt: skip
    file = NetFile(folder, n_units)
    for rows in parts:
        file.append(rows)
    return file
