"""Who survives and where: counts add up, the plane is of the dimensions that matter, and order changes nothing."""

from __future__ import annotations

import numpy as np

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
    assert {s.plane.rows, s.plane.columns} == {"a", "b"}
    assert s.plane.n_survivors.sum() == s.n
    assert s.plane.n.sum() == SPACE.size
    at = s.plane.n_survivors[s.plane.row_levels.index("y"), s.plane.column_levels.index(3)]
    assert at == max(s.plane.n_survivors.ravel())


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
    assert s.plane is None
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
