"""What is said of survivors, of pick and peak, and of all callers; no sentence contradicts the figure beside it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas
import pytest

from quantray.callers.report import survival
from quantray.callers.report.files import write_all
from quantray.callers.report.printout import ending
from quantray.callers.report.summary import summary
from quantray.callers.report.tables import best_frame, survivors_frame
from quantray.callers.report.trades import trades_frame
from quantray.callers.results import Across, CallerResults, LevelShare, Shrunk, Surviving, UnitResult
from quantray.callers.study import CallerStudy
from quantray.stats.checks import Verdict, Word
from quantray.stats.pick import choose
from quantray.stats.survivors import survivors
from tests.builders.caller_pages import page
from tests.builders.caller_results import results


def family(survive: bool) -> Surviving:
    """Nine policies, of which the second and the third earn in every block."""
    rng = np.random.default_rng(3)
    nets = rng.normal(0, 1, (9, 24))
    nets -= nets.mean(axis=1, keepdims=True) - 0.01
    if survive:
        nets[1:3] += 2.0
    found, values = survivors(nets), np.linspace(0.01, 0.09, 9)
    pick = choose(
        values, nets, found, allowed=np.ones(9, bool), n_out=12, neighbours=lambda i: np.zeros(0), spread=lambda i: 0.0
    )
    kept = np.flatnonzero(found.mask)
    levels = {"tp": (LevelShare(1.02, 3, 0), LevelShare(1.05, 3, len(kept))), "sl": (LevelShare(0.9, 9, len(kept)),)}
    return Surviving(
        found, 2, kept, values[kept], found.statistic[kept], nets.mean(axis=0), 12, float(np.nanmax(found.statistic)),
        float(found.statistic[8]), pick, more_units=None if survive else 12, levels=levels if survive else {},
    )  # fmt: skip


def judged(survive: bool = True) -> CallerResults:
    """Results of which one caller was picked for, with a verdict made up."""
    r = results()
    unit = r.unit("caller_1")
    t = family(survive)
    peak = unit.peak
    assert peak is not None
    pick = None
    if t.pick is not None:
        other = r.plan.policies[t.pick.number]
        pick = replace(peak, name="pick", number=t.pick.number, policy=other, value=0.123, held_out_value=0.077,
                       statistic=t.pick.statistic, reason=t.pick.reason)  # fmt: skip
    word = Word.BELIEVE if survive else Word.DISBELIEVE
    mine = replace(unit, surviving=t, pick=pick, verdict=Verdict(word, "Told here."))
    across = Across(3, 1, 0.1, 0.1, 0.032 if survive else None, "held_out", {"caller_1": Shrunk(17, 0.08, 0.05)}, 0.01)
    return replace(r, units=[mine if u is unit else u for u in r.units], across=across)


def test_pick_and_peak_are_told_apart() -> None:
    r = judged()
    unit: UnitResult = r.unit("caller_1")
    said = " ".join(survival.sentences(r, unit))
    assert "2 of 9 policies survive." in said
    assert "Why this survivor:" in said
    assert "luck can explain it" in said
    assert survival.levels(unit) == [["target", "1.05 (2 of 3), 1.02 (0 of 3)"]]
    assert unit.shown is unit.pick
    both = survival.both(r, unit)
    assert both is not None
    assert both["head"] == [["", "pick", "peak"]]


def test_without_survivors_it_is_said_what_is_missing() -> None:
    r = judged(survive=False)
    unit = r.unit("caller_1")
    said = " ".join(survival.sentences(r, unit))
    assert "Of 9 policies nothing survives." in said
    assert "Student's t of its mean net per block of 2 days of entry" in said
    assert unit.shown is not None
    assert unit.shown.name == "peak"
    assert survival.both(r, unit) is None
    assert survival.levels(unit) == []


def test_the_list_of_callers_says_how_many_are_false() -> None:
    said = survival.across(judged())
    assert said.startswith("Of 3 callers ")
    assert "Of the believed 3.2 % are expected to be false; 1 caller could be tested on held-out calls." in said
    none = survival.across(judged(survive=False))
    assert "expected" not in none
    assert survival.across(results()) == ""


@pytest.mark.parametrize("survive", [True, False])
def test_page_terminal_and_summary_tell_the_same(survive: bool) -> None:
    from rich.console import Console

    r = judged(survive)
    _, html = page(r)
    console = Console(width=400, record=True, file=None, quiet=False)
    with console.capture() as captured:
        console.print(ending(r, {}, 400))
    text, found = captured.get(), summary(r)
    for told in (html, " ".join(text.split())):
        assert survival.across(r) in told
    unit = found["units"]["caller_1"]
    assert unit["n_survivors"] == (2 if survive else 0)
    assert (unit["pick"] is None) is not survive
    assert unit["best"]["number"] == r.unit("caller_1").best
    assert found["across"]["standings"]["believed"] == [
        u.name for u in r.units if u.verdict and u.verdict.word is Word.BELIEVE and u.name != "(all callers)"
    ]


@pytest.mark.slow
def test_tables_hold_peak_and_pick_side_by_side(tmp_path: Path) -> None:
    r = judged()
    unit = r.unit("caller_1")
    assert unit.pick is not None
    row = best_frame(r).set_index("unit").loc["caller_1"]
    assert (row.policy_number, row.pick_number, row.n_survivors) == (unit.best, unit.pick.number, 2)
    assert row.pick_value_held_out == 0.077
    frame = survivors_frame(r)
    assert frame.policy.tolist() == [1, 2]
    assert frame.pick.sum() == 1
    assert set(trades_frame(r).groupby("unit").chosen.first().items()) >= {("caller_1", "pick"), ("caller_0", "peak")}
    read = pandas.read_parquet(write_all(r, tmp_path)["survivors.parquet"])
    assert read.statistic.tolist() == frame.statistic.tolist()
    assert survivors_frame(judged(survive=False)).empty
    study = CallerStudy(r.plan, r, {})
    assert study.pick == {"caller_1": unit.pick.policy}
    assert study.verdict["caller_1"].word is Word.BELIEVE
    assert len(study.survivors("caller_1")) == 2
    assert study.survivors("caller_0").empty
    with pytest.raises(KeyError):
        study.survivors("nobody")
