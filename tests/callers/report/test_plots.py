"""Pictures of a run about callers: those of its report, with every class styled; wrong names get the near miss."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import quantray as qr
from quantray.callers.report.plots import CallerPlots
from quantray.callers.report.sections import callers
from quantray.callers.study import CallerStudy
from quantray.report.picture import Picture
from tests.builders import caller_results

pytestmark = pytest.mark.slow
DRAWN: dict[str, Callable[[CallerPlots, str], Picture]] = {
    "leaderboard": lambda plot, unit: plot.leaderboard(),
    "equity": lambda plot, unit: plot.equity(unit),
    "months": lambda plot, unit: plot.months(unit),
    "returns": lambda plot, unit: plot.returns(unit, part="held_out"),
    "plane": lambda plot, unit: plot.plane(unit),
}


@pytest.fixture(scope="module")
def study() -> CallerStudy:
    r = caller_results.results()
    return CallerStudy(r.plan, r, {})


@pytest.mark.parametrize("name", DRAWN)
def test_each_picture_shows_itself_and_is_saved(study: CallerStudy, tmp_path: Path, name: str) -> None:
    unit = callers(study.results)[0].name
    picture = DRAWN[name](study.plot, unit)
    assert name in repr(study.plot)
    assert study.plan.study in picture.title
    assert "<svg" in picture._repr_html_()
    assert picture.save(tmp_path / "one.svg").read_text(encoding="utf-8").startswith("<svg xmlns=")
    with pytest.raises(qr.ConfigError, match=r"\.svg"):
        picture.save(tmp_path / "one.png")
    rules = re.findall(r"<style>(.*?)</style>", (tmp_path / "one.svg").read_text(encoding="utf-8"), re.DOTALL)[0]
    for classes in set(re.findall(r'<(?!text)\w+ class="([^"]+)"', picture.svg)):
        assert any(re.search(rf"\.{kind}\b", rules) for kind in classes.split()), f"nothing styles {classes}"


def test_the_leaderboard_has_the_order_and_the_values_of_the_report(study: CallerStudy) -> None:
    from quantray.callers.report.facts import value_words

    told = re.findall(r">([^<>]+)</text>", study.plot.leaderboard().svg)
    shown = [(u.name, u.shown) for u in callers(study.results) if u.shown is not None]
    assert told == [text for name, c in shown for text in (name, value_words(study.results, c.held_out_value))]


def test_a_plane_is_over_any_two_axes_and_holds_the_best_of_each_pair(study: CallerStudy) -> None:
    import numpy as np

    from quantray.callers.report.grid import grid_values
    from quantray.callers.report.plane import Axes

    unit = callers(study.results)[0].name
    axes = list(Axes.of(study.plan.policies).levels)
    assert len(axes) > 1
    for rows in axes:
        for columns in axes:
            if rows == columns:
                with pytest.raises(qr.ConfigError, match="two different axes"):
                    study.plot.plane(unit, rows, columns)
            else:
                assert "<svg" in study.plot.plane(unit, rows, columns).svg
    values = grid_values(study.results, [unit])[unit]
    best = float(np.nanmax(np.where(values.ranked, values.train, np.nan)))
    assert f"{100 * best:,.2f}"[:4] in study.plot.plane(unit).svg


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda p: p.equity("caller1"), "did you mean 'caller_1'"),
        (lambda p: p.equity(), r"has 4 units; say which one"),
        (lambda p: p.returns("caller_1", part="hold_out"), "did you mean 'held_out'"),
        (lambda p: p.plane("caller_1", "tpp"), "did you mean 'tp'"),
    ],
)
def test_a_wrong_name_is_answered(study: CallerStudy, call: Callable[[CallerPlots], Any], said: str) -> None:
    with pytest.raises(qr.ConfigError, match=said):
        call(study.plot)
