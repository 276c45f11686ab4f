"""What the report says of survivors, pick and peak."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quantray.sweeps.report import survival
from quantray.sweeps.survivors import LevelShare
from tests.builders.sweep_pages import page
from tests.builders.sweep_results import results

SURVIVED = results("exhaustive", edge=3.0)


def test_the_builder_has_both_sides():
    assert SURVIVED.pick is not None
    assert results().pick is None


@pytest.mark.slow
def test_pick_and_peak_stand_side_by_side():
    r = SURVIVED
    _, said = page(r)
    assert f"The pick point {r.pick.number:,}" in said
    assert f"and the peak trial {r.best.number:,}, point {r.plan.space.number(r.best.params):,}" in said
    assert survival.counted(r) in said
    assert survival.apart(r) in said
    assert r.pick.reason in said
    assert [c.name for c in survival.both(r)] == ["pick", "peak"]


@pytest.mark.slow
def test_pick_and_peak_in_one():
    peak = SURVIVED.peak
    same = replace(SURVIVED, pick=replace(peak, name="pick", statistic=9.0))
    assert [c.name for c in survival.both(same)] == ["pick"]
    assert survival.apart(same) == "Pick and peak are the same candidate."
    assert page(same)[1].count("Pick and peak are the same candidate.") == 1


@pytest.mark.parametrize(("statistic", "said"), [(1.0, "luck can explain it"), (99.0, "survives too"), (None, "luck")])
def test_why_they_differ(statistic: float | None, said: str):
    surviving = replace(SURVIVED.surviving, peak_statistic=statistic)
    assert said in survival.apart(replace(SURVIVED, surviving=surviving))


def test_what_would_have_to_be_true():
    r = results()
    critical = r.surviving.tested.critical
    assert f"takes more than {critical:.2f}" in survival.missing(r)[0]
    assert len(survival.missing(r)) == 2  # more sessions would not help, or the verdict says how many
    assert len(survival.missing(replace(r, more_sessions=12))) == 1
    assert survival.missing(SURVIVED) == []


def test_levels_in_a_line():
    levels = tuple(LevelShare(v, 100, n) for v, n in ((0.1, 0), (0.2, 80), (0.3, 3), (0.4, 1), (0.5, 1), (0.6, 1)))
    assert survival.in_line(levels) == "0.2 80 %, 0.3 3.0 %, 0.4 1.0 %, 0.5 1.0 %, 1 other, none on 1"
    assert survival.telling(levels)
    assert not survival.telling((LevelShare(1, 100, 50), LevelShare(2, 100, 50)))
    assert not survival.telling((LevelShare(1, 0, 0),))
