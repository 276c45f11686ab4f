"""What is believed is a figure of the strategy: measured alike twice, and not by the future."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantray.stats.checks import Verdict, Word
from quantray.sweeps.audit import audited
from quantray.sweeps.plan import Plan
from quantray.sweeps.results import Chosen
from quantray.sweeps.scores import sample, score_trials
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import sweep_plan

MARKET = tiny_slice(2, n_bars=1500, n_strikes=3)
PARAMS = {"bars": 100, "away": 0.0002}


def params_of(name: str) -> dict[str, object]:
    return {"any": 1} if name.endswith("Box") else PARAMS


def plan_of(name: str) -> Plan:
    return sweep_plan({k: [v] for k, v in params_of(name).items()}, target=f"strategy.planted.{name}")


def word_of(name: str, word: Word = Word.BELIEVE, **metrics: float) -> Verdict:
    """The verdict on a strategy that would have this word, where the search had measured these ``metrics``."""
    plan = plan_of(name)
    (trial,) = score_trials(plan, MARKET, plan.space.candidates(np.arange(1)))
    trial = replace(trial, metrics={**trial.metrics, **metrics})
    made = sample(plan, MARKET, params_of(name))
    pick = Chosen("pick", 0, params_of(name), made.value, made, None)
    return audited(plan, MARKET, Verdict(word, "said"), trial, made, pick)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Fair", "FairBox"])
def test_what_is_fair_keeps_its_word(name: str):
    assert word_of(name) == Verdict(Word.BELIEVE, "said")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["Centred", "NextBar", "WholeDay", "AtTheHigh", "Backfilled", "NextBarBox"])
def test_what_looks_ahead_is_not_believed(name: str):
    found = word_of(name)
    assert found.word is Word.DISBELIEVE
    assert found.headline.startswith("The strategy looks at the future: what it decided up to ")
    assert found.checks[0].sentence == found.headline


def test_nobody_is_asked_about_the_future_who_is_not_believed_anyway():
    assert word_of("NextBar", Word.DOUBTFUL).word is Word.DOUBTFUL


@pytest.mark.parametrize("word", Word)
def test_figures_that_differ_when_they_are_measured_again_are_never_believed(word: Word):
    found = word_of("Fair", word, total_pnl=1.0)
    assert found.word is (word if word is Word.TOO_LITTLE_DATA else Word.DISBELIEVE)
    assert "total_pnl of the peak was 1 and is " in found.headline


def test_a_strategy_that_throws_dice_is_told_so():
    assert "it is random, reads a clock or remembers" in word_of("Dice").headline


def test_prices_that_were_made_writable_are_seen():
    made, plan = tiny_slice(1, n_bars=300), plan_of("Fair")
    for name in ("open", "high", "low"):
        getattr(made.sessions[0], name).flags.writeable = False
    peak = sample(plan, MARKET, PARAMS)
    (trial,) = score_trials(plan, MARKET, plan.space.candidates(np.arange(1)))
    found = audited(plan, made, Verdict(Word.BELIEVE, "said"), trial, peak, None)
    assert "writable" in found.headline
    assert found.word is Word.DISBELIEVE
