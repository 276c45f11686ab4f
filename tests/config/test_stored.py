"""A plan comes back from the request that its study keeps."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from quantray.callers.baseline.pipeline import request as of_baseline
from quantray.callers.baseline.plan import BaselinePlan
from quantray.callers.plan import CallerPlan
from quantray.callers.report.command import command as of_a_run
from quantray.callers.stages.checkpoints import request as of_callers
from quantray.config.plans import load_plan
from quantray.config.stored import at_home, stored_plan
from quantray.errors import ConfigError
from quantray.settings import Storage
from quantray.sweeps.description import request as of_sweep
from quantray.sweeps.plan import Plan
from quantray.sweeps.report.command import command as of_a_sweep

LISTED = "policy.policies=[{sl: .9, tp: 2, hold: 48h, trailing: {activation: .2, trail: .05}}, {tp: 3}]"
REQUESTS = [
    ["+experiment=options_sweep"],
    ["+experiment=options_table", "objective=total_pnl/max_drawdown", "fees.slippage_per_share=.01"],
    ["+experiment=options_sweep", "search.sampler={_target_:optuna.samplers.CmaEsSampler}",
     "constraints.max_drawdown=5", "constraints.min_win_rate=.3",
     "space.stop_loss_percent={low:-50,high:-10,step:5}", "seed=7"],
    ["+experiment=v1_baseline"],
    ["+experiment=caller_policies", "mode=both", "constraints.max_drawdown=.5", "calls.horizon=72h", "ties=[n_trades]"],
    ["+experiment=caller_policies", "policy=listed", LISTED, "calls.dedupe_window=1h"],
    ["+experiment=alert_baseline", "baseline.tp=3", "calls.min_per_caller=2"],
]  # fmt: skip


def kept(plan: Plan | CallerPlan | BaselinePlan) -> dict[str, Any]:
    made = of_sweep(plan) if isinstance(plan, Plan) else of_baseline(plan) if isinstance(plan, BaselinePlan) else None
    return json.loads(json.dumps(made or of_callers(plan)))  # type: ignore[arg-type, no-any-return]


@pytest.mark.parametrize("lines", REQUESTS, ids=lambda lines: " ".join(lines)[:40])
def test_the_same_plan_comes_back(tmp_path: Path, lines: list[str]) -> None:
    plan = load_plan(*lines, f"run_dir={tmp_path}", "study.name=mine")
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    again = stored_plan(kept(plan), "mine", url)
    assert again == replace(plan, storage=Storage("sqlite", url))
    told = of_a_sweep if isinstance(plan, Plan) else of_a_run
    assert told(again) == told(plan)  # type: ignore[arg-type]
    assert "study.name=mine" in told(again)  # type: ignore[arg-type]


def test_a_run_directory_that_was_moved_is_where_its_ledger_is(tmp_path: Path) -> None:
    request = kept(load_plan("+experiment=options_sweep", "run_dir=elsewhere", "study.name=mine"))
    (tmp_path / ".quantray").mkdir()
    assert stored_plan(request, "mine", f"sqlite:///{tmp_path / 'ledger.db'}").run_dir == tmp_path
    assert stored_plan(request, "mine", f"sqlite:///{tmp_path / 'all.db'}").run_dir == Path("elsewhere").absolute()


@pytest.mark.slow
def test_what_cannot_be_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'old' keeps no request: an earlier version made it"):
        stored_plan(None, "old", "sqlite:///x")
    request = kept(load_plan("+experiment=options_sweep", f"run_dir={tmp_path}"))
    request["sections"]["strategy"]["_target_"] = "strategy.gone.Gone"
    with pytest.raises(ConfigError, match=r"request of study 'old' cannot be read any more: .*strategy\.gone"):
        stored_plan(request, "old", "sqlite:///x")


def test_names_are_read_where_they_were_written(tmp_path: Path) -> None:
    before = Path.cwd()
    with at_home({"cwd": str(tmp_path)}):
        assert Path.cwd() == tmp_path.resolve()
    for gone in ({"cwd": str(tmp_path / "gone")}, {}):
        with at_home(gone):
            assert Path.cwd() == before
    assert Path.cwd() == before
