"""What a notebook's functions are given, told apart; and a call that is interrupted."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

import quantray as qr
from quantray import asked
from quantray.errors import Interrupted, QuantrayError
from quantray.report import cell
from tests.builders.sweep_plans import SMALL

CALLS: dict[str, Callable[..., object]] = {"sweep": qr.sweep, "optimise": qr.optimise, "baseline": qr.baseline}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "given", [3, None, 2.5, {"seed": 1}, b"seed=1", Path("outputs"), object(), qr.Plan, float("nan")]
)
def test_what_is_no_plan_is_answered_with_what_would_be_one(call: str, given: object) -> None:
    with pytest.raises(
        qr.ConfigError, match=rf"qr\.{call} takes a plan or overrides, .*e\.g\. qr\.{call}\(\"\+experiment"
    ):
        CALLS[call](given)


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("given", [["seed=1", 3], ["+experiment=options_sweep", None]])
def test_an_override_is_text(call: str, given: list[object]) -> None:
    with pytest.raises(qr.ConfigError, match="an override is text such as 'seed=1'"):
        CALLS[call](*given)


@pytest.mark.slow
def test_each_kind_of_plan_has_its_call() -> None:
    plans = {
        "sweep": qr.load_sweep(),
        "optimise": qr.load_callers("+experiment=v1_baseline"),
        "baseline": qr.load_baseline(),
    }
    for right, plan in plans.items():
        for call in CALLS:
            if call != right:
                with pytest.raises(qr.ConfigError, match=rf"which qr\.{call} does not take; call qr\.{right}"):
                    CALLS[call](plan)
            with pytest.raises(qr.ConfigError, match=r"checked already and takes no more overrides.*'seed=2'"):
                CALLS[call](plan, "seed=2")
        for function in (qr.load_slice, qr.evaluate, qr.trades):
            with pytest.raises(qr.ConfigError, match=r"takes a plan|does not take"):
                function("nothing" if right == "sweep" else plan, *([] if function is qr.load_slice else [{}]))


@pytest.mark.slow
def test_overrides_are_what_the_plan_of_them_would_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    overrides = ["+experiment=options_sweep", "runner=local", "study.name=one", *SMALL]
    study = qr.sweep(*overrides, progress=False)
    again = qr.sweep(qr.load(*overrides))
    listed = qr.sweep(overrides)
    assert study.plan == again.plan == listed.plan
    assert study.results.table == again.results.table
    assert study.trades().equals(again.trades())
    written = study.files["trades.csv"].read_text(encoding="utf-8")
    assert study.trades().to_csv(index=False, lineterminator="\n") == written
    with pytest.raises(qr.ConfigError, match="did you mean 'searched'"):
        study.trades(part="serched")


@pytest.mark.slow
@pytest.mark.parametrize(("given", "said"), [
    ("options_swep", r"did you mean \+experiment=options_sweep\?"), ("v1_baselin", r"\+experiment=v1_baseline\?"),
    ("", "is no key=value; give an experiment"), ("mine", "directory of a run, and a request is made of key=value"),
    ("outputs/mine", "directory of a run"), ("outputs/min", "mean 'outputs/mine'"), ("\x1b[31m", "no key=value"),
    ("+experiment=options_sweep seed=1", r"give each its own: '\+experiment=options_sweep', 'seed=1'"),
    ("x" * 100_000, "is no key=value"),
])  # fmt: skip
def test_a_name_is_answered_with_what_it_may_mean(
    given: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outputs" / "mine").mkdir(parents=True)
    for call in (qr.load_sweep, qr.sweep, qr.optimise):
        with pytest.raises(qr.ConfigError, match=said) as found:
            call(given)
        assert len(str(found.value)) < 600
    with pytest.raises(qr.UserError, match=r"holds no ledger\.db" if given == "outputs/mine" else said):
        qr.load(given)
    assert [path.name for path in tmp_path.iterdir()] == ["outputs"]


def interrupted() -> None:
    os.kill(os.getpid(), signal.SIGINT)
    raise AssertionError("the signal did not arrive")


def told() -> None:
    raise Interrupted("stopped in scores; the same command goes on there")


def of_a_library() -> None:
    """What a query makes of a signal."""
    try:
        interrupted()
    except KeyboardInterrupt:
        raise RuntimeError("Query interrupted") from None


def stopped(work: Callable[[], object]) -> None:
    with asked.stoppable("one"):
        work()


@pytest.mark.parametrize("where", ["nowhere", "terminal"])
def test_an_interruption_is_a_sentence(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cell, "place", lambda: where)
    goes_on = "what is stored stays stored, and the same call goes on there$"
    with pytest.raises(Interrupted, match=f"^one was interrupted; {goes_on}"):
        stopped(interrupted)
    with pytest.raises(Interrupted, match=f"^one was interrupted: stopped in scores; {goes_on}"):
        stopped(told)
    with pytest.raises(ZeroDivisionError):
        stopped(lambda: 1 / 0)
    with pytest.raises(Interrupted if where == "terminal" else RuntimeError):
        stopped(of_a_library)
    with pytest.raises(ZeroDivisionError):  # the next call is not the one that was stopped
        stopped(lambda: 1 / 0)


@pytest.mark.slow
@pytest.mark.parametrize("where", ["nowhere", "terminal"])
def test_the_same_call_goes_on(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted while it searches, then called again: what was stored is not done again, and nothing is missing."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(cell, "place", lambda: where)
    request = ["+experiment=options_sweep", "runner=local", "study.name=stopped", *SMALL, "search.n_trials=12"]
    seen: list[int] = []

    def told(event: qr.Progress) -> None:
        seen.append(event.counts.complete)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(Interrupted, match=r"stopped was interrupted.*the same call goes on there"):
        qr.sweep(*request, progress=told)
    monkeypatch.setattr(cell, "place", lambda: "nowhere")
    again = qr.sweep(*request, progress=lambda event: seen.append(event.stored.complete))
    assert again.results.counts.complete >= 12
    assert seen[-1] < again.results.counts.complete


def test_a_notebook_shows_the_sentence_and_the_line_that_asked() -> None:
    try:
        qr.load(3)  # type: ignore[arg-type]
    except QuantrayError as error:
        asked_for, said = error._render_traceback_()
    assert "qr.load(3)" in asked_for
    assert said == "ConfigError: an override is text such as 'seed=1', and this is int '3'; write it as key=value"
    assert len(QuantrayError("x")._render_traceback_()) == 1
