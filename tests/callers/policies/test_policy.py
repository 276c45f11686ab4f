"""The vocabulary: what is accepted, in which order grids run, and what is refused with its name and value."""

from __future__ import annotations

import itertools

import pytest

from quantray.callers.policies import (
    GRIDS,
    Ladder,
    Policy,
    TakeProfit,
    Trailing,
    grid,
    grid_of,
    read_policy,
    spec_of,
    written,
)  # fmt: skip
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.grids import axes_of
from quantray.errors import ConfigError
from tests.builders.candles import POLICIES


def test_v1_runs_in_its_nesting():
    cells = [(p.tp, p.sl, p.hold_s) for p in grid("v1")]
    tps, sls = (1.5, 2, 2.5, 3, 4, 5), (0.85, 0.88, 0.90, 0.92, 0.95)
    assert cells == [(tp, sl, 48 * 3600) for tp, sl in itertools.product(tps, sls)]


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


@pytest.mark.parametrize("policy", POLICIES, ids=written)
def test_written_and_read_back(policy):
    again = read_policy(spec_of(policy))
    assert again == policy
    assert again.digest == policy.digest


def test_equal_parts_make_equal_policies():
    a = read_policy({"sl": 0.9, "tp": 2})
    b = read_policy({"tp": 2.0, "sl": 0.9})
    assert a == b
    assert a.digest == b.digest
    assert a.digest != read_policy({"sl": 0.9, "tp": 2.1}).digest


def test_first_stop_and_flags():
    assert read_policy({"tp": 2}).stop_distance is None
    assert read_policy({"sl": 0.75, "trailing": {"activation": 0, "trail": 0.1}}).stop_distance == 0.1
    assert read_policy({"sl": 0.75, "trailing": {"activation": 0.2, "trail": 0.1}}).stop_distance == 0.25
    wide = read_policy({"sl": 0.85, "tp": 5})
    assert (wide.wide_stop, wide.far_target, wide.n_parts) == (True, True, 2)
    assert read_policy({"ema_cross": {}, "hold": "1h"}).warmup_candles == 84


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"sl": 1.05}, "policy.sl=1.05"),
        ({"sl": 1}, "policy.sl=1:"),
        ({"sl": 0}, "policy.sl=0:"),
        ({"sl": "0.9"}, "policy.sl='0.9'"),
        ({"sl": True}, "policy.sl=True"),
        ({"sl": float("nan")}, "policy.sl=nan"),
        ({"tp": 1}, "policy.tp=1:"),
        ({"tp": float("inf")}, "policy.tp=inf"),
        ({"hold": 0}, "policy.hold=0"),
        ({"hold": "-5m"}, "policy.hold='-5m'"),
        ({"trailing": {"activation": -0.1, "trail": 0.1}}, "policy.activation=-0.1"),
        ({"trailing": {"activation": 0.1, "trail": 1}}, "policy.trail=1:"),
        ({"trailing": {"activation": 0.1}}, "policy.trailing.trail is required"),
        ({"trailing": {"activation": 0.1, "trial": 0.1}}, "did you mean 'trail'"),
        ({"ladder": [[2, 0.6], [3, 0.5]]}, "sum to 1.1"),
        ({"ladder": [[3, 0.5], [2, 0.5]]}, "levels must rise"),
        ({"ladder": [[2, 0]]}, "policy.ladder.fraction=0"),
        ({"ladder": []}, "at least one level"),
        ({"ladder": 2}, "policy.ladder=2"),
        ({"break_even": 0.9}, "policy.break_even=0.9"),
        ({"phased": {"after": 1.5, "stop": 1.5}}, "policy.phased.stop=1.5"),
        ({"sl": 0.9, "phased": {"after": 1.5, "stop": 0.85}}, "stops are only raised"),
        ({"ema_cross": {"fast": 21, "slow": 9}}, "policy.ema_cross.fast=21"),
        ({"ema_cross": {"fast": 2.5}}, "policy.ema_cross.fast=2.5"),
        ({"rsi_cross": {"level": 100}}, "policy.rsi_cross.level=100"),
        ({"atr_stop": {"anchor": "peek"}}, "did you mean 'peak'"),
        ({"volume_z": {"z": 0}}, "policy.volume_z.z=0"),
        ({"entry": {"dip": 1.5, "wait": "5m"}, "tp": 2}, "policy.entry.dip=1.5"),
        ({"entry": {"dip": 0.1, "wait": "5m"}}, "it has no exit"),
        ({}, "it has no exit"),
        ({"stop": 0.9}, "policy.stop: unknown part 'stop'"),
    ],
)
def test_anything_else_is_refused_by_name_and_value(spec, said):
    with pytest.raises(ConfigError) as error:
        read_policy(spec)
    assert said in str(error.value)


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


def test_parts_twice():
    with pytest.raises(ConfigError, match="given twice"):
        Policy((TakeProfit(2), TakeProfit(3)))
    with pytest.raises(ConfigError, match="is a multiple and a fraction"):
        Ladder(((2, 0.5, 1),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Account(sizing="risky"), "did you mean 'risk'"),
        (lambda: Account(initial=0), "capital.initial must be above 0, got 0"),
        (lambda: Account(max_allocation_pct=1.5), "got 1.5"),
        (lambda: Account(max_positions=0), "capital.max_positions"),
        (lambda: Account(basis="cash"), "capital.basis"),
        (lambda: Costs(taker_bps=-1), "fees.taker_bps"),
        (lambda: Costs(taker_bps=9000, slippage_bps=1000), "one side costs 1"),
        (lambda: Costs(basis="both"), "fees.basis"),
    ],
)
def test_wrong_accounts_and_costs(make, said):
    with pytest.raises(ConfigError) as error:
        make()
    assert said in str(error.value)


def test_policies_may_be_listed_one_by_one():
    specs = [{"sl": 0.9, "tp": 2, "hold": "48h"}, {"trailing": {"activation": 0.2, "trail": 0.05}}]
    assert grid_of({"grid": "listed", "policies": specs}) == tuple(read_policy(spec) for spec in specs)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"policies": None}, "policy=listed needs a list"),
        ({"policies": []}, "policy=listed needs a list"),
        ({"policies": [3]}, "number 1: 3 is no mapping"),
        ({"policies": [{"sl": 0.9}, {"sl": 1.2}]}, "number 2: "),
        ({"policies": [{"sl": 0.9}, {"sl": 0.90}]}, "listed before"),
        ({"policies": [{"sl": 0.9}], "tp_mults": [2]}, "policy.tp_mults"),
    ],
)
def test_a_wrong_list_is_refused(section, said):
    with pytest.raises(ConfigError, match=said):
        grid_of({"grid": "listed", **section})
