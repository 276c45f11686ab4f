"""optimise(plan): calls in, the best policy per caller and its files out; the same bytes every time."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas
import pytest

from quantray.callers.data import CallsData, SyntheticCalls
from quantray.callers.plan import CallerPlan
from quantray.callers.policies import grid
from quantray.callers.policies.account import Account
from quantray.callers.policies.objective import Bounds
from quantray.callers.report.terminal import CallerTerminal
from quantray.callers.results import GROUP
from quantray.callers.study import CallerStudy, optimise
from quantray.errors import DataError
from tests.builders.caller_results import results

MARKET = SyntheticCalls(assets=8, callers=4, calls=120, days=4, tail_hours=8)
COMPARED = ("optimal_policies.csv", "survivors.parquet", "trades.parquet", "calls.parquet", "worklist.csv")


def plan(folder: Path, cache: Path, **given: Any) -> CallerPlan:
    levels = {"tp_mults": [1.1, 1.3, 2], "sl_mults": [0.85, 0.9, 0.95], "hold": "6h"}
    default: dict[str, Any] = {"mode": "both", "bounds": Bounds(min_trades=3)}
    data = CallsData(cache=str(cache), synthetic=MARKET)
    return CallerPlan("small", data, grid("v1", **levels), folder, levels, **{**default, **given})


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> CallerStudy:
    return optimise(plan(tmp_path_factory.mktemp("run"), cache))


def test_a_study_answers_without_reading_its_files_again(tmp_path: Path):
    r = results()
    study = CallerStudy(r.plan, r, {})
    assert study.best == {u.name: u.policy for u in r.units}
    assert list(study.frame().unit) == [u.name for u in r.units]
    assert set(study.table("caller_1").unit) == {"caller_1"}
    with pytest.raises(KeyError):
        study.table("nobody")
    assert study.report(tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


@pytest.mark.slow
def test_the_pipeline_ends_in_a_study_and_its_files(study: CallerStudy):
    r = study.results
    assert [u.name for u in r.units] == [*MARKET.caller_names, GROUP]
    assert all(path.exists() for path in study.files.values())
    table = study.table()
    assert len(table) == len(r.units) * len(study.plan.policies)
    for unit in r.ranked:
        assert unit.policy == study.best[unit.name]
        own = table[(table.unit == unit.name) & (table.policy == unit.best)].set_index("part")
        assert own.objective["train"] == unit.value
        assert own["rank"]["train"] == 1
        mine = table[(table.unit == unit.name) & (table.part == "train") & (table.state == "ranked")]
        assert mine.objective.max() == unit.value
    assert r.ranked


@pytest.mark.slow
def test_every_trade_belongs_to_the_call_it_names(study: CallerStudy):
    calls, parts = study.results.coverage.plan.calls, study.results.coverage
    frame = pandas.read_parquet(study.files["trades.parquet"])
    told = pandas.read_parquet(study.files["calls.parquet"]).set_index("call_id")
    assert len(frame)
    assert (told.loc[frame.call_id].caller.to_numpy() == frame.caller.to_numpy()).all()
    assert (told.loc[frame.call_id].asset.to_numpy() == frame.asset.to_numpy()).all()
    assert (told.loc[frame.call_id].part.to_numpy() == frame.part.to_numpy()).all()
    assert (told.loc[frame.call_id].entry_ns.to_numpy() == frame.entry_ns.to_numpy()).all()
    alone = frame[frame.unit != GROUP]
    assert (alone.unit == alone.caller).all()
    assert len(told) == len(calls) == len(parts)


@pytest.mark.slow
def test_the_same_plan_gives_the_same_bytes_and_what_is_done_stays_done(
    study: CallerStudy, tmp_path: Path, cache: Path
):
    said: list[CallerStudy] = []
    fresh = optimise(plan(tmp_path, cache), done=said.append)
    assert said == [fresh]
    before = {name: fresh.files[name].read_bytes() for name in COMPARED}
    grids = {p.name: p.read_bytes() for p in fresh.results.table.iterdir()}
    assert before == {name: study.files[name].read_bytes() for name in COMPARED}
    assert grids == {p.name: p.read_bytes() for p in study.results.table.iterdir()}
    again = optimise(plan(tmp_path, cache))
    assert again.results.reused > 0
    assert before == {name: again.files[name].read_bytes() for name in COMPARED}
    found = json.loads(again.files["summary.json"].read_text())
    other = json.loads(study.files["summary.json"].read_text())
    assert {**found, "seconds": 0} == {**other, "seconds": 0}


@pytest.mark.slow
def test_a_terminal_follows_the_run(tmp_path: Path, cache: Path, capfd: pytest.CaptureFixture[str]):
    p = plan(tmp_path, cache, mode="per_caller", oos=replace(plan(tmp_path, cache).oos, fraction=0.0))
    with CallerTerminal(p) as face:
        optimise(p, progress=face.progress, say=face.say, done=face.finish)
    out, err = capfd.readouterr()
    assert "Verdict: " in out
    assert "Nothing was held out" in out
    lines = err.splitlines()
    for stage in ("calls", "candles", "coverage", "first touch", "scores", "ranking", "winners"):
        assert any(line.startswith(f"small: {stage}") for line in lines), stage


@pytest.mark.slow
def test_the_mean_of_the_callers_levels_is_a_policy_of_no_number(tmp_path: Path, cache: Path):
    found = optimise(plan(tmp_path, cache, mode="grouped", grouped="mean", filter_collapsed=True))
    row = found.frame().iloc[0]
    assert (row.unit, row.state) == (GROUP, "ranked")
    assert pandas.isna(row.policy_number)
    assert 1.1 <= row.tp <= 2
    assert len(found.results.units) == 1
    said = found.files["report.html"].read_text(encoding="utf-8")
    assert "mean of the callers' targets and stops".replace("'", "&#39;") in said
    assert "The callers that did not collapse, of 4, share one account" in said


@pytest.mark.slow
def test_nobody_trades_where_no_position_is_large_enough(tmp_path: Path, cache: Path):
    found = optimise(plan(tmp_path, cache, account=Account(minimum=1e9)))
    assert found.best == {}
    assert set(found.frame().state) == {"no_trades"}
    assert "ZERO TRADES" in found.files["report.html"].read_text(encoding="utf-8")


@pytest.mark.slow
def test_what_cannot_be_carried_out_leaves_no_files(tmp_path: Path, cache: Path):
    late = plan(tmp_path / "run", cache)
    too_long = replace(late, policies=grid("v1", hold="90d"))
    with pytest.raises(DataError, match="no call is eligible"):
        optimise(too_long)
    assert not (tmp_path / "run").exists()
