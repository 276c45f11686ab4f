"""Summaries of a table: by grid, by candidate, and by loops."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.space import Candidates, parse_space
from quantray.stats.surface import regret, summarise, summarise_space

SPACE = parse_space({"window": ["a", "b", "c"], "stop": [-10, -20], "fixed": [1], "size": [1, 2, 3, 4]})


def values(seed: int = 0) -> np.ndarray:
    found = np.random.default_rng(seed).normal(size=SPACE.size)
    found[[1, 5, 9]] = np.nan
    return found


def test_effects_and_heat_by_loops():
    v = values()
    summary = summarise_space(SPACE, v)
    points = [SPACE.point(i) for i in range(len(v))]
    assert set(summary.effects) == {"window", "stop", "size"}
    for name, effects in summary.effects.items():
        for e in effects:
            own = [x for x, p in zip(v, points, strict=True) if p[name] == e.level and not np.isnan(x)]
            assert (e.best, e.median, e.n) == pytest.approx((max(own), float(np.median(own)), len(own)))
    heat = summary.heat
    assert heat is not None
    for i, row in enumerate(heat.row_levels):
        for j, column in enumerate(heat.column_levels):
            own = [x for x, p in zip(v, points, strict=True) if (p[heat.rows], p[heat.columns]) == (row, column)]
            expected = max((x for x in own if not np.isnan(x)), default=np.nan)
            assert heat.best[i, j] == pytest.approx(expected, nan_ok=True)


def test_the_whole_table_and_its_candidates_agree():
    v = values(3)
    exact, tried = summarise_space(SPACE, v), summarise(SPACE.candidates(np.arange(len(v))), v)
    assert exact.exact
    assert not tried.exact
    assert exact.best_params == tried.best_params == SPACE.point(int(np.nanargmax(v)))
    assert exact.quantiles == tried.quantiles
    assert exact.importance == pytest.approx(tried.importance)
    assert {e.level: e.best for e in exact.effects["stop"]} == {e.level: e.best for e in tried.effects["stop"]}
    assert sum(exact.counts) == exact.n_valued == len(v) - 3


def test_without_any_value():
    summary = summarise_space(SPACE, np.full(SPACE.size or 0, np.nan))
    assert (summary.n_valued, summary.best_value, summary.heat, summary.counts) == (0, None, None, ())
    assert summary.effects["stop"][0].best is None
    assert regret(np.full(3, np.nan), 1.0) is None


def test_a_flat_table_has_no_importance():
    summary = summarise_space(SPACE, np.full(SPACE.size or 0, 2.5))
    assert set(summary.importance.values()) == {0.0}
    assert summary.counts == (24,)


def test_regret_counts_what_is_better():
    found = regret(np.array([1.0, np.nan, 4.0, 3.0, 3.5]), 3.0)
    assert found is not None
    assert (found.best, found.absolute, found.n_better, found.share_better) == (4.0, 1.0, 2, 0.5)
    best = regret(np.array([1.0, 4.0]), 4.0)
    assert best is not None
    assert (best.absolute, best.n_better) == (0.0, 0)


def test_a_wrong_number_of_values_is_refused():
    with pytest.raises(ValueError, match="24"):
        summarise_space(SPACE, np.zeros(7))


def test_a_dimension_of_many_numbers_is_told_by_stretches_that_hold_everybody():
    space = parse_space({"threshold": {"low": 0.0, "high": 1.0}, "side": ["a", "b"]})
    rng = np.random.default_rng(5)
    at = rng.random(300).round(3)  # some twice
    tried = Candidates.of([{"threshold": float(v), "side": "ab"[i % 2]} for i, v in enumerate(at)])
    found = np.where(np.arange(300) % 7, 10 * at + rng.normal(0, 0.1, 300), np.nan)
    summary = summarise(tried, found)
    stretches = summary.effects["threshold"]
    assert space.size is None
    assert 8 <= len(stretches) <= 10
    assert sum(e.n for e in stretches) == np.isfinite(found).sum()
    for e in stretches:
        low, high = map(float, e.level.split(".."))
        inside = found[(at >= low) & (at <= high)]
        assert (e.best, e.median) == (np.nanmax(inside), np.nanmedian(inside))
    assert summary.importance["threshold"] > 0.8 > summary.importance["side"]
    assert summary.heat is None  # one dimension alone has levels of its own
