"""Peak, pick and word of a finished search: bad input is a sentence and never a word of belief; one look ahead."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from quantray.protocols import Counts
from quantray.settings import Report
from quantray.stats.checks import Word
from quantray.sweeps import judge as judged
from quantray.sweeps.grid.points import surface
from quantray.sweeps.judge import Judgement, judge
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Constraints, Plan
from quantray.sweeps.scores import score_trials
from tests.builders.sessions import tiny_slice
from tests.builders.sweep_plans import sweep_plan

MARKET = tiny_slice(12, seed=2, n_bars=1200, n_strikes=5)
TRAIN, HELD_OUT = MARKET.take(0, 7), MARKET.take(7, 12)
SPACE = {"stretch_threshold": [0.0005, 0.001], "take_profit_percent": [25, 50], "option_selection_mode": ["itm", "otm"]}
FEW = Constraints(2)


def judgement(plan: Plan, train: Slice = TRAIN, held_out: Slice | None = HELD_OUT, *, exact: bool = True) -> Judgement:
    numbers = np.arange(plan.space.size or 0)
    trials = [replace(t, number=i) for i, t in enumerate(score_trials(plan, train, plan.space.candidates(numbers)))]
    complete = sum(t.value is not None for t in trials)
    counts = Counts(complete, len(trials) - complete)
    return judge(plan, train, held_out, trials, surface(plan, train) if exact else None, counts)


@pytest.fixture
def survived(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a random walk nothing survives; here the first three with the best statistics do."""
    real = judged.survivors

    def some(nets: np.ndarray, **settings: object):
        found = real(nets, **settings)
        least = np.sort(np.nan_to_num(found.statistic, nan=-np.inf))[-3]
        return replace(found, mask=found.statistic >= least, untested=None)

    monkeypatch.setattr(judged, "survivors", some)


def test_without_survivors_there_is_no_pick_and_the_peak_stays():
    plan = sweep_plan(SPACE, constraints=FEW)
    found = judgement(plan)
    assert found.pick is None
    assert found.stress is None
    assert found.surviving.n == 0
    assert found.best is not None
    assert found.best.value == max(value for _, value in found.surviving.tradeoff)
    assert found.verdict.word in (Word.DISBELIEVE, Word.TOO_LITTLE_DATA)
    assert found.in_sample.value == found.best.value


@pytest.mark.slow
@pytest.mark.usefixtures("survived")
@pytest.mark.parametrize("exact", [True, False])
def test_the_held_out_part_is_looked_at_for_pick_and_peak_alone(exact: bool, monkeypatch: pytest.MonkeyPatch):
    """Another future changes neither who survives nor who is picked; nobody else is evaluated on it."""
    plan = sweep_plan(SPACE, constraints=FEW)
    found = judgement(plan, exact=exact)
    other = tiny_slice(12, seed=9, n_bars=1200, n_strikes=5).take(7, 12)
    assert found.pick is not None
    looked: list[object] = []
    real = judged.sample

    def watched(of: Plan, market: Slice, params: dict[str, object]):
        looked.extend([params] if market is other else [])
        return real(of, market, params)

    monkeypatch.setattr(judged, "sample", watched)
    monkeypatch.setattr(judged, "score", lambda *_: pytest.fail("somebody else was evaluated on the held-out part"))
    again = judgement(plan, held_out=other, exact=exact)
    assert again.pick.params == found.pick.params
    assert again.surviving.frame.equals(found.surviving.frame)
    assert again.stress == found.stress
    assert looked == [again.pick.params, again.best.params]
    assert again.pick.oos != found.pick.oos
    assert not again.top_oos


@pytest.mark.usefixtures("survived")
def test_looking_at_everybody_counts():
    plan = sweep_plan(SPACE, constraints=FEW, report=Report(top=3, held_out="all"))
    found = judgement(plan)
    assert len(found.top_oos) == 3


@pytest.mark.slow
@pytest.mark.usefixtures("survived")
def test_who_is_picked_meets_every_bound():
    free = judgement(sweep_plan(SPACE, constraints=FEW))
    rate = free.pick.metrics["win_rate"]
    bound = judgement(sweep_plan(SPACE, constraints=Constraints(2, {"max_win_rate": rate - 1e-9})))
    assert bound.surviving.tested.statistic.size == free.surviving.tested.statistic.size
    assert bound.pick is None or bound.pick.metrics["win_rate"] < rate


@pytest.mark.usefixtures("survived")
@pytest.mark.usefixtures("survived")
def test_bounds_that_nobody_meets_leave_the_family_tested_and_nothing_to_pick():
    """Bounds on outcomes filter what survives; they decide neither what is tested nor the word."""
    nobody = Constraints(2, {"min_win_rate": 2.0})
    found = judgement(sweep_plan(SPACE, constraints=nobody))
    assert (found.best, found.pick, found.in_sample) == (None, None, None)
    assert found.surviving.tested.mask.sum() >= 3
    assert found.verdict.word is Word.DISBELIEVE
    assert "none of them meets every bound" in found.verdict.headline


def test_where_the_search_chose_survivors_are_no_evidence():
    plan = sweep_plan(SPACE, constraints=FEW)
    assert judgement(plan, exact=False).verdict.figures["adaptive"] is True
    assert judgement(plan).verdict.figures["adaptive"] is False
    numbers = set(judgement(plan, exact=False).surviving.frame["number"])
    assert numbers == set(judgement(plan).surviving.frame["number"])


ONE = {name: values[:1] for name, values in SPACE.items()}
BOX = {"stretch_threshold": [0.0005], "take_profit_percent": [25]}
BAD = {
    "four sessions": lambda: judgement(sweep_plan(SPACE, constraints=FEW), MARKET.take(0, 4)),
    "one session": lambda: judgement(sweep_plan(SPACE, constraints=FEW), MARKET.take(0, 1)),
    "one candidate": lambda: judgement(sweep_plan(ONE, constraints=FEW)),
    "a black box of one candidate": lambda: judgement(
        sweep_plan(BOX, target="strategy.plugins.Boxed", constraints=FEW), exact=False
    ),
    "all the same": lambda: judgement(sweep_plan({**ONE, "max_price_age_seconds": [5, 10, 60]}, constraints=FEW)),
    "nothing held out": lambda: judgement(sweep_plan(SPACE, constraints=FEW), held_out=None),
    "too few trades": lambda: judgement(sweep_plan(SPACE, constraints=Constraints(10_000))),
    "nobody trades": lambda: judgement(
        sweep_plan({**ONE, "stretch_threshold": [0.5, 0.6]}, constraints=Constraints(0), objective="total_pnl")
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_bad_input_is_a_sentence_and_never_a_word_of_belief(kind: str):
    found = BAD[kind]()
    assert found.verdict.word in (Word.TOO_LITTLE_DATA, Word.DISBELIEVE)
    assert found.verdict.headline.strip().endswith(".")
    assert found.pick is None
    if found.surviving is not None:
        assert found.surviving.n == len(found.surviving.frame) == 0
        assert "nan" not in found.verdict.headline


@pytest.mark.usefixtures("survived")
def test_nothing_held_out_is_never_believed():
    found = judgement(sweep_plan(SPACE, constraints=FEW), held_out=None)
    assert found.pick is not None
    assert found.pick.outside is None
    assert found.verdict.word is Word.TOO_LITTLE_DATA
