"""Which file a run about callers reads when none is named, and what the synthetic market is never asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.config.plans import load_callers, load_plan, load_plans
from quantray.config.source import CUSTOMARY, OWN, VARIABLE
from quantray.errors import ConfigError

V1, ALL = "+experiment=v1_baseline", "+experiment=caller_policies"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    return tmp_path


def place(path: Path | str) -> str:
    """An empty file, which is enough for a plan; its path."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).touch()
    return str(path)


def read(*overrides: str) -> tuple[str, str | None]:
    data = load_callers(*overrides, asked="a test").data
    return data.kind, data.duckdb


@pytest.mark.slow
def test_a_file_is_found_in_this_order(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(V1) == ("synthetic", None)
    place(CUSTOMARY)
    assert read(V1) == ("duckdb", CUSTOMARY)
    place("conf/callers/data/duckdb.yaml")
    Path("conf/callers/data/duckdb.yaml").write_text(
        "defaults: [synthetic, _self_]\nkind: duckdb\nduckdb: mine.duckdb\n"
    )
    assert read(V1) == ("duckdb", "mine.duckdb")
    odd = place(home / "it's ${here}, [a].duckdb")
    monkeypatch.setenv(VARIABLE, odd)
    assert read(V1) == ("duckdb", odd)
    monkeypatch.setenv(VARIABLE, "  ")
    assert read(V1) == ("duckdb", "mine.duckdb")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["data.duckdb=given.duckdb"], ("duckdb", "given.duckdb")),
        (["data=duckdb", "data.duckdb=given.duckdb"], ("duckdb", "given.duckdb")),
        (["data=synthetic"], ("synthetic", None)),
        (["data=parquet", "data.calls=c", "data.candles=d"], ("parquet", None)),
        (["data.calls=c", "data.candles=d"], ("parquet", None)),
        (["data=duckdb"], ("duckdb", "said.duckdb")),
        (["data.duckdb=null"], ("duckdb", "said.duckdb")),
    ],
)
def test_what_a_command_says_goes_before_the_variable(
    given: list[str], found: tuple[str, str | None], monkeypatch: pytest.MonkeyPatch
) -> None:
    place(CUSTOMARY)
    monkeypatch.setenv(VARIABLE, place("said.duckdb"))
    assert read(V1, *given) == found


@pytest.mark.slow
@pytest.mark.parametrize(
    "files",
    [
        {"conf/data/synthetic.yaml": "duckdb: mine.duckdb\nkind: duckdb\n"},
        {"conf/data/mine.yaml": "kind: duckdb\nduckdb: mine.duckdb\n",
         "conf/experiment/mine.yaml": "# @package _global_\ndefaults: [v1_baseline, {override /data: mine}]\n"},
        {"conf/experiment/mine.yaml": "# @package _global_\ndefaults: [v1_baseline]\ndata: {duckdb: mine.duckdb}\n"},
    ],
)  # fmt: skip
def test_ones_own_conf_may_name_it_anywhere(files: dict[str, str]) -> None:
    place(CUSTOMARY)
    for name, text in files.items():
        Path(place(name)).write_text(text)
    assert read("+experiment=mine" if "conf/experiment/mine.yaml" in files else V1) == ("duckdb", "mine.duckdb")


@pytest.mark.slow
def test_ones_own_conf_may_read_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(place("conf/experiment/mine.yaml")).write_text(
        "# @package _global_\ndefaults: [v1_baseline, {override /data: parquet}]\ndata: {calls: c, candles: d}\n"
    )
    monkeypatch.setenv(VARIABLE, place(CUSTOMARY))
    assert read("+experiment=mine") == ("parquet", None)


@pytest.mark.slow
def test_a_variable_that_names_no_file_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place("alerts.duckdb")
    for named, said in (
        ("alert.duckdb", "did you mean 'alerts.duckdb'"),
        (str(home), "is no file"),
        ("/no/x", "known"),
    ):
        monkeypatch.setenv(VARIABLE, named)
        with pytest.raises(ConfigError, match=VARIABLE) as refused:
            load_plan(V1)
        assert said in str(refused.value)


@pytest.mark.slow
def test_the_file_is_part_of_the_studys_name_and_a_sweep_reads_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = load_plan(V1).study
    monkeypatch.setenv(VARIABLE, place("mine.duckdb"))
    named = load_plan(V1).study
    assert plain == "v1_baseline"
    assert named.startswith("v1_baseline-duckdb-mine_")
    assert load_plan("+experiment=options_sweep").data.kind == "synthetic"
    assert [plan.data.kind for plan in load_plans([f"{V1},options_sweep"])] == ["duckdb", "synthetic"]


ASKED = {
    "data.from": "2025-05-01", "data.to": "2025-05-02", "calls.callers": "[Brook]", "calls.groups": "[Brook]",
    "calls.group_file": "g.yaml", "calls.aliases": "a.yaml", "calls.chain": "solana",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("experiment", "key"),
    [
        (experiment, key)
        for experiment, wing in (
            (V1, "callers"),
            (ALL, "callers"),
            ("+experiment=options_sweep", "sweeps"),
            ("", "sweeps"),
        )
        for key in OWN[wing]
    ],
)
def test_ones_own_question_is_never_put_to_the_synthetic_market(experiment: str, key: str) -> None:
    lines = [experiment] if experiment else []
    with pytest.raises(ConfigError, match="is about a market of your own, and none is named") as refused:
        load_plan(*lines, f"{key}={ASKED[key]}")
    assert str(refused.value).startswith(f"{key}=")
    assert load_plan(*lines, "data=synthetic", f"{key}={ASKED[key]}").data.kind == "synthetic"
    with pytest.raises(ConfigError, match="a market of your own"):
        load_plans([*lines, f"{key}={ASKED[key]}", "seed=1,2"])


@pytest.mark.slow
def test_also_where_ones_own_experiment_asks_it() -> None:
    Path(place("conf/experiment/mine.yaml")).write_text(
        "# @package _global_\ndefaults: [v1_baseline]\ncalls: {callers: [Brook]}\n"
    )
    with pytest.raises(ConfigError, match=r"calls\.callers=Brook is about a market of your own"):
        load_plan("+experiment=mine")


@pytest.mark.slow
def test_an_empty_list_of_callers_is_not_everyone() -> None:
    for key in ("callers", "groups"):
        for empty in ("[]", "''"):
            with pytest.raises(ConfigError, match=f"calls.{key} is empty"):
                load_plan(V1, "data=synthetic", f"calls.{key}={empty}")
