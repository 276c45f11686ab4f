"""The effective number of candidates against eigenvalues, and the same bits however it is computed."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.stats import effective, net_rows
from quantray.stats.effective import effective_number
from tests.builders.net_tables import InChunks, market


def by_eigenvalues(nets: np.ndarray) -> float:
    unit = nets / np.linalg.norm(nets, axis=1, keepdims=True)
    values = np.linalg.eigvalsh(unit.T @ unit)
    return float(values.sum() ** 2 / (values**2).sum())


@pytest.mark.parametrize(("n", "k"), [(2, 5), (30, 8), (300, 43), (9, 120)])
def test_equal_to_eigenvalues_and_to_correlations_under_flips(n: int, k: int) -> None:
    nets = market(n, k, 1)
    unit = nets / np.linalg.norm(nets, axis=1, keepdims=True)
    assert effective_number(nets) == pytest.approx(by_eigenvalues(nets), rel=1e-9)
    assert effective_number(nets) == pytest.approx(n**2 / ((unit @ unit.T) ** 2).sum(), rel=1e-9)


def test_between_one_and_the_number_of_candidates_and_of_units() -> None:
    apart = np.eye(6, 20)
    assert effective_number(apart) == pytest.approx(6)
    assert effective_number(np.random.default_rng(0).normal(size=(5000, 20))) == pytest.approx(20, rel=0.02)
    alike = np.random.default_rng(1).normal(size=20) + 1e-6 * np.random.default_rng(2).normal(size=(50, 20))
    assert effective_number(alike) == pytest.approx(1)


def test_equal_rows_and_rows_without_a_statistic_count_for_nothing() -> None:
    nets = market(40, 12, 2)
    plain = effective_number(nets)
    more = np.concatenate([nets, nets[:7], np.zeros((5, 12)), np.full((2, 12), 3.0)])
    assert effective_number(more) == plain
    assert effective_number(nets * 1e250) == pytest.approx(plain)
    assert effective_number(np.zeros((5, 12))) == 0.0
    assert effective_number(np.empty((0, 12))) == 0.0
    nets[3, 4] = np.nan
    with pytest.raises(ValueError, match="row 3 holds nan in unit 4"):
        effective_number(nets)


def test_threads_pieces_and_chunks_change_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effective, "BATCH", 64)
    nets = market(1000, 14, 3)
    plain = effective_number(nets, threads=1)
    assert effective_number(InChunks(nets, 1, 200, 0, 63)) == plain
    monkeypatch.setattr(net_rows, "PIECE", 1000)
    monkeypatch.setattr(net_rows, "COPIES", 0)
    assert effective_number(nets, threads=3) == plain
    assert effective_number(InChunks(nets, 100), threads=2) == plain
