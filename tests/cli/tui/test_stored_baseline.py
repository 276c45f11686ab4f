"""A finished baseline on the screens: the figures of its files, and candles as long as they are there."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from quantray.callers.baseline_study import BaselineStudy
from quantray.cli.tui.finished import finished_source
from quantray.errors import DataError


@pytest.mark.slow
def test_figures_are_those_of_the_files(hostile: BaselineStudy, run_dir: Path) -> None:
    source = finished_source(run_dir)
    rows = {row["caller"]: row for row in source.callers()}
    board = hostile.leaderboard().set_index("caller")
    assert set(rows) == set(board.index)
    for name, row in rows.items():
        assert row["n"] == board["n_ok"][name]
        for key in ("median_ath_multiple", "median_time_to_ath_s", "hit_rate_2x", "median_end_return"):
            assert row[key] == board[key][name]
    for name in rows:
        shown = source.calls(name)
        made = hostile.alerts(name)
        assert [call["call_id"] for call in shown] == list(made["call_id"])
        assert [call["ath_multiple"] for call in shown] == list(made["ath_multiple"])


def test_marks_are_the_milestones(hostile: BaselineStudy, run_dir: Path) -> None:
    source = finished_source(run_dir)
    call = source.calls("Anna")[0]
    picture = source.picture(call, None)
    assert list(picture.marks) == hostile.milestones(call["call_id"])
    assert (picture.candles.close == hostile.candles(call["call_id"]).close).all()


def test_candles_that_are_gone_are_a_sentence(run_dir: Path, tmp_path: Path) -> None:
    shutil.copytree(run_dir, tmp_path / "run")
    facts = json.loads((tmp_path / "run" / "summary.json").read_text())
    (tmp_path / "run" / "summary.json").write_text(json.dumps({**facts, "slice": str(tmp_path / "gone")}))
    source = finished_source(tmp_path / "run")
    with pytest.raises(DataError, match=r"no longer in .*gone; the same command makes them again"):
        source.picture(source.calls("Anna")[0], None)
