"""A search and the exact table: they agree, and both go on after an interruption."""

from __future__ import annotations

import numpy as np
import pandas
import pytest

from quantray.sweeps.study import sweep
from tests.builders.sweep_runs import plan_of

pytestmark = pytest.mark.slow


def test_an_exhausted_space_ends_the_sweep_and_has_no_regret(tmp_path):
    space = ["space.entry_window=['9:30-15:45']", "space.stretch_threshold=[.001,.002]",
             "space.reclaim_percentage=[.4,.8]",
             "space.cooldown_period_seconds=[60]", "space.take_profit_percent=[25,50]", "space.stop_loss_percent=[-50]",
             "space.max_trade_duration_seconds=[60]", "report.surface_max_points=1000"]  # fmt: skip
    study = sweep(plan_of(tmp_path, *space))
    assert "exhausted" in study.results.stop_reason
    assert study.results.counts.attempts == len(study.results.trials) == 16
    assert study.results.regret.absolute == 0
    assert study.results.surface.exact
    assert study.results.surface.n_points == 16


def test_the_exact_table_agrees_with_the_search_and_goes_on_after_an_interruption(tmp_path, monkeypatch):
    monkeypatch.setattr("quantray.sweeps.grid.points.RANGE", 20_000)
    study = sweep(plan_of(tmp_path / "whole", "search=exhaustive"))
    size = study.plan.space.size
    parts = sorted((tmp_path / "whole" / "surface").glob("*.parquet"))
    frame = pandas.concat([pandas.read_parquet(p) for p in parts])
    assert len(frame) == size == study.results.counts.attempts
    assert frame["number"].is_unique
    assert frame["value"].max() == study.best.value
    searched = sweep(plan_of(tmp_path / "search", "search.n_trials=24"))
    for trial in searched.results.trials:
        row = frame.iloc[searched.plan.space.number(trial.params)]
        assert row["state"] == str(trial.state)
        assert (trial.value is None and np.isnan(row["value"])) or trial.value == row["value"]

    def stop_at_two(seen: list[object]):
        def progress(event: object) -> None:
            seen.append(event)
            if len(seen) == 2:
                raise KeyboardInterrupt

        return progress

    with pytest.raises(BaseException):  # noqa: B017, PT011 - an interruption, whatever its form
        sweep(plan_of(tmp_path / "parts", "search=exhaustive"), progress=stop_at_two([]))
    kept = {p.name: p.stat().st_mtime_ns for p in (tmp_path / "parts" / ".quantray").rglob("*.parquet")}
    assert len(kept) == 2
    sweep(plan_of(tmp_path / "parts", "search=exhaustive"))
    for p in parts:
        twin = tmp_path / "parts" / "surface" / p.name
        assert twin.read_bytes() == p.read_bytes()
        assert p.name not in kept or twin.stat().st_mtime_ns == kept[p.name]
