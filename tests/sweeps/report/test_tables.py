"""Trials as a table: columns, order, types, equal bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas
import pyarrow.parquet
import pytest

from quantray.report.tables import write_parquet
from quantray.space import parse_space
from quantray.sweeps.report.tables import completed_values, top, top_table, trials_frame, write_top_csv
from quantray.trial import Trial, TrialState
from tests.builders.sweep_results import results

DONE, PRUNED, FAIL = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL


def small() -> list[Trial]:
    return [
        Trial("c", {"a": 3, "mode": "itm"}, DONE, 5.0, (0.5,), {"n_trades": 12, "sharpe": None}, number=2, batch=0),
        Trial("a", {"a": 1, "mode": "otm"}, DONE, 1.0, (-1.0,), {"n_trades": 11, "own": 2.5}, number=0, batch=0),
        Trial("b", {"a": 2, "mode": "otm"}, DONE, 1.0, (0.0,), {"n_trades": 20, "sharpe": 0.3}, number=1, batch=0),
        Trial("d", {"a": 1, "mode": "itm"}, PRUNED, metrics={"n_trades": 3}, why="too_few_trades", number=3, batch=1),
        Trial("e", {"a": 2, "mode": "itm"}, FAIL, why="ValueError: nonsense", number=4, batch=1),
    ]


SPACE = parse_space({"mode": ["itm", "otm"], "a": [1, 2, 3]})


def test_columns_stand_in_a_fixed_order():
    frame = trials_frame(small(), SPACE)
    assert list(frame.columns) == [
        "number", "state", "value", "feasible", "mode", "a", "n_trades", "sharpe", "own",
        "violations", "why", "batch", "digest",
    ]  # fmt: skip
    assert list(trials_frame(reversed(small()), SPACE).columns) == list(frame.columns)
    assert frame["number"].tolist() == [0, 1, 2, 3, 4]
    assert frame["feasible"].tolist() == [True, True, False, False, False]
    assert frame["n_trades"].dtype == "Int64"
    assert frame["n_trades"].isna().tolist() == [False, False, False, False, True]
    assert frame.loc[3, "why"] == "too_few_trades"


def test_top_is_feasible_first_then_value_then_number():
    best = top(trials_frame(small(), SPACE), 10)
    assert best["number"].tolist() == [0, 1, 2]
    assert best["rank"].tolist() == [1, 2, 3]
    assert top(trials_frame(small(), SPACE), 2)["number"].tolist() == [0, 1]


def test_a_metric_named_like_a_parameter_keeps_both():
    trial = Trial("a", {"sharpe": 2}, DONE, 1.0, (), {"sharpe": 0.5}, number=0)
    frame = trials_frame([trial])
    assert frame.loc[0, "sharpe"] == 2
    assert frame.loc[0, "metric.sharpe"] == 0.5


def test_values_of_mixed_kinds_are_written_as_json():
    trials = [Trial(str(i), {"x": v}, DONE, 1.0, number=i) for i, v in enumerate(("a", 1, None, [2, 3], True))]
    column = trials_frame(trials)["x"]
    assert column.dropna().tolist() == ['"a"', "1", "[2, 3]", "true"]
    assert column.isna().tolist() == [False, False, True, False, False]


def test_parquet_has_the_same_bytes_for_the_same_trials(tmp_path: Path):
    r = results()
    for name, trials in (("a", r.trials), ("b", list(reversed(r.trials)))):
        write_parquet(trials_frame(trials, r.plan.space), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    back = pyarrow.parquet.read_table(tmp_path / "a").to_pandas()
    assert len(back) == len(r.trials)
    assert not [c for c in back.columns if c in ("began", "ended", "time", "created_at")]
    values = [t.value for t in r.trials if t.state is DONE]
    np.testing.assert_array_equal(back.loc[back["state"] == "COMPLETE", "value"], values)


def test_csv_reads_back_exactly(tmp_path: Path):
    r = results()
    frame = trials_frame(r.trials, r.plan.space)
    write_top_csv(frame, tmp_path / "top.csv", 20)
    back = pandas.read_csv(tmp_path / "top.csv")
    expected = top_table(frame, 20)
    assert list(back.columns)[:3] == ["rank", "number", "value"]
    assert list(back.columns) == list(expected.columns)
    np.testing.assert_array_equal(back["value"], expected["value"])
    assert b"\r" not in (tmp_path / "top.csv").read_bytes()


def test_without_trials_there_is_a_table_without_rows(tmp_path: Path):
    frame = trials_frame([], SPACE)
    assert len(frame) == 0
    assert completed_values(frame).tolist() == []
    write_parquet(frame, tmp_path / "none.parquet")
    write_top_csv(frame, tmp_path / "none.csv", 5)
    assert (tmp_path / "none.csv").read_text().startswith("rank,number,value")


def test_completed_values_are_in_number_order():
    assert completed_values(trials_frame(small(), SPACE)).tolist() == [1.0, 1.0, 5.0]


@pytest.mark.slow
def test_a_hundred_thousand_trials_keep_their_shape():
    trials = [
        Trial(f"{i:06d}", {"a": i, "b": i * 0.5}, DONE, i / 7, (), {"n_trades": i}, number=i) for i in range(100_000)
    ]
    frame = trials_frame(trials)
    assert len(frame) == 100_000
    assert top(frame, 3)["number"].tolist() == [99_999, 99_998, 99_997]
