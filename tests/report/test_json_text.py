"""JSON that every reader can read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from quantray.report.json_text import jsonable


def test_json_knows_no_nan():
    assert jsonable({"a": float("nan"), 1: np.float64(2.5), "p": Path("x"), "t": (np.int64(3), float("inf"))}) == {
        "a": None, "1": 2.5, "p": "x", "t": [3, None],
    }  # fmt: skip
