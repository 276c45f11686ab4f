"""Nets on disk are those in memory, whoever reads them, and leave nothing behind."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.stats import net_rows
from quantray.stats.compared import compared
from quantray.stats.effective import effective_number
from quantray.stats.net_rows import InMemory, mean_row
from quantray.stats.survivors import survivors
from quantray.sweeps.grid.nets import NetFile, kept


def nets(n: int, k: int, seed: int = 0) -> np.ndarray:
    """Neighbours are often equal, some never trade, a few earn."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(0, 1, (max(n // 2, 1), k)) * (rng.random((max(n // 2, 1), k)) < 0.7)
    rows[: n // 20] += 1.0
    rows[-1:] = 0.0
    return rows[rng.integers(0, len(rows), n)]


def stored(rows: np.ndarray, folder: Path, cuts: list[int]) -> NetFile:
    file = NetFile(folder, rows.shape[1])
    for part in np.split(rows, sorted(cuts)):
        file.append(part)
    return file


@settings(max_examples=25, deadline=None)
@given(n=st.integers(0, 300), k=st.integers(1, 9), data=st.data())
def test_rows_and_pieces_are_those_in_memory(tmp_path_factory: pytest.TempPathFactory, n: int, k: int, data) -> None:
    rows = nets(n, k) if n else np.empty((0, k))
    file = stored(rows, tmp_path_factory.mktemp("nets"), data.draw(st.lists(st.integers(0, n), max_size=4)))
    assert (file.n_candidates, file.n_units) == rows.shape
    some = np.array(data.draw(st.lists(st.integers(0, max(n - 1, 0)), max_size=200 if n else 0)), np.int64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(net_rows, "PIECE", data.draw(st.integers(1, 400)))
        assert np.array_equal(file.rows(some), rows[some])
        mine, theirs = [*file.chunks()], [*InMemory(rows).chunks()]
        assert [len(part) for part in mine] == [len(part) for part in theirs]
        assert np.array_equal(np.concatenate([rows[:0], *mine]), rows)


def test_what_is_found_in_them_is_the_same_to_the_last_bit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(net_rows, "PIECE", 1000)
    for copies in (net_rows.COPIES, 100):  # room for all different rows, and for a few
        monkeypatch.setattr(net_rows, "COPIES", copies)
        rows = nets(900, 14)
        disk, memory = stored(rows, tmp_path, [400]), InMemory(rows)
        a, b = survivors(disk), survivors(memory)
        assert np.array_equal(a.mask, b.mask)
        assert 0 < a.mask.sum() < 900
        assert (a.critical, a.p_family, a.n_distinct) == (b.critical, b.p_family, b.n_distinct)
        assert effective_number(disk) == effective_number(memory)
        assert compared(disk, rows[0]) == compared(memory, rows[0]) == compared(rows, rows[0])
        assert np.array_equal(mean_row(disk), mean_row(memory))


def test_threads_may_read_it_at_once(tmp_path: Path) -> None:
    rows = nets(2000, 8)
    file = stored(rows, tmp_path, [])
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda k: file.rows(np.arange(k, 2000, 7)), range(7)))
    assert all(np.array_equal(found[k], rows[k::7]) for k in range(7))


def test_it_has_no_name_and_is_on_disk_only_above_the_limit(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = nets(100, 10)
    caplog.set_level(logging.INFO, "quantray")
    assert isinstance(kept([rows], 10, 100, 8000 / 1e9, tmp_path), InMemory)
    assert not caplog.records
    held = kept(iter([rows[:40], rows[40:]]), 10, 100, 7999 / 1e9, tmp_path)
    assert isinstance(held, NetFile)
    assert not [*tmp_path.iterdir()]
    assert "data.memory_gb" in caplog.text
    assert np.array_equal(held.rows(np.arange(100)), rows)
