"""Plans of callers from overrides: experiments, sugar of choices, keys that mean nothing in one kind of plan."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import quantray as qr
from quantray.callers import CallerPlan
from quantray.callers.policies import GRIDS, grid
from quantray.config.overrides import jobs
from quantray.config.plans import compose, load_plan, load_plans
from quantray.errors import ConfigError
from quantray.sweeps.plan import Plan

V1, ALL = "+experiment=v1_baseline", "+experiment=caller_policies"


def of(*overrides: str) -> CallerPlan:
    plan = load_plan(*overrides)
    assert isinstance(plan, CallerPlan)
    return plan


@pytest.mark.slow
def test_the_two_experiments() -> None:
    baseline, whole = of(V1), of(ALL)
    assert (baseline.study, whole.study) == ("v1_baseline", "caller_policies")
    assert baseline.run_dir == Path("outputs/v1_baseline")
    assert (baseline.objective, whole.objective) == ("final_capital", "captured_return")
    assert (baseline.mode, whole.mode) == ("both", "per_caller")
    assert baseline.policies == grid("v1")
    assert len(baseline.policies) == 30
    for plan in (baseline, whole):
        assert (plan.runner.kind, plan.data.kind, plan.costs.side, plan.account.sizing) == (
            "ray",
            "synthetic",
            0.004,
            "risk",
        )


@pytest.mark.slow
def test_the_mixed_grid_holds_every_kind_of_exit() -> None:
    from quantray.callers.policies import (
        AtrStop,
        BreakEven,
        FixedStop,
        Ladder,
        PhasedStop,
        TakeProfit,
        TimeStop,
        Trailing,
    )

    policies = of(ALL).policies
    kinds = {type(part) for policy in policies for part in policy}
    assert kinds == {FixedStop, TakeProfit, TimeStop, Trailing, Ladder, BreakEven, PhasedStop, AtrStop}
    assert len(policies) == len(set(policies)) == 1152
    more = of(ALL, "policy.entry=[null,{dip:.05,wait:30m}]", "policy.ema_cross=[null,{fast:9,slow:21}]").policies
    assert len(more) == 4 * 1152


@pytest.mark.slow
def test_the_command_of_the_issue() -> None:
    plan = of(
        V1, "data.duckdb=calls.duckdb", "data.from=2025-05-01", "data.to=2025-05-31", "data.interval=1m",
        "calls.callers=[A,B]", "capital.initial=50000", "capital.max_allocation_pct=.05", "policy.tp_mults=[2,3,4]",
        "policy.sl_mults=[.90,.95]", "filter_collapsed=true",
    )  # fmt: skip
    assert (plan.data.kind, plan.data.duckdb, plan.data.from_, plan.data.to) == (
        "duckdb", "calls.duckdb", "2025-05-01", "2025-05-31",
    )  # fmt: skip
    assert (plan.data.interval_s, plan.calls.callers, plan.filter_collapsed) == (60, ("A", "B"), True)
    assert (plan.account.initial, plan.account.max_allocation_pct) == (50_000, 0.05)
    assert [(p.tp, p.sl) for p in plan.policies] == [(tp, sl) for tp in (2, 3, 4) for sl in (0.9, 0.95)]


@pytest.mark.slow
@pytest.mark.parametrize("name", [*GRIDS, "mixed"])
def test_a_grid_is_a_file_that_says_what_it_holds(name: str) -> None:
    plan = of(V1, f"policy={name}")
    assert plan.grid["grid"] == name
    if name != "mixed":
        assert plan.policies == grid(name)


@pytest.mark.slow
def test_the_shipped_files_say_the_defaults_of_the_dataclasses() -> None:
    plan = of(ALL, "runner=local", "policy=v1")
    plain = CallerPlan(plan.study, plan.data, plan.policies, plan.run_dir, plan.grid)
    for field in (f for f in fields(CallerPlan) if f.compare):  # not what was asked for, in words
        assert getattr(plan, field.name) == getattr(plain, field.name), field.name


SUGAR: dict[str, tuple[str, Any]] = {
    "fees=dear": ("costs.slippage_bps", 50),
    "fees=standard": ("costs.slippage_bps", 10),
    "capital=fixed": ("account.sizing", "fixed"),
    "capital=fraction": ("account.sizing", "fraction"),
    "constraints=strict": ("bounds.max_drawdown", 0.3),
    "data=synthetic": ("data.kind", "synthetic"),
    "data=duckdb": ("data.kind", "duckdb"),
    "data=parquet": ("data.kind", "parquet"),
    "data.duckdb=x.duckdb": ("data.kind", "duckdb"),
    "data.candles=x.parquet": ("data.kind", "parquet"),
    "data.duckdb=null": ("data.kind", "synthetic"),
    "coverage=window": ("coverage.mode", "window"),
    "calls=regular": ("calls.min_per_caller", 10),
    "runner=local": ("runner.kind", "local"),
    "ties=final_capital": ("ties", ("final_capital",)),
    "oos.fraction=0": ("oos.fraction", 0),
    "gates.max_excluded_calls=.2": ("gates.max_excluded_calls", 0.2),
    "report.top=3": ("report.top", 3),
    "intrabar=both": ("intrabar", "both"),
    "target_gap=open": ("target_gap", "open"),
    "entry=close": ("entry", "close"),
    "stress=false": ("stress", False),
    "policy.hold=[1h,4h]": ("policies", grid("v1", hold=["1h", "4h"])),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("override", SUGAR)
def test_a_choice_means_the_file_of_this_kind(override: str) -> None:
    path, expected = SUGAR[override]
    found: Any = of(V1, override)
    for name in path.split("."):
        found = getattr(found, name)
    assert found == expected


@pytest.mark.slow
def test_a_choice_of_data_beats_what_its_keys_imply() -> None:
    assert of(V1, "data=parquet", "data.duckdb=x", "data.calls=c", "data.candles=d").data.kind == "parquet"
    assert of(V1, "data.calls=c.parquet", "data.duckdb=x").data.kind == "duckdb"


@pytest.mark.slow
def test_the_same_choice_in_a_sweep_is_the_sweeps_own() -> None:
    plan = load_plan("fees=dear", "data=duckdb", "data.duckdb=x")
    assert isinstance(plan, Plan)
    assert plan.fees.slippage_per_share == 0.01


REFUSED = {
    (V1, "search=tpe"): "search=tpe: search belongs to sweeps; +experiment=v1_baseline is about callers",
    (V1, "search.n_trials=3"): "belongs to sweeps",
    (V1, "strategy=vwap_reclaim"): "belongs to sweeps",
    (V1, "space.stop_loss_percent=[-25]"): "belongs to sweeps",
    (V1, "~space"): "belongs to sweeps",
    (V1, "mirror.enabled=false"): "belongs to sweeps",
    (V1, "report.surface_max_points=5"): "belongs to sweeps",
    (V1, "gates.max_quarantined_quotes=.1"): "belongs to sweeps",
    ("policy=v1",): "policy belongs to callers and this is a sweep; give +experiment=caller_policies or",
    ("calls.callers=[A]",): "calls.callers belongs to callers",
    ("+experiment=options_sweep", "coverage=window"): "+experiment=options_sweep is a sweep",
    ("+experiment=options_sweep", "ties=[max_drawdown]"): "ties belongs to callers",
    ("coverage=entry",): "give +experiment=alert_baseline or +experiment=caller_policies or",
    (V1, "fees=calls_dear"): "known: dear, standard",
    (V1, "fees=deer"): "did you mean 'dear'",
    (V1, "capital=account"): "known: fixed, fraction, risk, unlimited",
    (V1, "policy=trailling"): "did you mean 'trailing'",
    (V1, "polcy=v1"): "did you mean 'policy'",
    ("+experiment=v1_baselin",): "did you mean 'v1_baseline'",
    (V1, "policy.sl_mults=[1.2]"): "policy.sl=1.2: a stop is a multiple of the entry price between 0 and 1",
    (V1, "policy.sl_mults=[1]"): "policy.sl=1: a stop",
    (V1, "policy.sl_mults=[-.1]"): "policy.sl=-0.1: a stop",
    (V1, "policy.tp_mults=[1]"): "policy.tp=1: a target is a multiple of the entry price above 1",
    (V1, "policy.tp_mults=[high]"): "policy.tp='high': a target",
    (V1, "policy.tp_mults=[]"): "policy.tp_mults is empty",
    (V1, "policy.tp_mults=[2,2.0]"): "policy.tp_mults repeats a level",
    (V1, "policy=ladder", "policy.ladders=[[[2,.8],[3,.5]]]"): "the fractions sum to 1.3; they may sum to at most 1",
    (V1, "policy=ladder", "policy.ladders=[[[3,.5],[2,.5]]]"): "levels must rise",
    (V1, "policy.hold=0"): "policy.hold=0: the longest hold must be a duration above 0",
    (V1, "policy.hold=soon"): "policy.hold='soon' must be a duration",
    (V1, "policy=trailing", "policy.trail=[1.5]"): "policy.trail=1.5",
    (V1, "policy=trailing", "policy.activation=[-1]"): "policy.activation=-1",
    (V1, "policy.trail=[.1]"): "policy.trail: unknown axis of v1 'trail'; known: hold, sl_mults, tp_mults",
    (V1, "policy.tp_mult=[2]"): "did you mean 'tp_mults'",
    (V1, "policy.of=[fixed]"): "only policy=mixed is made of other grids",
    (V1, "policy.grid=v2"): "unknown grid 'v2'",
    (V1, "mode=grupped"): "mode: unknown mode 'grupped'; did you mean 'grouped'",
    (V1, "intrabar=stop"): "intrabar: unknown intrabar 'stop'",
    (V1, "target_gap=limt"): "target_gap: unknown target_gap 'limt'",
    (V1, "calls.horizon=1h"): "calls.horizon=1h: the grid holds up to 2d",
    (V1, "entry=middle"): "known: close, open",
    (V1, "grouped=mean", "policy=trailing"): "use grouped=pool",
    (V1, "mode=per_caller", "filter_collapsed=true"): "filter_collapsed=true is about the group",
    (V1, "mode=per_caller", "grouped=mean"): "mode=per_caller has none; set mode=grouped or mode=both",
    (V1, "ties=[max_drawdwn]"): "did you mean 'max_drawdown'",
    (V1, "ties=[1]"): "ties=[1] must be a list of names",
    (V1, "objective=capture"): "did you mean 'capture_ratio'",
    (V1, "objective=win_rate"): "objective: unknown objective 'win_rate'",
    (V1, "capital=unlimited"): "objective=final_capital needs an account",
    (V1, "capital.initial=0"): "capital.initial must be above 0",
    (V1, "capital.max_allocation_pct=5"): "a fraction in (0, 1]",
    (V1, "capital.sizing=kelly"): "capital.sizing: unknown sizing 'kelly'",
    (V1, "capital.max_positions=0"): "capital.max_positions must be a whole number >= 1 or null",
    (V1, "fees.taker_bps=-1"): "fees.taker_bps must lie in",
    (V1, "fees.broker_per_contract=1"): "fees.broker_per_contract: unknown key",
    (V1, "constraints.min_win_rate=55"): "constraints.min_win_rate is a fraction",
    (V1, "constraints.min_trade=5"): "did you mean 'min_trades'",
    (V1, "calls.caller=A"): "did you mean 'callers'",
    (V1, "calls.dedupe_window=often"): "calls.dedupe_window='often' must be a duration",
    (V1, "calls.min_per_caller=0"): "calls.min_per_caller must be >= 1",
    (V1, "coverage.min_share=2"): "coverage.min_share is a share",
    (V1, "data.interval=0"): "data.interval=0: it must be a text",
    (V1, "data.interval=often"): "data.interval='often' must be a duration",
    (V1, "data.from=2025-06-01", "data.to=2025-05-01"): "data.from=2025-06-01 lies after data.to=2025-05-01",
    (V1, "data.columns.calls.tz=when"): "data.columns.calls.tz: unknown key",
    (V1, "gates.max_undated_candles=2"): "a share in [0, 1]",
    (V1, "gates.max_missing_candle=.1"): "did you mean 'max_missing_candles'",
    ("gates.max_missing_candles=.1",): "gates.max_missing_candles belongs to callers and this is a sweep",
    ("gates.max_quarantined_quote=.1",): "did you mean 'max_quarantined_quotes'",
    (V1, "stress=1"): "stress=1 must be true or false",
    (V1, "storage=postgres"): "storage.url=postgresql://",
    (V1, "oos.fraction=1"): "oos.fraction must be in",
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("overrides", REFUSED, ids=" ".join)
def test_a_wrong_request_is_answered_with_key_value_and_remedy(overrides: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError) as refused:
        load_plan(*overrides)
    assert REFUSED[overrides] in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.slow
def test_sections_of_sweeps_are_absent() -> None:
    cfg = compose(jobs([V1], multirun=False)[0])
    assert not {"strategy", "space", "search", "mirror"} & set(cfg)
    assert set(cfg["report"]) == {"top", "held_out"}
    assert not [gate for gate in cfg["gates"] if "quarantined" in gate]
    sweep = compose(jobs(["+experiment=options_sweep"], multirun=False)[0])
    assert not {"policy", "calls", "coverage", "mode", "ties"} & set(sweep)


@pytest.mark.slow
def test_an_experiment_of_ones_own_may_build_on_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "conf"
    for folder in ("experiment", "fees"):
        (own / folder).mkdir(parents=True)
    (own / "experiment" / "mine.yaml").write_text(
        "# @package _global_\ndefaults: [v1_baseline, {override /policy: trailing}]\nmode: grouped\n"
    )
    (own / "experiment" / "bad.yaml").write_text("# @package _global_\ndefaults: [v1_baseline]\nspace: {a: [1]}\n")
    (own / "fees" / "free.yaml").write_text("taker_bps: 0\nslippage_bps: 0\n")
    monkeypatch.chdir(tmp_path)
    plan = of("+experiment=mine", "fees=free", "data.duckdb=x")
    assert (plan.study, plan.mode, plan.costs.side) == ("mine-free-duckdb-data.duckdb_x", "grouped", 0)
    assert plan.policies == grid("trailing")
    with pytest.raises(ConfigError, match="space belongs to sweeps, and this configuration is about callers"):
        load_plan("+experiment=bad")


@pytest.mark.slow
def test_a_gate_in_a_file_of_ones_own_is_told_whose_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for wing, base, gate in (("sweeps", "v1_baseline", "max_unknown_symbols"),
                             ("callers", "options_sweep", "max_lone_prints")):  # fmt: skip
        mine = tmp_path / wing / "conf" / "experiment" / "mine.yaml"
        mine.parent.mkdir(parents=True)
        mine.write_text(f"# @package _global_\ndefaults: [{base}]\ngates: {{{gate}: 0.1}}\n")
        monkeypatch.chdir(tmp_path / wing)
        with pytest.raises(ConfigError, match=f"gates.{gate}: it belongs to {wing}; unknown key '{gate}'"):
            load_plan("+experiment=mine")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        ([V1, "runner=local", "run_dir=x"], "v1_baseline"),
        ([V1, "policy=trailing", "fees=dear"], "v1_baseline-trailing-dear"),
        ([V1, "data.duckdb=x"], "v1_baseline-duckdb-data.duckdb_x"),
        ([V1, "data=synthetic", "calls.callers=[A,B]"], "v1_baseline-calls.callers_A,B"),
        ([V1, "policy.tp_mults=[2,3]", "seed=1"], "v1_baseline-policy.tp_mults_2,3-seed_1"),
        ([V1, "study.name=mine"], "mine"),
    ],
)
def test_a_study_is_named_by_what_differs(overrides: list[str], name: str) -> None:
    assert of(*overrides).study == name


@pytest.mark.slow
def test_a_multirun_names_its_jobs_apart() -> None:
    plans = load_plans([V1, "policy=v1,trailing", "fees=standard,dear"])
    assert [plan.study for plan in plans] == [
        "v1_baseline", "v1_baseline-dear", "v1_baseline-trailing", "v1_baseline-trailing-dear",
    ]  # fmt: skip
    assert len({plan.run_dir for plan in plans}) == 4


@pytest.mark.slow
def test_a_multirun_may_hold_both_kinds() -> None:
    first, second = load_plans(["+experiment=v1_baseline,options_sweep", "fees=dear"])
    assert isinstance(first, CallerPlan)
    assert isinstance(second, Plan)
    assert (first.costs.slippage_bps, second.fees.slippage_per_share) == (50, 0.01)
    with pytest.raises(ConfigError, match="search belongs to sweeps"):
        load_plans(["+experiment=options_sweep,v1_baseline", "search=random"])


@pytest.mark.slow
def test_a_notebook_is_told_which_function_to_call() -> None:
    plan, sweep = qr.load(V1), qr.load()
    assert isinstance(plan, CallerPlan)
    for call in (qr.sweep, qr.load_slice, lambda p: qr.evaluate(p, []), lambda p: qr.trades(p, {})):
        with pytest.raises(ConfigError, match=r"call qr\.optimise"):
            call(plan)
    with pytest.raises(ConfigError, match=r"call qr\.sweep"):
        qr.optimise(sweep)


@pytest.mark.slow
def test_changes_of_what_is_compared_change_the_digests_and_others_do_not() -> None:
    plain = of(V1).digests("c", "d", "e")
    for same in ("runner=local", "run_dir=x", "report.top=3", "fresh=true", "gates.max_missing_candles=.5"):
        assert of(V1, same).digests("c", "d", "e") == plain
    for part, override in (("policy", "policy=fixed"), ("costs", "fees=dear"), ("capital", "capital=fixed"),
                           ("market", "entry=close"), ("ties", "ties=[]"), ("mode", "mode=grouped")):  # fmt: skip
        other = of(V1, override).digests("c", "d", "e")
        assert {name for name in plain if plain[name] != other[name]} == {part}
