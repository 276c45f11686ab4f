"""Overrides in, a checked plan out."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

import quantray as qr
from quantray.config.plans import load_plan
from quantray.errors import ConfigError
from quantray.sweeps.plan import Plan


def test_the_default_experiment() -> None:
    plan = qr.load("+experiment=options_sweep")
    assert plan.study == "options_sweep"
    assert plan.run_dir == Path("outputs/options_sweep")
    assert plan.space.size == 1_267_200
    assert (plan.search.kind, plan.runner.kind, plan.storage.kind) == ("tpe", "ray", "sqlite")
    assert plan.strategy.target == "strategy.vwap_reclaim.VwapReclaim"
    assert plan.search.attempts == 3000


@pytest.mark.slow
def test_the_shipped_files_say_the_defaults_of_the_dataclasses() -> None:
    plan = load_plan("runner=ray")
    plain = Plan(plan.study, plan.strategy, plan.space, plan.data, plan.run_dir)
    for field in (f for f in fields(Plan) if f.compare):
        assert getattr(plan, field.name) == getattr(plain, field.name), field.name


@pytest.mark.slow
def test_a_dimension_is_replaced_added_and_removed() -> None:
    plan = load_plan("space.stop_loss_percent=[-25,-50]", "space.latency_seconds=[1,2]", "space.entry_window=null")
    dimensions = {d.name: d.values for d in plan.space.dimensions}
    assert dimensions["stop_loss_percent"] == (-25, -50)
    assert dimensions["latency_seconds"] == (1, 2)
    assert "entry_window" not in dimensions
    assert "latency_seconds" not in plan.strategy.params, "a dimension is no fixed parameter"


@pytest.mark.slow
def test_a_range_with_a_step() -> None:
    plan = load_plan("space={stretch_threshold:{low:.001,high:.003,step:.001}}")
    assert plan.space.dimensions[0].values == (0.001, 0.002, 0.003)
    assert plan.space.names == ("stretch_threshold",)


@pytest.mark.slow
def test_a_removed_dimension_takes_the_strategys_value() -> None:
    plan = load_plan("space.entry_window=null", "strategy.entry_window=9:30-10:00")
    assert plan.strategy.params["entry_window"] == "9:30-10:00"


@pytest.mark.slow
def test_constraints_are_bounds_on_metrics() -> None:
    plan = load_plan("constraints=strict", "constraints.max_drawdown=500", "constraints.min_win_rate=null")
    assert plan.constraints.min_trades == 30
    assert dict(plan.constraints.bounds) == {"max_max_drawdown": 500.0}


@pytest.mark.slow
def test_dates_and_columns_of_the_data() -> None:
    plan = load_plan("data=synthetic", "data.from=2024-11-18", "data.to=2024-11-20", "data.columns.underlying.ts=time")
    assert (plan.data.from_, plan.data.to) == ("2024-11-18", "2024-11-20")
    assert plan.data.columns.underlying.ts == "time"


@pytest.mark.slow
def test_an_optuna_sampler_by_its_name() -> None:
    plan = load_plan("search.sampler._target_=optuna.samplers.CmaEsSampler", "search.sampler.sigma0=.1")
    assert dict(plan.search.sampler or {}) == {"_target_": "optuna.samplers.CmaEsSampler", "sigma0": 0.1}


REFUSED = {
    "search=tpee": "did you mean 'tpe'",
    "+experiment=opions_sweep": "did you mean 'options_sweep'",
    "storag=sqlite": "did you mean 'storage'",
    "+serch.n_trials=3": "did you mean 'search'",
    "search.n_trial=3": "search.n_trial: unknown key 'n_trial'; did you mean 'n_trials'",
    "search.n_trials=many": "search.n_trials='many': it must be a whole number",
    "search.n_trials=1.5": "whole number",
    "search.n_trials=true": "whole number",
    "search.n_trials=0": "search.n_trials must be >= 1, got 0",
    "search.kind=tpee": "did you mean 'tpe'",
    "search=null": "known: exhaustive, qmc, random, rustuna, tpe",
    "space.stop_los_percent=[-5]": "did you mean 'stop_loss_percent'",
    "strategy.latncy_seconds=2": "did you mean 'latency_seconds'",
    "space.latency_seconds=[0,1]": "space.latency_seconds=0: latency_seconds must be > 0",
    "strategy.latency_seconds=0": "latency_seconds must be > 0",
    "space.stop_loss_percent=[-25,10]": "space.stop_loss_percent=10",
    "space.take_profit_percent=[high]": "space.take_profit_percent='high': it must be a number",
    "strategy.require_same_day_expiry=maybe": "strategy.require_same_day_expiry='maybe'",
    "space.stop_loss_percent=[]": "space.stop_loss_percent is empty",
    "space.stop_loss_percent=[-25,-25]": "repeats a value",
    "space={}": "search space is empty",
    "~space": "search space is empty",
    "objective=sharp": "did you mean 'sharpe'",
    "constraints.max_drawdwn=5": "did you mean 'max_drawdown'",
    "constraints.min_win_rate=55": "win_rate is a share in [0, 1]; 55 % is 0.55",
    "constraints.max_carried_exit_share=-.1": "carried_exit_share is a share in [0, 1]",
    "constraints.max_drawdown=-1": "no max_drawdown is below 0",
    "constraints={min_sharpe: 2, max_sharpe: 1}": "no sharpe is at least 2 and at most 1",
    "run_dir=''": "names no folder",
    "constraints.min_win_rate=high": "constraints.min_win_rate='high' must be a number",
    "constraints.min_trades=1.5": "whole number",
    "fees.broker_per_contract=-1": "fees.broker_per_contract must be >= 0",
    "fees.broker_per_contract=nan": "fees.broker_per_contract must be >= 0",
    "capital.initial=0": "capital.initial must be > 0",
    "runner.kind=rya": "did you mean 'ray'",
    "storage=postgres": "storage.url=postgresql://",
    "oos.fraction=1": "oos.fraction must be in",
    "gates.max_quarantined_quotes=2": "a share in",
    "data.from=2024-13-18": "data.from must be a date",
    "data.columns.chain.symbl=s": "data.columns.chain.symbl: unknown key 'symbl'; did you mean 'symbol'",
    "data.synthetic.sesions=3": "did you mean 'sessions'",
    "seed=1.5": "seed=1.5 must be a whole number",
    "seed=-1": "seed must be in",
    "fresh=1": "fresh=1 must be true or false",
    "study=foo": "study is a section",
    "study.nam=foo": "did you mean 'name'",
    "study.name=a/b": "no slash",
    "hydra.run.dir=x": "run_dir=DIR",
    "seed=1,2": "need -m",
    "seed": "write seed=VALUE",
    "strategy._target_=os.system": "only names that begin with strategy. or quantray.",
    "strategy._target_=strategy.vwap_reclam.VwapReclaim": "did you mean 'strategy.vwap_reclaim'",
    "strategy._target_=strategy.vwap_reclaim.VwapReclam": "did you mean 'VwapReclaim'",
    "strategy._target_=quantray.sweeps.plan.Fees": "must be a dataclass with a method trades",
    "search.sampler={_target_:os.system}": "only names that begin with optuna.samplers.",
    "search.sampler._target_=optuna.samplers.GPSamplr": "did you mean 'GPSampler'",
    "search.sampler.sigma0=1": "search.sampler._target_",
}


@pytest.mark.parametrize("override", REFUSED)
def test_a_wrong_request_is_answered_with_key_value_and_near_miss(override: str) -> None:
    named = [] if override.startswith("study") else ["study.name=test"]
    with pytest.raises(ConfigError) as refused:
        load_plan(override, *named)
    assert REFUSED[override] in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.slow
def test_a_whole_table_needs_a_finite_space() -> None:
    with pytest.raises(ConfigError, match=r"space\.latency_seconds a step"):
        load_plan("search=exhaustive", "space.latency_seconds={low:1,high:3}")


def test_a_missing_value_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf" / "fees").mkdir(parents=True)
    (tmp_path / "conf" / "fees" / "open.yaml").write_text("broker_per_contract: ???\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=r"fees\.broker_per_contract"):
        load_plan("fees=open")


@pytest.mark.slow
def test_the_working_directorys_own_choices_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "conf" / "search").mkdir(parents=True)
    (tmp_path / "conf" / "search" / "short.yaml").write_text("defaults: [tpe, _self_]\nn_trials: 7\n")
    (tmp_path / "conf" / "search" / "random.yaml").write_text("kind: random\nn_trials: 9\n")
    monkeypatch.chdir(tmp_path)
    assert load_plan("search=short").search.n_trials == 7
    assert load_plan("search=random").search.n_trials == 9
    assert load_plan("search=qmc").search.n_trials == 300, "the shipped choices stay"


@pytest.mark.slow
def test_files_of_a_vendor_are_named_by_table_and_belong_to_the_digest() -> None:
    plain = load_plan("+experiment=options_sweep", "data=csv", "data.underlying=u.csv", "data.options=o.csv")
    assert plain.data.kind == "parquet"
    assert plain.data.reading is None
    said = ("data.format={underlying: kibot, options: cboe}", "data.stamp={options: at}", "data.adjusted=accept")
    named = load_plan("+experiment=options_sweep", "data=csv", "data.underlying=u.csv", "data.options=o.csv", *said)
    assert named.digests("x", "y")["data"] != plain.digests("x", "y")["data"]
