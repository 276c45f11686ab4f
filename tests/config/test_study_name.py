from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quantray.config.plans import load_plan
from quantray.config.study_name import LONGEST, study_name


def test_a_path_goes_by_the_name_of_its_file():
    name = study_name("caller_policies", ["trailing"], {"data.calls": "/home/me/market/rule_calls.parquet"})
    assert name.startswith("caller_policies-trailing-rule_calls_")
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
    names = {load_plan(f"data.underlying={path}").study for path in ("/a/b", "/a_b", "_a_b", "/a b")}
    assert len(names) == 4


@pytest.mark.slow
def test_a_long_difference_stays_a_short_name() -> None:
    many = [f"space.{name}=null" for name in load_plan().space.names[:-1]]
    name = load_plan(many).study
    assert len(name) < 40
    assert name != load_plan(many[1:]).study
    assert len(load_plan("data.underlying=" + "x" * 500).study) <= LONGEST


@pytest.mark.parametrize("file", ["bars.parquet", "/market/bars.parquet", "market/"])
def test_one_file_under_two_keys_names_two_studies(file: str) -> None:
    names = {study_name("x", [], {key: file}) for key in ("data.underlying", "data.options", "data.chain")}
    assert len(names) == 3
    assert all(name.startswith(("x-bars_", "x-market_")) for name in names)


@pytest.mark.slow
def test_where_things_are_kept_is_in_no_name() -> None:
    assert load_plan(["data.cache=/somewhere/cache1", "fees=dear"]).study == "vwap_reclaim-dear"


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(st.text(min_size=1, max_size=12), max_size=3),
    st.dictionaries(st.text("ab.", min_size=1, max_size=20), st.text(max_size=60), max_size=6),
)
def test_names_are_short_folders(choices: list[str], changes: dict[str, str]) -> None:
    name = study_name("options_sweep", choices, changes)
    assert len(name) <= LONGEST
    assert re.fullmatch(r"[A-Za-z0-9.,+_-]+", name)
    assert name == study_name("options_sweep", choices, dict(reversed(changes.items())))


@pytest.mark.slow
def test_a_study_under_its_former_name_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = ["data.cache=/somewhere/cache1", "fees=dear"]
    former = "vwap_reclaim-dear-" + study_name("", [], {"data.cache": "/somewhere/cache1"}, former=True).lstrip("-")
    load_plan(asked)
    assert not caplog.messages
    (tmp_path / "outputs" / former).mkdir(parents=True)
    load_plan(asked)
    assert [f"study.name={former} goes on with it" in message for message in caplog.messages] == [True]
