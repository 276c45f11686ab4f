"""First-touch tables of every eligible call."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from quantray.callers.data import locate
from quantray.callers.stages.touch import Touch, buckets_of, toucher
from quantray.callers.stages.work import TableSpec, Unit, Work
from quantray.errors import DataError


def test_every_eligible_call_has_one_row_of_the_tables(work: Work) -> None:
    eligible = work.prepared.coverage.eligible
    assert ((work.bucket >= 0) == eligible).all()
    for bucket in buckets_of(work):
        candles = work.prepared.slice.read(bucket, work.prepared.calls.assets)
        rows = locate(work.prepared.coverage, candles)
        assert (work.bucket[rows.call] == bucket).all()
        assert work.row[rows.call].tolist() == list(range(len(rows)))


def test_what_workers_are_given_is_small_and_travels(work: Work, spec: TableSpec) -> None:
    again = pickle.loads(pickle.dumps(work))
    unit = Unit("caller_1", (1,))
    assert again.calls_of(unit).tolist() == work.calls_of(unit).tolist()
    assert pickle.loads(pickle.dumps(spec)).name == spec.name
    assert len(pickle.dumps(Touch(spec.name, 3))) < 200


def test_a_worker_without_the_slice_says_so(work: Work, tmp_path: Path) -> None:
    lost = replace(work.prepared.slice, folder=tmp_path / "elsewhere")
    blind = Work(replace(work.prepared, slice=lost), work.pieces, work.stem, work.bucket, work.row)
    with pytest.raises(DataError, match=r"the folder of the slice.*is not visible on.*every node"):
        toucher(blind, {})
