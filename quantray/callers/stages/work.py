"""What a worker is given once: the prepared calls, and where the files of the stages are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from quantray.arrays import IntArray1D
from quantray.callers.policies.objective import objective
from quantray.callers.policies.policy import Policy
from quantray.callers.policies.program import Levels, Program, compile_policies, levels_of
from quantray.callers.prepare import Prepared
from quantray.callers.split import TRAIN
from quantray.digests import digest_of
from quantray.errors import DataError
from quantray.files import Pieces


@dataclass(frozen=True, slots=True)
class Unit:
    """Calls that share one account: those of some callers (places in ``Calls.callers``)."""

    name: str
    callers: tuple[int, ...]


@dataclass(frozen=True)
class TableSpec:
    """One set of first-touch tables: of which policies' levels, in which order inside a candle, entered how late."""

    policies: tuple[Policy, ...]
    intrabar: str
    entry: str
    late: int = 0  # candles between the entry candle and the one that is entered
    target_gap: str = "limit"  # what a target pays that an open has jumped
    marks: bool = False  # whether times and closes of the candles are stored beside the tables

    @cached_property
    def levels(self) -> Levels:
        return levels_of(self.policies)

    @cached_property
    def name(self) -> str:
        lv = self.levels
        parts = [getattr(lv, f) for f in lv.__dataclass_fields__]
        return digest_of(parts, self.intrabar, self.entry, self.late, self.target_gap, self.marks)[:16]

    @cached_property
    def record(self) -> np.dtype[Any]:
        """One row of the tables as it is stored: a call entered one way."""
        wide, holds = self.levels.first["end"] + 2, len(self.levels.hold_s) + 1
        return np.dtype([
            ("keys", np.int32, (wide,)), ("fill", np.float64, (wide,)), ("worst", np.float64, (wide,)),
            ("time", np.int64, (wide,)), ("peaks", np.float64, (holds,)), ("price", np.float64),
            ("entry_ns", np.int64), ("start", np.int64), ("stop", np.int64), ("dead", np.bool_),
        ])  # fmt: skip

    @property
    def ways(self) -> int:
        return len(self.levels.entry)

    def program(self, policies: Sequence[Policy]) -> Program:
        """Some policies over the columns of these tables."""
        return compile_policies(policies, self.levels)


@dataclass(frozen=True, eq=False)
class Work:
    """The prepared calls with the bucket and row of each in the tables.

    Names of ``pieces`` begin with ``stem``, which is this plan's own.
    """

    prepared: Prepared
    pieces: Pieces
    stem: str
    bucket: IntArray1D  # [n] number of the bucket that holds the call's asset, -1 where the call may not trade
    row: IntArray1D  # [n] place among the eligible calls of the bucket

    @property
    def part(self) -> IntArray1D:
        """Part of the split that each call [n] belongs to."""
        return self.prepared.split.part

    @cached_property
    def _by_caller(self) -> tuple[IntArray1D, IntArray1D]:
        calls = self.prepared.calls
        order = np.argsort(calls.caller, kind="stable")
        return order, np.searchsorted(calls.caller[order], np.arange(len(calls.callers) + 1))

    def calls_of(self, unit: Unit, part: int | None = None) -> IntArray1D:
        """Rows [k] of the unit's calls in (ts, asset, call_id) order: of one part, or all that passed the filters."""
        order, at = self._by_caller
        rows = np.concatenate([order[at[c] : at[c + 1]] for c in unit.callers] or [order[:0]])
        rows = np.sort(rows)
        return rows if part is None else rows[self.part[rows] == part]

    @cached_property
    def ends(self) -> IntArray1D:
        """Where the source ends for each call [n], ns: for one that is trained on at the split at the latest."""
        ends, split = self.prepared.coverage.source_end_ns, self.prepared.split
        return ends if split.split_ns is None else np.where(self.part == TRAIN, np.minimum(ends, split.split_ns), ends)

    def tables(self, spec: str, bucket: int, file: str) -> str:
        """The piece that is a file of the tables of one bucket, ``spec`` being the name of a :class:`TableSpec`."""
        return f"{self.stem}/tables/{spec}/bucket-{bucket:05d}/{file}"

    def check_visible(self) -> None:
        """Raise DataError in a worker that sees another file system, or another objective's file, than the driver."""
        check_visible(self.prepared.slice.folder, self.pieces.folder)
        plan = self.prepared.plan
        here = objective(plan.objective).source
        if here != plan.objective_source:
            raise DataError(
                f"another file of objective={plan.objective} is on this node ({here[:8]}) than on the driver's "
                f"({plan.objective_source[:8]}); put the same there"
            )


def check_visible(slice_folder: Path, run_folder: Path) -> None:
    """Raise DataError in a worker that sees another file system than the driver."""
    import socket

    for what, path in (("slice", slice_folder), ("run", run_folder)):
        if not path.is_dir():
            raise DataError(
                f"the folder of the {what}, {path}, is not visible on {socket.gethostname()}; put data.cache and "
                "run_dir on storage that every node of the cluster sees under the same path"
            )


def work_of(prepared: Prepared, pieces: Pieces, stem: str) -> Work:
    """Where every eligible call lies in the tables that the buckets of the slice will give."""
    calls, made = prepared.calls, prepared.slice
    place = {name: number for number, bucket in enumerate(made.buckets) for name in bucket.assets}
    of_asset = np.array([place.get(name, -1) for name in calls.assets], np.int64)
    bucket = np.where(prepared.coverage.eligible, of_asset[calls.asset], -1)
    row = np.full(len(calls), -1, np.int64)
    order = np.argsort(bucket, kind="stable")
    first = np.searchsorted(bucket[order], bucket[order])
    row[order] = np.arange(len(order)) - first
    return Work(prepared, pieces, stem, bucket, row)
