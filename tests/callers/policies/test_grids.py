"""Grids of policies: what they hold is what their names say."""

from __future__ import annotations

import itertools

import pytest

from quantray.callers.policies import (
    GRIDS,
    Ladder,
    Trailing,
    grid,
    grid_of,
    written,
)  # fmt: skip
from quantray.callers.policies.grids import axes_of
from quantray.errors import ConfigError


def test_named_grids_hold_what_their_names_say():
    """Levels and order of every named grid; the last axis runs fastest."""
    product = itertools.product
    two_days, no = 48 * 3600, None
    fixed = product((0.95, 0.90, 0.85, 0.80, 0.75), (no, 1.5, 2, 2.5, 3))
    assert [(p.sl, p.tp, p.hold_s) for p in grid("fixed")] == [(sl, tp, two_days) for sl, tp in fixed]
    holds = [60 * m for m in (5, 10, 15, 30, 60, 120, 240, 2880)]
    assert [(p.hold_s, p.tp, p.sl) for p in grid("time")] == [(h, tp, no) for h, tp in product(holds, (no, 1.5, 2, 3))]
    trailing = product((0.1, 0.2, 0.5), (0.02, 0.05, 0.10), (no, 0.90, 0.85, 0.80))
    got = [(p.one(Trailing).activation, p.one(Trailing).trail, p.sl, p.tp, p.hold_s) for p in grid("trailing")]
    assert got == [(a, t, sl, no, two_days) for a, t, sl in trailing]
    steps = [((2, 0.5), (3, 0.3), (4, 0.2)), ((1.5, 0.5), (2, 0.5)), ((2, 0.33), (5, 0.33))]
    ladders = product(steps, (no, 0.90, 0.85, 0.80, 0.75))
    assert [(p.one(Ladder).rungs, p.sl, p.hold_s) for p in grid("ladder")] == [(r, sl, two_days) for r, sl in ladders]


@pytest.mark.parametrize(("name", "size"), [("v1", 30), ("fixed", 25), ("time", 32), ("trailing", 36), ("ladder", 15)])
def test_sizes_of_grids(name, size):
    assert len(grid(name)) == len(set(grid(name))) == size


def test_levels_given_replace_the_grid_and_none_leaves_a_part_out():
    assert [written(p) for p in grid("v1", tp_mults=[2, 3], sl_mults=0.9)] == [
        "sl=0.9 tp=2 hold=2d",
        "sl=0.9 tp=3 hold=2d",
    ]
    assert [p.tp for p in grid("fixed", sl_mults=[0.9])] == [None, 1.5, 2, 2.5, 3]
    assert grid_of({"grid": "v1", "tp_mults": None}) == grid("v1")


def test_mixed_is_the_product_of_the_axes_named():
    axes = axes_of("mixed", of=["fixed", "trailing"])
    assert list(axes) == ["sl_mults", "tp_mults", "activation", "trail", "hold"]
    assert len(grid("mixed", of=["fixed", "time"])) == 25 * 8
    some = grid("mixed", activation=[None, 0.2], trail=[0.05, 0.1], atr_stop=[None, {}], break_even=[None, 1.5])
    assert len(some) == 25 * (1 + 2) * 2 * 2  # without activation the trail does not matter: one policy, not two
    assert len(set(some)) == len(some)
    assert set(GRIDS) == {"v1", "fixed", "time", "trailing", "ladder"}


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("ladders", {}, "did you mean 'ladder'"),
        ("v1", {"tp_mult": [2]}, "did you mean 'tp_mults'"),
        ("v1", {"tp_mults": []}, "policy.tp_mults is empty"),
        ("v1", {"tp_mults": [2, 2.0]}, "policy.tp_mults repeats"),
        ("v1", {"sl_mults": [0.9, 1.1]}, "policy.sl=1.1"),
        ("fixed", {"of": ["v1"]}, "only policy=mixed"),
        ("mixed", {"of": ["fixed"], "trail": [0.1]}, "both policy.activation and policy.trail"),
    ],
)
def test_wrong_grids(name, given, said):
    with pytest.raises(ConfigError) as error:
        grid(name, **given)
    assert said in str(error.value)
