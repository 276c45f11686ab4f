"""A table that was stopped: what its parts hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.config.plans import load_sweep
from quantray.ledger.reader import open_reader
from quantray.sweeps.grid.so_far import stored_parts
from quantray.sweeps.report.tables import trials_frame
from tests.builders.desks import SMALL, Desk
from tests.builders.stopped_sweeps import stopped


@pytest.mark.slow
def test_the_best_of_what_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path / "desk")
    monkeypatch.chdir(desk.folder)
    lines = [*SMALL, "search=exhaustive", "runner=local", "runner.workers=1", "run_dir=out", "report.top=5"]
    plan = load_sweep(lines, asked="a test")
    error = stopped(plan, after=100)
    assert error is not None
    assert error.report == Path("out/report.html")
    assert "of 640 points so far" in error.report.read_text()
    with open_reader(f"sqlite:///{desk.folder / 'out' / 'ledger.db'}", plan.study) as study:
        found = stored_parts(plan, study.notes(), study.digests)
        assert 64 <= found.counts.attempts < 640
        assert found.counts.attempts % 64 == 0
        assert len(found.trials) == 5
        first = min(path for path in (desk.folder / "out" / ".quantray").rglob("part-*.parquet"))
        first.unlink()
        rest = stored_parts(plan, study.notes(), study.digests)
    assert rest.counts.attempts == found.counts.attempts - 64
    assert "gone" in rest.notes[0]
    assert stopped(plan, after=10_000) is None  # it goes on, and comes to its end
    import pandas

    whole = pandas.concat(map(pandas.read_parquet, sorted((desk.folder / "out" / "surface").glob("*.parquet"))))
    mine = trials_frame(found.trials, plan.space).set_index("number")
    part = whole[whole["number"] < found.counts.attempts].set_index("number")
    assert mine["value"].tolist() == part.loc[mine.index, "value"].tolist()
    assert sorted(mine["value"]) == sorted(part["value"].nlargest(5))
