"""The table in memory, which a sampled search is compared with, is the one that is stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quantray.sweeps.grid.points import surface
from quantray.sweeps.grid.surface import read
from quantray.sweeps.prepare import opened
from quantray.sweeps.search import surface_files
from tests.builders.stored_tables import stored_table

pytestmark = pytest.mark.slow


def test_in_memory_and_on_disk_are_one_surface(tmp_path: Path) -> None:
    plan = stored_table(tmp_path)
    with opened(plan, str) as again:
        stored, made = read(plan, again.train, surface_files(again)), surface(plan, again.train)
        assert stored.counts == made.counts
        assert 0 < len(stored.numbers) < len(stored.values) == plan.space.size
        assert np.array_equal(stored.nets.rows(np.arange(len(stored.numbers))), made.nets.array)
        for name in ("values", "numbers", "allowed"):
            assert np.array_equal(getattr(stored, name), getattr(made, name), equal_nan=name == "values"), name
        some = stored.numbers[::97]
        mine, theirs = stored.metrics(some), made.metrics(some)
        assert list(mine) == list(theirs)
        for name in mine:
            assert np.array_equal(mine[name], theirs[name], equal_nan=mine[name].dtype.kind == "f"), name
