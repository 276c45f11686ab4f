"""Which wing an experiment belongs to, and whose groups it sees."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from quantray.callers import CallerPlan
from quantray.config import wings
from quantray.config.composition import composed
from quantray.config.overrides import jobs
from quantray.config.plans import compose, load_plan, plan_of
from quantray.config.study_name import flatten
from quantray.errors import ConfigError
from quantray.settings import Report, Runner, Storage
from quantray.sweeps.plan import Plan
from tests.builders.own_choices import write

#: One experiment of each kind of plan that a wing has.
EXPERIMENTS = {wings.SWEEPS: ("options_sweep",), wings.CALLERS: ("v1_baseline", "alert_baseline")}
GLOBAL = "# @package _global_\n"


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_wing_has_its_own_table_and_no_key_of_the_other() -> None:
    for wing in wings.WINGS:
        cfg, chosen = composed(wing, [])
        theirs = wings.only_of(wings.other(wing))
        assert not {key.split(".")[0] for key in theirs if "." not in key} & {*cfg, *chosen}
        assert not (theirs & set(flatten(cfg))) - {"runner.in_process_s"}  # a key of a shared file
        assert set(chosen) == set(wings.groups(wing)) - {wings.ADDED, wings.BASELINE}
        assert set(cfg) <= wings.known(wing)


class Watched(dict[str, Any]):
    """A configuration that remembers which of its keys were asked for."""

    def __init__(self, plain: dict[str, Any]) -> None:
        super().__init__(plain)
        self.asked: set[str] = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> Any:
        self.asked.add(key)
        return super().__getitem__(key)


@pytest.mark.slow
@pytest.mark.parametrize("wing", wings.WINGS)
def test_the_keys_of_a_wing_are_those_that_its_plan_is_made_of(wing: str) -> None:
    """Neither a key that nothing reads nor one that is read and refused: whoever adds one is reminded here."""
    asked: set[str] = set()
    for experiment in EXPERIMENTS[wing]:
        cfg = Watched(compose(jobs([f"+experiment={experiment}"], multirun=False)[0]))
        plan_of(cfg, wing)
        asked |= cfg.asked
    assert asked == wings.known(wing)
    theirs = {*wings.TOP, *wings.KEYS[wing]}
    assert theirs == wings.known(wing) - set(wings.groups(wing))


@pytest.mark.slow
def test_keys_inside_a_section_that_one_wing_has_are_those_of_its_files_alone() -> None:
    """A section of both wings is one class; a key of it that one wing's files leave out is the other's."""
    flat = {wing: set(flatten(composed(wing, [])[0])) for wing in wings.WINGS}
    of_a_shared_file = {"runner.in_process_s"}
    for wing in wings.WINGS:
        own = {key for key in flat[wing] - flat[wings.other(wing)] if key.startswith(("report.", "gates."))}
        assert own == wings.inside(wing) - of_a_shared_file
    for section, cls in (("report", Report), ("runner", Runner), ("storage", Storage)):
        for field in fields(cls):
            assert f"{section}.{field.name}" in flat[wings.SWEEPS] | flat[wings.CALLERS], f"{field.name} is in no file"


def test_formats_of_files_are_no_group() -> None:
    """They lie in conf/ beside the groups, and nothing is composed of them."""
    assert all("format" not in wings.groups(wing) for wing in wings.WINGS)
    with pytest.raises(ConfigError, match="format"):
        jobs(["format=kibot"], multirun=False)
