"""Candles that were fetched per call, or end with the file, are told as that."""

import numpy as np
import pytest

from quantray.callers.data import (
    CoverageSettings,
    Needs,
    cover,
    fetched_per_call,
    load_calls,
    open_candles,
    plan_calls,
)
from tests.builders.call_tables import call_rows, candle_rows, data_of


def told(folder, calls, candles, **settings):
    data = data_of(folder, calls, candles)
    with open_candles(data) as source:
        coverage = cover(plan_calls(load_calls(data), 60, Needs(48 * 3600)), source, CoverageSettings(**settings))
        return fetched_per_call(coverage, source.inventory), coverage


def test_candles_fetched_per_call_are_told(tmp_path):
    """Two hours of candles behind each call, and a source that goes on."""
    names = [f"T{i:02d}" for i in range(12)]
    at = np.random.default_rng(0).integers(100, 3000, 12)
    calls = call_rows(*[("a", name, m + 0.5) for name, m in zip(names, at.tolist(), strict=True)])
    fetched = {name: range(m - 10, m + 120) for name, m in zip(names, at.tolist(), strict=True)}
    note, coverage = told(tmp_path, calls, candle_rows({**fetched, "LONG": range(9000)}))
    assert coverage.silent.all()
    assert "fetched per call: of 12 assets that fall silent, 12 do after" in note
    assert "12 calls are shown as if their assets had died" in note


def test_as_many_candles_of_each_asset_are_told(tmp_path):
    rng = np.random.default_rng(3)
    names = [f"T{i:02d}" for i in range(12)]
    sparse = {
        name: 100 + 97 * i + np.flatnonzero(rng.random(600) < 0.3 + 0.04 * i)[:100] for i, name in enumerate(names)
    }
    calls = call_rows(*[("a", name, int(sparse[name][3])) for name in names])
    note, _ = told(tmp_path, calls, candle_rows({**sparse, "LONG": range(9000)}))
    assert "12 do after 100 candles" in note


@pytest.mark.slow
def test_assets_that_die_each_in_its_own_time_are_not_told(tmp_path):
    rng = np.random.default_rng(5)
    names = [f"T{i:02d}" for i in range(40)]
    ends = {name: range(int(rng.integers(400, 2500))) for name in names}
    calls = call_rows(*[("a", name, int(rng.integers(10, 390))) for name in names])
    note, coverage = told(tmp_path, calls, candle_rows({**ends, "LONG": range(9000)}))
    assert coverage.silent.all()
    assert note is None


def test_a_file_that_ends_is_told_as_that(tmp_path):
    names = [f"T{i:02d}" for i in range(6)]
    calls = call_rows(*[("a", name, 80) for name in names])
    note, coverage = told(tmp_path, calls, candle_rows({**{n: range(100) for n in names}, "LONG": range(9000)}))
    assert note is None
    assert coverage.cut_off.all()
