"""The history of a search."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quantray.sweeps.report.history import history_png


@pytest.mark.slow
def test_history_has_the_same_bytes_for_the_same_values(tmp_path: Path):
    values = np.random.default_rng(0).normal(size=500)
    one, two = history_png(values, tmp_path / "a.png"), history_png(values, tmp_path / "b.png")
    other = history_png(values[::-1], tmp_path / "c.png")
    assert one.read_bytes() == two.read_bytes() != other.read_bytes()
