"""The complete table: its rows are what an evaluation gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quantray.sweeps.grid.surface import _read_trials, best_numbers, read
from quantray.sweeps.prepare import opened
from quantray.sweeps.scores import score_trials
from quantray.sweeps.search import surface_files
from tests.builders.stored_tables import stored_table

pytestmark = pytest.mark.slow


def test_trials_read_from_a_table_are_those_that_an_evaluation_gives(tmp_path: Path) -> None:
    plan = stored_table(tmp_path)
    with opened(plan, str) as again:
        files = surface_files(again)
        exact = read(plan, again.train, files)
        best = best_numbers(exact.values, 300)
        assert len(best) == 300
        expected = score_trials(plan, again.train, plan.space.candidates(np.asarray(best)))
        assert _read_trials(plan, best, exact, files) == expected
