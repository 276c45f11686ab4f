"""Overrides as a shell hands them over."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.callers.data import CallSettings
from quantray.config.overrides import as_names, jobs
from quantray.config.plans import compose, load_plan, load_plans
from quantray.config.sections import checked
from quantray.errors import ConfigError
from tests.builders.odd_names import WORDS


@pytest.mark.slow
@pytest.mark.parametrize("name", [w for w in WORDS if not set("\u2028\u0085~") & set(w)])
def test_a_name_on_the_command_line_is_text(name):
    def callers(line):
        (job,) = jobs(["+experiment=v1_baseline", line], multirun=False)
        return checked(CallSettings, compose(job), "calls").callers

    assert callers(f"calls.callers=[{name},'two words',b]") == (name, "two words", "b")
    assert callers(f"calls.callers={name}") == name
    assert callers(f"++calls.callers=[ {name} ]") == (name,)
    (job,) = jobs(["+experiment=v1_baseline", f"calls.groups={{a:[{name}],b:[c]}}"], multirun=False)
    assert checked(CallSettings, compose(job), "calls").groups == {"a": (name,), "b": ("c",)}


def test_several_runs_by_caller_stay_several():
    lines = ["+experiment=v1_baseline", "calls.callers=007,on"]
    assert [job.swept for job in jobs(lines, multirun=True)] == [
        (("calls.callers", "'007'"),), (("calls.callers", "'on'"),),
    ]  # fmt: skip
    assert as_names("choice(a,b)") == "choice(a,b)"
    assert as_names("null,x") == "'null','x'"
    assert as_names("'it\\'s',a") == "'it\\'s','a'"


@pytest.mark.parametrize("experiment", ["+experiment=options_sweep", "experiment=options_sweep"])
def test_an_experiment_is_added_with_or_without_the_plus(experiment: str) -> None:
    assert load_plan(experiment).runner.kind == "ray"


@pytest.mark.slow
def test_one_list_or_many_arguments() -> None:
    assert load_plan(["seed=3", "search=random"]) == load_plan("seed=3", "search=random")


@pytest.mark.slow
def test_a_choice_on_the_command_line_beats_the_experiment() -> None:
    plan = load_plan("+experiment=options_sweep", "search=random", "runner=local", "fees=dear")
    assert (plan.search.kind, plan.runner.kind, plan.fees.slippage_per_share) == ("random", "local", 0.01)


@pytest.mark.slow
@pytest.mark.parametrize("key", ["search.n_trials=5", "+search.n_trials=5", "++search.n_trials=5"])
def test_a_value_may_be_set_with_any_of_hydras_prefixes(key: str) -> None:
    assert load_plan(key).search.n_trials == 5


@pytest.mark.slow
@pytest.mark.parametrize("path", ["~/x", "/tmp/it's here", "a b", "/tmp/a=b", "C:/x"])
def test_a_path_may_hold_what_hydras_grammar_does_not(path: str) -> None:
    assert load_plan(f"run_dir={path}").run_dir == Path(path).expanduser()


@pytest.mark.slow
def test_a_multirun_names_its_jobs_apart() -> None:
    plans = load_plans(["search=tpe,random", "seed=range(1,3)", "runner.workers=2"])
    assert len({plan.study for plan in plans}) == len({plan.run_dir for plan in plans}) == 4
    assert [(plan.search.kind, plan.seed) for plan in plans] == [("tpe", 1), ("tpe", 2), ("random", 1), ("random", 2)]


@pytest.mark.slow
def test_jobs_that_cannot_differ_in_results_differ_in_name() -> None:
    plans = load_plans(["runner.workers=1,2"])
    assert [plan.study for plan in plans] == ["vwap_reclaim-runner.workers_1", "vwap_reclaim-runner.workers_2"]


@pytest.mark.slow
def test_a_multirun_over_a_list_of_lists() -> None:
    plans = load_plans(["space.stop_loss_percent=[-25],[-50,-75]"])
    assert [plan.space.dimensions[5].values for plan in plans] == [(-25,), (-50, -75)]


@pytest.mark.slow
def test_jobs_of_a_multirun_get_a_folder_each_in_one_run_dir() -> None:
    plans = load_plans(["seed=0,1", "run_dir=results"])
    assert [plan.run_dir for plan in plans] == [Path("results/vwap_reclaim"), Path("results/vwap_reclaim-seed_1")]


@pytest.mark.slow
def test_a_multirun_refuses_one_name_for_two_jobs() -> None:
    with pytest.raises(ConfigError, match=r"study\.name=x would be used by 2 jobs"):
        load_plans(["seed=0,1", "study.name=x"])


@pytest.mark.slow
def test_a_multirun_checks_every_job_before_the_first() -> None:
    with pytest.raises(ConfigError, match="n_trials must be >= 1"):
        load_plans(["search.n_trials=5,0"])
