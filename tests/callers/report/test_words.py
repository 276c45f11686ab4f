"""Policies and metrics in words."""

from __future__ import annotations

import pytest

from quantray.callers.metrics import METRICS
from quantray.callers.policies import read_policy
from quantray.callers.policies.objective import OBJECTIVES
from quantray.callers.report.words import LABELS, gain, label, metric, sentence
from quantray.callers.stages.sequence import best_of
from tests.builders.candles import POLICIES


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"sl": 0.9, "tp": 2, "hold": "48h"},
         "Stop at 0.9x the entry; take profit at 2x; out after 48 h at the latest."),
        ({"trailing": {"activation": 0.2, "trail": 0.05}}, "Once up 20 %, a stop 5 % below the peak."),
        ({"ladder": [[2, 0.5], [3, 0.33]]}, "Sell 50 % at 2x, 33 % at 3x."),
        ({"entry": {"dip": 0.05, "wait": "90s"}, "break_even": 1.5},
         "Buy 5 % below the first price, if it comes within 1 min 30 s; after 1.5x the stop is raised to the entry."),
        ({"atr_stop": {"period": 5, "multiple": 2}}, "Sell on a close 2 ATR (5 candles) below the peak."),
    ],
)  # fmt: skip
def test_a_policy_is_a_sentence(spec: dict[str, object], said: str):
    assert sentence(read_policy(spec)) == said


def test_there_are_words_for_every_part_and_metric():
    for policy in POLICIES:
        assert sentence(policy).endswith(".")
    for name in (*METRICS, *OBJECTIVES):
        assert name in LABELS
        assert "_" not in label(name)


def test_metrics_in_their_units():
    assert metric("captured_return", 0.0123) == "1.23 %"
    assert metric("win_rate", 0.5) == "50.0 %"
    assert metric("final_capital", 50123.456) == "50,123.46"
    assert metric("time_exposed", 3700.0) == "1 h 01 min"
    assert metric("mean_r", None) == metric("mean_r", float("nan")) == "–"


def test_gains_are_counted_from_nothing_earned():
    assert gain("final_capital", 10_500.0, 10_000.0) == 500
    assert gain("profit_factor", 1.5, 10_000.0) == 0.5
    assert gain("captured_return", -0.1, 10_000.0) == -0.1
    assert gain("sharpe", None, 1.0) is None
    assert gain("sharpe", float("nan"), 1.0) is None


@pytest.mark.parametrize(("objective", "value"), [
    ("captured_return", -0.01234), ("win_rate", 0.5), ("final_capital", 10689.26), ("sharpe", -1.234),
    ("captured_return * win_rate", 0.25),
])  # fmt: skip
def test_a_running_stage_tells_its_best_as_tables_do(objective: str, value: float):
    note = {"places": [{"name": "a", "value": value}, {"name": "b", "value": None}, {"name": "c", "value": value - 1}]}
    assert best_of(note, objective) == f"best of these a {metric(objective, value)}"
    assert best_of({"places": []}, objective) == ""
