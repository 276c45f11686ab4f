"""Who survives and where: counts add up, the plane is of the dimensions that matter, and order changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.space import parse_space
from quantray.stats.net_rows import InMemory
from quantray.stats.survivors import survivors
from quantray.sweeps.family import Family
from quantray.sweeps.survivors import BINS, surviving

SPACE = parse_space({"a": [1, 2, 3, 4], "b": ["x", "y"], "c": [10, 20, 30], "d": [7]})


def family(edge: float, *, allowed: float = 1.0, seed: int = 0) -> Family:
    """Every point of the space over 30 units; those with a=3 and b=y have an edge."""
    rng = np.random.default_rng(seed)
    codes = SPACE.candidates(np.arange(SPACE.size)).codes
    nets = rng.normal(0, 1, (SPACE.size, 30))
    nets[(codes[:, 0] == 2) & (codes[:, 1] == 1)] += edge
    kept = rng.random(SPACE.size) < allowed
    return Family(
        True, np.arange(SPACE.size), np.where(kept, nets.mean(axis=1), np.nan), kept, InMemory(nets),
        SPACE.candidates, lambda _: np.empty(0),
        lambda rows: {"n_trades": np.full(len(rows), 40), "sharpe": rows * 0.5},
    )  # fmt: skip


def found(f: Family, peak: int | None = 0):
    return surviving(f, survivors(f.nets), SPACE, peak)


def test_counts_by_level_and_by_cell_are_of_the_same_survivors():
    f = family(3.0)
    s = found(f)
    mask = s.tested.mask & f.allowed
    assert s.n == mask.sum() == len(s.frame) > 0
    codes = SPACE.candidates(np.arange(SPACE.size)).codes
    for d, name in enumerate(SPACE.names[:3]):
        assert [level.level for level in s.levels[name]] == list(SPACE.dimensions[d].values)
        for k, level in enumerate(s.levels[name]):
            assert level.n == (codes[:, d] == k).sum()
            assert level.n_survivors == mask[codes[:, d] == k].sum()
    assert "d" not in s.levels  # it has one level
    strongest = s.planes[0]
    assert {strongest.rows, strongest.columns} == {"a", "b"}
    at = strongest.n_survivors[strongest.row_levels.index("y"), strongest.column_levels.index(3)]
    assert at == max(strongest.n_survivors.ravel())


def test_every_two_dimensions_have_a_plane_that_counts_everybody():
    f = family(3.0, allowed=0.8)
    s = found(f)
    mask = s.tested.mask & f.allowed
    assert sorted(sorted((p.rows, p.columns)) for p in s.planes) == [["a", "b"], ["a", "c"], ["b", "c"]]
    points = [SPACE.point(i) for i in range(SPACE.size)]
    for p in (*s.planes, *(p.turned for p in s.planes)):
        for i, row in enumerate(p.row_levels):
            for j, column in enumerate(p.column_levels):
                here = [k for k, point in enumerate(points) if (point[p.rows], point[p.columns]) == (row, column)]
                assert p.n[i, j] == len(here)
                assert p.n_survivors[i, j] == mask[here].sum()
                values = [v for v in f.values[here] if v == v]
                assert (p.best[i, j] == max(values)) if values else np.isnan(p.best[i, j])


def test_planes_that_would_fill_a_page_are_left_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("quantray.sweeps.survivors.MOST_CELLS", 20)
    s = found(family(3.0))
    assert sum(p.n.size for p in s.planes) <= 20
    assert {s.planes[0].rows, s.planes[0].columns} == {"a", "b"}


def test_the_table_has_numbers_parameters_and_figures():
    f = family(3.0)
    frame = found(f).frame
    assert list(frame.columns) == ["number", *SPACE.names, "value", "statistic", "n_trades", "sharpe"]
    assert frame["number"].is_monotonic_increasing
    for row in frame.to_dict("records"):
        assert {name: row[name] for name in SPACE.names} == SPACE.point(row["number"])
        assert row["value"] == f.values[row["number"]]
    assert frame["n_trades"].dtype == "Int64"


def test_bounds_filter_survivors_afterwards():
    f = family(3.0, allowed=0.5)
    s = found(f)
    assert 0 < s.n < s.tested.mask.sum()
    assert f.allowed[s.frame["number"]].all()


def test_nothing_survives():
    s = found(family(0.0))
    assert s.n == 0
    assert not s.levels
    assert len(s.planes) == 3  # of the objective alone
    assert not any(p.n_survivors.any() for p in s.planes)
    assert list(s.frame.columns) == ["number", *SPACE.names, "value", "statistic", "n_trades", "sharpe"]
    assert s.tradeoff


def test_the_best_objective_by_statistic():
    f = family(3.0)
    s = found(f, peak=5)
    statistics = [t for t, _ in s.tradeoff]
    assert statistics == sorted(statistics)
    assert len(statistics) <= BINS
    known = {(float(t), float(v)) for t, v in zip(s.tested.statistic, f.values, strict=True)}
    assert set(s.tradeoff) <= known
    assert max(v for _, v in s.tradeoff) == f.values.max()
    assert s.peak_statistic == s.tested.statistic[5]
    assert found(f, None).peak_statistic is None
