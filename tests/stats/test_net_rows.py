"""Rows in pieces of any size and type, told apart by their content, refused by their number."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from quantray.stats import flipping, net_rows
from quantray.stats.survivors import survivors
from tests.builders.net_tables import InChunks, market, same


def test_single_precision_is_taken_as_it_is() -> None:
    nets = market(200, 20, 5, edge=1.0, edged=40).astype(np.float32)
    assert same(survivors(nets), survivors(nets.astype(np.float64)))  # type: ignore[arg-type]
    assert same(survivors(InChunks(nets, 33, dtype=np.float32)), survivors(nets.astype(np.float64)))


def test_memory_that_nobody_may_write_to_is_read_by_the_same_kernels(tmp_path: Path) -> None:
    nets = market(300, 15, 4, edge=1.0, edged=50)
    plain = survivors(nets)
    np.save(tmp_path / "nets.npy", nets)
    shared = nets.copy()
    shared.flags.writeable = False
    unaligned = np.frombuffer(b"x" + nets.tobytes(), np.uint8)[1:].view(np.float64).reshape(nets.shape)
    for given in (np.load(tmp_path / "nets.npy", mmap_mode="r"), shared, unaligned, nets.astype(">f8"), nets[:, ::1]):
        assert same(survivors(given), plain)
    kernels = (flipping.measure, flipping.tell_apart, flipping.extremes_by_bin)
    assert [len(kernel.signatures) for kernel in kernels] == [1, 1, 1]


def test_rows_with_one_digest_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Content decides, not the digest."""
    nets = np.repeat(market(50, 9, 6, edge=2.0, edged=10), 3, axis=0)
    plain, measured = survivors(nets), net_rows.measured

    def alike(rows: Any, traded: Any, statistic: Any, digest: Any, threads: int) -> int:
        bad = measured(rows, traded, statistic, digest, threads)
        digest[:] = 7
        return bad

    monkeypatch.setattr(net_rows, "measured", alike)
    assert same(survivors(nets), plain)
    assert plain.n_distinct == 50


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("row", "unit"), [(0, 0), (733, 6), (999, 11)])
def test_what_is_no_number_is_refused_by_row(
    value: float, row: int, unit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net_rows, "PIECE", 3000)
    nets = market(1000, 12, 1)
    nets[row, unit] = value
    nets[999, 11] = value
    for table in (nets, InChunks(nets, 64)):
        with pytest.raises(ValueError, match=rf"row {row} holds {value} in unit {unit}"):
            survivors(table, threads=3)


def test_chunks_that_are_not_what_was_announced() -> None:
    table = InChunks(market(10, 12, 1), 4)
    table.n_candidates = 11
    with pytest.raises(ValueError, match="10 rows of 11"):
        survivors(table)
    table.n_candidates = 9
    with pytest.raises(ValueError, match="from row 8"):
        survivors(table)
    table.n_candidates, table.n_units = 10, 13
    with pytest.raises(ValueError, match=r"shape \(4, 12\)"):
        survivors(table)


def test_a_table_in_chunks_is_read_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    nets = market(5000, 12, 2, edge=3.0, edged=2000)
    table = InChunks(nets, 1000)
    assert survivors(table).mask.sum() > 100
    assert table.passes == 1  # the different rows are kept
    monkeypatch.setattr(net_rows, "COPIES", 0)
    table = InChunks(nets, 1000)
    survivors(table)
    assert table.passes <= 8
