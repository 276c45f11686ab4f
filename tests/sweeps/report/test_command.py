"""The command that a page prints makes the same run again."""

from __future__ import annotations

import html
import json
import re
import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from quantray.command_line import Overrides
from quantray.config.plans import load_plan, load_plans
from quantray.settings import Search, Storage
from quantray.sweeps.plan import Plan
from quantray.sweeps.report.command import command, identity, overrides
from quantray.sweeps.study import Study, sweep
from tests.builders import commands
from tests.builders.sweep_pages import page
from tests.builders.sweep_plans import SMALL
from tests.builders.sweep_results import results

TYPED = [
    "+experiment=options_sweep",
    "search=random",
    "space.stop_loss_percent=[-25,-50]",
    "constraints.max_drawdown=500",
]


def again(plan: Plan) -> Plan:
    """The plan of the command that is printed for a plan."""
    words = shlex.split(command(plan))
    assert words[:2] == ["quantray", "run"]
    found = load_plan(words[2:])
    assert isinstance(found, Plan)
    return found


@pytest.mark.slow
def test_what_was_typed_is_printed_as_it_was_typed():
    plan = load_plan(TYPED)
    assert shlex.split(command(plan)) == ["quantray", "run", *TYPED]
    assert command(load_plan([*TYPED, "fresh=true"])) == command(plan)  # it would delete what it is to be compared with


@pytest.mark.slow
def test_each_job_of_several_has_a_command_of_its_own():
    for plan in load_plans(["+experiment=options_sweep,options_table", "seed=1,2", "strategy.latency_seconds=2"]):
        made = again(plan)
        assert (made, made.run_dir) == (plan, plan.run_dir)
        assert identity(made) == identity(plan)


CHANGED = {
    "seed": {"seed": 9},
    "sampler": {"search": Search(sampler={"_target_": "optuna.samplers.TPESampler", "multivariate": True}, n_trials=7)},
    "name": {"study": 'it\'s ${a} "name" of mine; `x` $HOME'},
    "objective": {"objective": "total_pnl / max_drawdown"},
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", CHANGED)
def test_a_plan_that_was_changed_or_made_by_hand_has_a_command_too(kind: str):
    plan = load_plan([*TYPED, "space.stretch_threshold={low:0.001,high:0.02,log:true}", "data.synthetic.edge=1.5",
                      "data.timezone={options:America/New_York}"])  # fmt: skip
    changed = replace(plan, **CHANGED[kind])
    by_hand = replace(changed, asked=None)
    for each in (changed, by_hand):
        made = again(each)
        assert (made.study, identity(made)) == (each.study, identity(each))
    assert overrides(changed) == overrides(by_hand)


@pytest.mark.slow
def test_where_a_run_is_kept_is_no_part_of_it():
    plan = load_plan(TYPED)
    moved = replace(plan, run_dir=Path("elsewhere"), storage=Storage("memory"), fresh=True)
    assert command(moved) == command(plan)


@pytest.mark.slow
def test_passwords_are_masked_and_the_page_says_so():
    r = results()
    lines = ("+experiment=options_sweep", "storage.url=postgresql://ann:se-cret1@db/x")
    plan = replace(r.plan, asked=Overrides(lines, identity(r.plan)))
    assert "se-cret1" not in command(plan)
    _, said = page(replace(r, plan=plan))
    assert "ann:***@db" in said
    assert "*** stands for a password" in said
    assert "stands for a password" not in page(r)[1]


@pytest.mark.slow
def test_the_printed_command_gives_the_same_table_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    plan = load_plan([*SMALL, "runner=local", "data.cache=cache"])
    study, changed = sweep(plan), sweep(replace(plan, seed=5, run_dir=tmp_path / "changed"))
    other = tmp_path / "other"
    other.mkdir()
    run = commands.process(other, printed(study))
    err = run.communicate(timeout=120)[1]
    assert run.returncode == 0, err
    summary = json.loads((other / plan.run_dir / "summary.json").read_text(encoding="utf-8"))
    assert summary["table_sha256"] == study.results.table
    assert (other / plan.run_dir / "top_trials.csv").read_bytes() == study.files["top_trials.csv"].read_bytes()
    monkeypatch.chdir(other)
    again = sweep(replace(load_plan(printed(changed)), mirror=plan.mirror, run_dir=other / "changed"))
    assert again.results.table == changed.results.table != study.results.table


def printed(study: Study) -> list[str]:
    """The overrides that the page of a study prints."""
    text = study.files["report.html"].read_text(encoding="utf-8")
    found = re.search(r'<code id="command">(.*?)</code>', text)
    assert found is not None
    words = shlex.split(html.unescape(found[1]))
    assert words[:2] == ["quantray", "run"]
    return words[2:]
