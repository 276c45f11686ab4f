"""Every output of a run, for every shape of results."""

from __future__ import annotations

import json
from pathlib import Path

import pandas
import pytest

from quantray.sweeps.report.files import write_all
from quantray.sweeps.report.summary import summary
from quantray.sweeps.report.trades import trades_frame
from tests.builders.sweep_pages import SHAPES


@pytest.mark.slow
@pytest.mark.parametrize("shape", SHAPES)
def test_every_file_is_written_and_reads_back(shape: str, tmp_path: Path):
    r = SHAPES[shape]()
    files = write_all(r, tmp_path / "deep" / "run")
    assert set(files) == {"trials.parquet", "survivors.parquet", "top_trials.csv", "trades.csv", "history.png",
                          "summary.json", "report.html"}  # fmt: skip
    assert all(path.stat().st_size > 0 for path in files.values())
    assert files["history.png"].read_bytes().startswith(b"\x89PNG")
    found = json.loads(files["summary.json"].read_text(), parse_constant=lambda name: pytest.fail(name))
    keys = {"study", "n_completed", "n_pruned", "n_failed", "n_attempts", "duplicates", "best", "digests", "versions",
            "seconds", "verdict", "regret", "surface", "data", "quality", "stop_reason", "seeds"}  # fmt: skip
    assert {*keys, "pick", "n_survivors"} <= set(found)
    kept = pandas.read_parquet(files["survivors.parquet"])
    assert len(kept) == found["n_survivors"]
    assert found["pick"] is None or found["pick"]["number"] in set(kept["number"])
    listed = pandas.read_csv(files["trades.csv"])
    pandas.testing.assert_frame_equal(listed, trades_frame(r), check_dtype=False)
    told = {(name, part.replace("_", " ")): n for name, parts in found["trades"]["candidates"].items()
            for part, n in parts.items() if n}  # fmt: skip
    assert listed.groupby(["candidate", "part"]).size().to_dict() == told
    assert found["n_attempts"] == found["n_completed"] + found["n_pruned"] + found["n_failed"]


def test_pick_and_best_are_found_by_the_same_number():
    """A pick of a whole table has the number of a point, the best the number of a trial: both name the point."""
    for shape in SHAPES.values():
        r = shape()
        found = summary(r)
        for chosen in (found["best"], found["pick"]):
            if chosen is not None:
                point = r.plan.space.number(chosen["params"]) if r.surviving and r.surviving.whole else None
                assert chosen["point"] == point
