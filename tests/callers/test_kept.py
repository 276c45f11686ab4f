"""A finished run about callers is read again as it was, wherever its directory lies by then."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from quantray.callers.kept import keep, policies_of
from quantray.callers.report.card import study_card
from quantray.callers.report.summary import summary
from quantray.callers.report.tables import best_frame, calls_frame, survivors_frame
from quantray.callers.report.trades import trades_frame
from quantray.callers.results import CallerResults
from quantray.files import Pieces
from quantray.ledger import ending, open_ledger
from quantray.settings import Storage
from tests.builders import caller_results


def tripped(results: CallerResults, run_dir: Path, then: Path) -> CallerResults:
    """Kept in ``run_dir``, which lies in ``then`` when it is read."""
    plan = replace(results.plan, run_dir=run_dir)
    r = replace(results, plan=plan)
    with closing(open_ledger(Storage(), run_dir, r.study, r.digests, described={})) as ledger:
        keep(r, ledger, {}, pytest.fail)
        notes = ledger.notes()
    if then != run_dir:
        run_dir.rename(then)
    return policies_of(ending.kept(notes, Pieces(then, r.study), ""), replace(plan, run_dir=then))


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["both", "grouped"])
def test_all_that_is_told_comes_back(tmp_path: Path, mode: str) -> None:
    r = caller_results.results(mode=mode)
    again = tripped(r, tmp_path / "run", tmp_path / "moved")
    assert study_card(again).html() == study_card(r).html()
    assert str(summary(again)) == str(summary(replace(r, plan=again.plan)))
    for frame in (best_frame, survivors_frame, trades_frame, calls_frame):
        assert frame(again).equals(frame(r)), frame
    assert again.table.is_relative_to(tmp_path / "moved")
