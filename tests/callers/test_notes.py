"""A price that changes scale pays no policy: it is told beside every figure that it touched."""

from dataclasses import replace

import numpy as np
import pytest

from quantray.callers.notes import about_calls
from quantray.callers.policies import read_policy
from quantray.callers.policies.objective import Bounds
from tests.builders.call_plans import finished
from tests.builders.call_tables import call_rows, candle_rows, changed, data_of


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Redenominated at minute 200: one caller held across it, one sold before, one bought after it."""
    folder = tmp_path_factory.mktemp("scale")
    candles = candle_rows({"X": range(600), "Y": range(600)})
    scale = np.where(np.arange(1200) % 600 >= 200, 1000.0, 1.0) ** (np.arange(1200) < 600)
    candles = changed(candles, **{n: np.asarray(candles[n]) * scale for n in ("open", "high", "low", "close")})
    calls = [(who, asset, m + 7 * k) for k in range(3) for who, asset, m in (
        ("across", "X", 170), ("before", "X", 100), ("after", "X", 230), ("other", "Y", 170))]  # fmt: skip
    data = data_of(folder, call_rows(*calls), candles)
    policies = (read_policy({"hold": "40m"}),)
    return finished(data, folder / "run", policies=policies, bounds=Bounds(min_trades=1))


@pytest.mark.slow
def test_trades_across_it_are_counted_for_each_caller(results):
    jumped = {u.name: sum(p.jumped for p in (u.train, u.held_out) if p is not None) for u in results.units}
    assert jumped == {"across": jumped["across"], "before": 0, "after": 0, "other": 0}
    assert jumped["across"] > 0


@pytest.mark.slow
def test_the_check_fails_for_those_alone(results):
    for unit in results.units:
        failed = [c.name for c in unit.verdict.checks if c.passed is False]
        assert ("clean data" in failed) == (unit.name == "across")


def test_a_note_names_assets_and_callers(results):
    (note,) = [n for n in results.notes if "change scale" in n]
    assert "Prices of X change scale" in note
    assert "across (" in note
    assert "Y" not in note.split("change scale")[0]


def test_rows_that_are_no_call_and_callers_without_one_are_told(results):
    calls = results.coverage.plan.calls
    assert about_calls(calls) == []
    told = about_calls(replace(calls, counts={**calls.counts, "incomplete": 7}, absent=("nobody",)))
    assert [n for n in told if "a time, left out: 7." in n]
    assert [n for n in told if n.endswith("without a call in the data: nobody.")]
