"""The step-down maximum test: equal to its plain twin, honest on null markets, and no belief from bad input."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.stats.signs import flips
from quantray.stats.survivors import survivors
from tests.reference.step_down import step_down


def signs(n_units: int, n_patterns: int, seed: int) -> list[list[int]]:
    """All patterns of a test on units that are all traded in, as the twin takes them."""
    half = 1 - 2 * flips(n_units, n_patterns, seed)[0].astype(int)
    return np.concatenate([half, -half]).tolist()


def agrees(nets: np.ndarray, level: float = 0.05, n_patterns: int = 200, seed: int = 0) -> int:
    found = survivors(nets, level=level, n_patterns=n_patterns, seed=seed)
    twin = step_down(nets.tolist(), signs(nets.shape[1], n_patterns, seed), level)
    assert found.untested is None
    assert found.mask.tolist() == twin.mask
    assert np.array_equal(found.statistic, np.array(twin.statistic), equal_nan=True)
    assert (found.critical, found.p_family) == (twin.critical, twin.p_family)
    return int(found.mask.sum())


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("n", "k"), [(3, 5), (12, 6), (40, 7), (60, 13), (20, 43)])
def test_equal_to_the_twin(n: int, k: int, seed: int) -> None:
    rng = np.random.default_rng([n, k, seed])
    nets = rng.standard_t(4, (n, k)) * rng.choice([0.01, 1.0, 50.0], (n, 1))
    nets[rng.random((n, k)) < 0.2] = 0
    nets[:, 0] = 1 + rng.random(n)  # every unit is traded in, no row is flat
    nets[: n // 3] += rng.choice([0.0, 0.8, 2.0]) * np.abs(nets[: n // 3]).mean(axis=1, keepdims=True)
    agrees(nets, level=float(rng.choice([0.05, 0.1])))
