"""Where a study stands, in words, for a search and for a table."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from quantray.protocols import Counts
from quantray.settings import Search
from quantray.stats.checks import Word
from quantray.sweeps.outcome import unjudged
from tests.builders.sweep_runs import plan_of


def test_how_far_it_is(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "search.n_trials=300")
    told = unjudged(plan, Counts(complete=42, pruned=9), "process 7 on box works on it")
    assert told.word is Word.UNJUDGED
    assert told.headline.startswith(
        "Incomplete: 42 of 300 trials so far; process 7 on box works on it. Nothing is judged"
    )
    table = replace(plan, search=Search(kind="exhaustive"))
    assert f"51 of {plan.space.size:,} points so far" in unjudged(table, Counts(complete=42, pruned=9), "").headline
