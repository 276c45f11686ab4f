"""The table in memory, which a sampled search is compared with, is the one that is stored."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from quantray.sweeps.grid.points import exhaust, surface
from quantray.sweeps.grid.surface import Surface, read
from quantray.sweeps.loop.ranges import RangeClaims
from quantray.sweeps.prepare import Opened, opened
from quantray.sweeps.search import open_ranges, surface_files
from tests.builders.stored_tables import stored_table, table

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


def test_what_another_driver_stores_meanwhile_is_not_evaluated_again(tmp_path: Path) -> None:
    plan = table(tmp_path)

    def drive(study: Opened, told: Callable[..., object]) -> Surface | None:
        with closing(open_ranges(study)) as beside:
            files = surface_files(study)
            return exhaust(plan, study.train, files, RangeClaims(beside, files.ranges), told)

    with opened(plan, str) as one, opened(plan, str) as two:
        heard: list[int] = []
        parts: list[int] = []

        def between(*_: object) -> None:
            heard.append(1)
            if len(heard) == 1:  # it has seen which files are missing, and evaluated nothing yet
                drive(two, lambda *_: parts.append(1))

        made = drive(one, between)
    assert made is not None
    assert len(parts) > 1
    assert len(heard) == 1
