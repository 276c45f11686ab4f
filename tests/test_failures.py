"""Failures are said: which came first, where, how often each; and a run of failures is none that ends well."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from quantray.config.plans import load_plan
from quantray.errors import TooManyFailures
from quantray.failures import counted, kind_of, told
from quantray.sweeps.report.studies.stored import show_study
from quantray.sweeps.study import sweep

SPACE = (
    "space.entry_window=['9:30-15:45']",
    "space.stretch_threshold=[0.001,0.002,0.003]",
    "space.cooldown_period_seconds=[60]",
    "space.stop_loss_percent=[-50]",
    "space.max_trade_duration_seconds=[300]",
    "space.reclaim_percentage=[0.5]",
)
WHERE = "(shelf/plugins.py, line "


def plan_of(folder: Any, target: str, *overrides: str, **params: Any) -> Any:
    plan = load_plan(
        "+experiment=options_sweep", "runner=local", "data.synthetic.sessions=4", "mirror.enabled=false",
        "search.n_trials=20", f"run_dir={folder}", *SPACE, *overrides,
    )  # fmt: skip
    spec = replace(plan.strategy, target=f"strategy.plugins.{target}", params={**plan.strategy.params, **params})
    return replace(plan, strategy=spec)


def said_everywhere(folder: Any, message: str, n_failed: int) -> dict[str, Any]:
    """The message with its place stands in summary, report and ``study show``; returns the summary."""
    summary = json.loads((folder / "summary.json").read_text())
    assert summary["n_failed"] == n_failed
    reasons = [r for r in summary["reasons"] if message in r["first"]]
    assert len(reasons) == 1
    assert WHERE in reasons[0]["first"]
    page = (folder / "report.html").read_text()
    assert WHERE in page
    shown = show_study(folder)
    assert shown.counts.failed == n_failed
    assert {text: n for text, n in shown.failed.items() if message in text} == {reasons[0]["first"]: reasons[0]["n"]}
    return summary


@pytest.mark.slow
@pytest.mark.parametrize("search", ["random", "exhaustive"])
@pytest.mark.parametrize("most", [0, 5, 50])
def test_a_bug_everywhere_is_a_failed_run_that_says_where(tmp_path, search, most):
    plan = plan_of(tmp_path, "Buggy", f"search={search}", f"search.max_failures={most}", bug_from=0.0)
    with pytest.raises(TooManyFailures, match=r"no column 0\.00\d.*shelf/plugins.py, line"):
        sweep(plan)
    summary = json.loads((tmp_path / "summary.json").read_text())
    summary = said_everywhere(tmp_path, "KeyError", summary["n_failed"])
    assert summary["verdict"]["word"] == "failed"
    assert summary["n_attempts"] == summary["n_failed"]
    assert summary["n_failed"] > most or summary["n_failed"] == plan.space.size
    if search == "exhaustive":
        with pytest.raises(TooManyFailures):  # the same command comes to the same end
            sweep(plan)


@pytest.mark.slow
@pytest.mark.parametrize("search", ["random", "exhaustive"])
def test_a_black_box_that_raises_everywhere(tmp_path, search):
    plan = plan_of(tmp_path, "BrokenBox", f"search={search}", "space={take_profit_percent: [35]}", "search.n_trials=1")
    plan = replace(plan, strategy=replace(plan.strategy, params={}))
    with pytest.raises(TooManyFailures, match="no volume at 35"):
        sweep(plan)
    said_everywhere(tmp_path, "no volume at 35", 1)


@pytest.mark.slow
@pytest.mark.parametrize("search", ["random", "exhaustive"])
def test_some_failures_are_counted_beside_what_completed(tmp_path, search):
    study = sweep(plan_of(tmp_path, "Buggy", f"search={search}", "constraints.min_trades=1", bug_from=0.003))
    counts = study.results.counts
    assert counts.complete > 0
    summary = said_everywhere(tmp_path, "no column 0.003", counts.failed)
    assert f"{counts.failed:,} of {counts.attempts:,} candidates failed" in summary["first_failure"]
    assert sum(r["n"] for r in summary["reasons"]) == counts.attempts - counts.complete


@pytest.mark.slow
@pytest.mark.parametrize("search", ["random", "exhaustive"])
def test_what_a_rule_refuses_is_no_fault_and_stops_nothing(tmp_path, search):
    overrides = (f"search={search}", "search.max_failures=0", "constraints.min_trades=1", "search.n_trials=10")
    study = sweep(plan_of(tmp_path, "Buggy", *overrides, least=60.0))
    assert study.results.counts.complete > 0
    assert study.results.counts.failed > 0
    summary = said_everywhere(tmp_path, "is under 60", study.results.counts.failed)
    assert [r["first"].startswith("refused: ValueError") for r in summary["reasons"] if r["state"] == "FAIL"] == [True]
    with pytest.raises(TooManyFailures, match=r"all .* candidates failed.*refused"):
        sweep(plan_of(tmp_path / "none", "Buggy", *overrides, least=1000.0))


@pytest.mark.slow
def test_nothing_completed_names_the_commonest_reason(tmp_path):
    overrides = (
        "search=exhaustive",
        "objective=profit_factor",
        "constraints.min_trades=0",
        "space.stretch_threshold=[0.9]",
    )
    study = sweep(plan_of(tmp_path, "Buggy", *overrides))
    headline = study.results.verdict.headline
    n = study.results.counts.attempts
    assert study.results.counts.pruned == n
    assert headline.startswith(f"None of {n} candidates completed: no profit factor: no trade lost")
    assert "too few" not in headline


def test_reasons_are_counted_by_the_line_that_raised():
    def raised(message: str) -> str:
        try:
            raise ValueError(message)
        except ValueError as error:
            return told(error)

    rows = [(number, "FAIL", raised(f"bad {number}"), 1) for number in (7, 3, 5)]
    rows += [
        (9, "PRUNED", "too_few_trades", 10),
        (4, "FAIL", "TypeError: x (other.py, line 1) (session 2024-11-25)", 1),
    ]
    found = counted(rows)
    assert [(r.state, r.n, r.number) for r in found] == [("PRUNED", 10, 9), ("FAIL", 3, 3), ("FAIL", 1, 4)]
    assert found[1].first == rows[1][2]
    assert "tests/test_failures.py, line" in found[1].first
    assert kind_of("signals must be in time order (session 2024-11-25)") == "signals must be in time order"


def test_an_exception_that_cannot_be_shown_is_a_sentence_all_the_same():
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert told(Mute()) == "Mute: (its message cannot be shown)"
    assert len(told(ValueError("x" * 10_000 + "\n" * 100))) < 500
