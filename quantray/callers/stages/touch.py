"""Stage A, first touch: the candles of one bucket become small tables, one row a call, that workers map into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from quantray.callers.data import Candles
from quantray.callers.policies.tables import Tables, Windows, build_tables
from quantray.callers.stages.warmup import warm
from quantray.callers.stages.windows import windows_of
from quantray.callers.stages.work import TableSpec, Work
from quantray.files import write_npy

TABLES, MARKS = "tables.npy", "marks.npy"
MARK = np.dtype([("ts", np.int64), ("close", np.float64)])
#: Bytes of tables that are built at a time.
AT_ONCE = 64 << 20


def buckets_of(work: Work) -> list[int]:
    """Numbers of the buckets that hold an eligible call."""
    numbers: list[int] = np.unique(work.bucket[work.bucket >= 0]).tolist()
    return numbers


class Touch(NamedTuple):
    """One row of this stage: the name of a set of tables, and the number of a bucket."""

    spec: str
    bucket: int


def toucher(work: Work, specs: Mapping[str, TableSpec]) -> Callable[[Touch], dict[str, Any]]:
    """What a worker does with a row: write the tables of the bucket, return what the ledger notes of them."""
    work.check_visible()
    warm()
    return lambda row: {"files": touch(work, specs[row.spec], row.bucket)}


def touch(work: Work, spec: TableSpec, bucket: int) -> dict[str, Any]:
    """Build and write the tables of one bucket; returns what is to be noted of its files."""
    prepared = work.prepared
    candles = prepared.slice.read(bucket, prepared.calls.assets)
    windows = windows_of(work, candles, spec.late)
    shape = (len(windows.entry) * spec.ways,)
    parts = _tables(candles, windows, spec, prepared.windows.interval_s)
    made = {TABLES: (parts, spec.record, shape)}
    if spec.marks:
        marks = np.empty(len(candles), MARK)
        marks["ts"], marks["close"] = candles.ts, candles.close
        made[MARKS] = (iter([marks]), MARK, marks.shape)
    files = {work.tables(spec.name, bucket, file): content for file, content in made.items()}
    return {
        name: work.pieces.write(name, partial(write_npy, parts=rows, dtype=kind, shape=size)).as_json()
        for name, (rows, kind, size) in files.items()
    }


def _tables(candles: Candles, windows: Windows, spec: TableSpec, interval_s: int) -> Iterator[np.ndarray]:
    """Rows of the tables as they are stored, some calls at a time."""
    n, ways = len(windows.entry), spec.ways
    step = max(1, AT_ONCE // (spec.record.itemsize * ways))
    for start in range(0, n, step):
        calls = slice(start, min(start + step, n))
        built = build_tables(candles, windows.of(calls), spec.levels, interval_s, intrabar=spec.intrabar,
                             entry=spec.entry, target_gap=spec.target_gap)  # fmt: skip
        into = np.zeros((calls.stop - calls.start) * ways, spec.record)
        for name in spec.record.names or ():
            into[name] = getattr(built, name)
        yield into


def tables_of(records: np.ndarray, spec: TableSpec, order: int) -> Tables:
    """Tables from stored rows [E] (``spec.record``); copies what it takes."""
    return Tables(**{name: records[name] for name in spec.record.names or ()}, ways=spec.ways, order=order)
