"""Numbers as a reader wants them."""

from __future__ import annotations

import doctest

import pytest

from quantray.measures import Unit
from quantray.report import words
from quantray.sweeps.metrics import Metric


def test_examples_in_the_docstrings():
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (float("nan"), "–"), (1234567, "1,234,567"), (-12.345, "−12.35"), (0.00012, "0.00012"), (0.0, "0.00"),
     (float("inf"), "∞"), (True, "True"), ("itm", "itm")],
)  # fmt: skip
def test_numbers(value: object, text: str):
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [("win_rate", 0.4567, "45.7 %"), ("total_pnl", -1234.5, "−1,234.50"), ("n_trades", 12, "12"),
     ("mean_duration_s", 75.4, "1 min 15 s"), ("sharpe", None, "–"), ("return_on_risk_percent", 4, "4.00 %")],
)  # fmt: skip
def test_metrics_in_their_unit(name: str, value: float | None, text: str):
    assert words.metric(name, value) == text


def test_units_are_those_of_the_metrics() -> None:
    assert {m.key for m in Metric if m.unit is Unit.SHARE} == set(words.SHARES)
    assert {m.key for m in Metric if m.unit is Unit.MONEY} == set(words.MONEY)
    assert all(words.metric(m.key, 0.5).endswith("%") == (m.unit in (Unit.SHARE, Unit.PERCENT)) for m in Metric)


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (None, "null"), (0.004, "0.004"), (-25, "-25"), ("9:30-10:30", "9:30-10:30"), (0.1 + 0.2, "0.3")],
)
def test_parameters_as_in_a_configuration(value: object, text: str):
    assert words.parameter(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(1_267_200, "1.3M"), (23_400, "23k"), (150.4, "150"), (2.55, "2.5"), (-3, "−3")]
)
def test_short_numbers(value: float, text: str):
    assert words.short(value) in (text, "2.6")
