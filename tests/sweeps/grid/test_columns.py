"""Columns of a complete table: what does not exist is null, levels of any kind come back as they are."""

from __future__ import annotations

import json
import math

import numpy as np
import pyarrow.parquet as pq
import pytest

from quantray.config.plans import load_plan
from quantray.space import parse_space
from quantray.sweeps.grid.columns import levels_of, nullable
from quantray.sweeps.study import sweep


def test_what_does_not_exist_is_null_beside_what_failed():
    column = np.array([1.0, math.nan, 3.0])
    assert nullable(column).to_pylist() == [1.0, None, 3.0]
    assert nullable(column, np.array([True, False, False])).to_pylist() == [None, None, 3.0]
    assert nullable(np.array([1, 2, 3]), np.array([False, True, False])).to_pylist() == [1, None, 3]


@pytest.mark.parametrize(
    "levels",
    [
        (None, 60, 300),
        (1, 2.5),
        ("a", None),
        (True, False),
        (None,),
        (True, 1, "1", None),
        ([1, 2], {"a": 1}),
        (1, "x"),
    ],
)
def test_levels_of_any_kind(levels):
    codes = np.array([0, len(levels) - 1, 0], np.int32)
    column = levels_of(codes, parse_space({"x": list(levels)}).dimensions[0].values).to_pylist()
    kinds = {type(v) for v in levels if v is not None}
    plain = kinds <= {int, float} or kinds in ({str}, {bool})
    expected = [levels[c] if plain or levels[c] is None else json.dumps(levels[c]) for c in codes]
    assert column == expected


@pytest.mark.slow
def test_a_null_level_in_an_exact_table(tmp_path):
    plan = load_plan(
        "+experiment=options_table", "runner=local", "data.synthetic.sessions=4", "mirror.enabled=false",
        "space.max_price_age_seconds=[null,60,300]",
        "space.stretch_threshold=[0.002]", "space.entry_window=['9:30-12:00']",
        "space.stop_loss_percent=[-50,-100]", "space.take_profit_percent=[50,100]", f"run_dir={tmp_path}",
    )  # fmt: skip
    study = sweep(plan)
    parts = [pq.read_table(path) for path in sorted((tmp_path / "surface").glob("*.parquet"))]
    ages = [row for part in parts for row in part["max_price_age_seconds"].to_pylist()]
    assert set(ages) == {None, 60, 300}
    assert len(ages) == plan.space.size == study.results.counts.attempts
