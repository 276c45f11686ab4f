"""The card of the alert baseline: the first of the leaderboard in its order."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from quantray.callers.report.baseline import card
from quantray.callers.report.baseline.page import page
from tests.builders.baselines import finished
from tests.builders.call_plans import market


@pytest.mark.slow
def test_callers_stand_as_in_the_leaderboard(tmp_path: Path) -> None:
    study = finished(market(tmp_path), tmp_path / "run")
    made = card.study_card(study.results)
    assert [row[1] for row in made.rows] == [row["caller"] for row in study.results.leaderboard]
    said = html.unescape(page(study.results))
    assert made.tiles
    assert not [figure for _, figure, _ in made.tiles if figure not in said]
    n_ok = study.results.everybody["n_ok"]
    assert repr(study).startswith(f"BaselineStudy(test: {n_ok} of 56 calls measured, 3 callers, ")
