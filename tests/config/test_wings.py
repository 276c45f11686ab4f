"""Which wing an experiment belongs to, and whose groups it sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.callers import CallerPlan
from quantray.config import wings
from quantray.config.composition import composed
from quantray.config.plans import load_plan
from quantray.config.study_name import flatten
from quantray.errors import ConfigError
from quantray.sweeps.plan import Plan
from tests.builders.own_choices import write

GLOBAL = "# @package _global_\n"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("defaults: [{override /search: random}]\n", Plan),
        ("defaults: [{override /policy: trailing}]\n", CallerPlan),
        ("defaults: [options_sweep]\n", Plan),
        ("defaults: [v1_baseline]\n", CallerPlan),
        ("mode: grouped\n", CallerPlan),
        ("seed: 3\n", Plan),
        ("", Plan),
    ],
)
def test_an_experiment_of_ones_own_belongs_to_the_wing_that_composes_it(own: Path, text: str, kind: type) -> None:
    write(own, "experiment/mine", GLOBAL + text)
    assert type(load_plan("+experiment=mine")) is kind


@pytest.mark.parametrize(("wing", "kind"), [("sweeps", Plan), ("callers", CallerPlan)])
def test_the_folder_says_whose_an_experiment_is(own: Path, wing: str, kind: type) -> None:
    write(own, f"{wing}/experiment/mine", GLOBAL + "seed: 3\n")
    plan = load_plan("+experiment=mine")
    assert type(plan) is kind
    assert plan.seed == 3


def test_one_that_composes_in_neither_says_why_of_both(own: Path) -> None:
    write(own, "experiment/mine", GLOBAL + "defaults: [{override /policy: trailing}, {override /search: tpe}]\n")
    with pytest.raises(ConfigError, match=r"as a sweep: .*'policy'.*; about callers: .*'search'"):
        load_plan("+experiment=mine")
    write(own, "experiment/mine", GLOBAL + "defaults: [nowhere]\n")
    with pytest.raises(ConfigError, match="nowhere"):
        load_plan("+experiment=mine")


def test_two_experiments_of_different_wings_are_refused() -> None:
    with pytest.raises(ConfigError, match="one is a sweep and another about callers"):
        load_plan("+experiment=[options_sweep,v1_baseline]")


def test_a_flat_group_of_one_wing_is_no_group_of_the_other(own: Path) -> None:
    write(own, "policy/mine", "grid: trailing\n")
    assert "mine" in wings.choices("policy", "callers")
    assert "policy" not in wings.groups("sweeps")
    with pytest.raises(ConfigError, match="policy belongs to callers and this is a sweep"):
        load_plan("policy=mine")


def test_a_wing_has_its_own_table_and_no_key_of_the_other() -> None:
    for wing in wings.WINGS:
        cfg, chosen = composed(wing, [])
        theirs = wings.only_of(wings.other(wing))
        assert not {key.split(".")[0] for key in theirs if "." not in key} & {*cfg, *chosen}
        assert not (theirs & set(flatten(cfg))) - {"runner.in_process_s"}  # a key of a shared file
        assert set(chosen) == set(wings.groups(wing)) - {wings.ADDED, wings.BASELINE}
        assert set(cfg) <= wings.known(wing)
