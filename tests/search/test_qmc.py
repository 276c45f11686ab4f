"""The scrambled Sobol sequence: SciPy's points in its order, block by block."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from quantray.search.qmc import _SEQUENCE, QmcSearch
from quantray.search.uniform import from_unit, generator
from tests.builders.objectives import CONTINUOUS


@pytest.mark.slow
def test_blocks_are_the_sequence_whoever_asks_for_them_first() -> None:
    sequence = qmc.Sobol(2, scramble=True, rng=generator(3, 0, _SEQUENCE)).random(32)
    expected = from_unit(CONTINUOUS, sequence)
    blocks = [QmcSearch(CONTINUOUS, 3, 8).ask(k) for k in (3, 1, 0, 2)]
    for block in blocks:
        for i in range(8):
            assert block.candidates.params(i) == expected.params(8 * block.number + i)


def test_it_covers_more_evenly_than_chance() -> None:
    batch = QmcSearch(CONTINUOUS, 0, 256).ask(0)
    y = np.array([batch.candidates.params(i)["y"] for i in range(256)])
    assert np.histogram(y, 16, (-1, 1))[0].tolist() == [16] * 16
