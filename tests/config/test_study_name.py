from __future__ import annotations

import pytest

from quantray.config.plans import load_plan
from quantray.config.study_name import study_name


def test_a_path_goes_by_the_name_of_its_file():
    name = study_name("caller_policies", ["trailing"], {"data.calls": "/home/me/market/rule_calls.parquet"})
    assert name.startswith("caller_policies-trailing-data.calls_rule_calls_")
    assert "home" not in name


def test_files_of_one_name_in_different_folders_name_different_studies():
    one, two = (study_name("x", [], {"data.duckdb": f"/{folder}/calls.duckdb"}) for folder in "ab")
    assert one != two


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        ([], "vwap_reclaim"),
        (["+experiment=options_sweep"], "options_sweep"),
        (["+experiment=options_sweep", "search.n_trials=900", "runner=local", "run_dir=x"], "options_sweep"),
        (["+experiment=options_sweep", "search=random", "seed=3"], "options_sweep-random-seed_3"),
        (["strategy=opening_range_breakout"], "opening_range_breakout"),
        (["+experiment=options_sweep", "strategy=opening_range_breakout"], "options_sweep-opening_range_breakout"),
        (["fees=dear", "constraints.max_drawdown=500"], "vwap_reclaim-dear-max_drawdown_500"),
        (["space.stop_loss_percent=[-25,-50]"], "vwap_reclaim-stop_loss_percent_-25,-50"),
        (["space.entry_window=null"], "vwap_reclaim-no_entry_window"),
        (["data.synthetic.seed=3"], "vwap_reclaim-synthetic.seed_3"),
        (["fees={slippage_per_share:.05}"], "vwap_reclaim-fees.slippage_per_share_0.05"),
        (["study.name=mine", "seed=3"], "mine"),
    ],
)
def test_a_study_is_named_by_what_differs(overrides: list[str], name: str) -> None:
    assert load_plan(overrides).study == name


@pytest.mark.slow
def test_values_that_look_alike_get_different_names() -> None:
    names = {load_plan(f"data.cache={path}").study for path in ("/a/b", "/a_b", "_a_b", "/a b")}
    assert len(names) == 4


@pytest.mark.slow
def test_a_long_difference_stays_a_short_name() -> None:
    many = [f"space.{name}=null" for name in load_plan().space.names[:-1]]
    name = load_plan(many).study
    assert len(name) < 40
    assert name != load_plan(many[1:]).study
    assert len(load_plan("data.cache=" + "x" * 500).study) <= 100
