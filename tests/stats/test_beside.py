"""What is told beside a verdict: figures by hand, and the sentences that go with them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from quantray.stats import beside
from quantray.stats.pick import Pick, Rule
from quantray.stats.wording import SESSION

PICK = Pick(3, Rule.OBJECTIVE, "It was best.", 10.0, 6.0, 3.1, 12.0, 8.0, 5, 4, 2, 10.5, 1.0, 4, 7.0)


def told(neighbours: list[float], own: np.ndarray | None = None, lanes: tuple[beside.Lane, ...] = ()) -> dict:
    own = np.arange(1.0, 29.0) if own is None else own
    found = beside.told(PICK, own, np.arange(1.0, 13.0), np.array(neighbours), lanes, None, SESSION, 0.2, 0)
    return {c.name: c for c in found}


@pytest.mark.parametrize(
    ("net", "text"), [(3.0, "it still earns 3.00"), (-3.0, "it loses 3.00"), (0.0, "nothing is left")]
)
def test_lanes(net: float, text: str):
    check = told([], lanes=(beside.Lane("later", "one bar later", net),))["later"]
    assert check.sentence == f"One bar later, {text}."
    assert check.passed is (net > 0)
    assert not check.decides


def test_neighbours():
    assert told([8.0, 9.0, math.nan])["neighbours agree"].value == pytest.approx(0.85)
    assert told([1.0, 2.0, 3.0])["neighbours agree"].passed is False
    assert "isolated" in told([-1.0, -2.0, 3.0])["neighbours agree"].sentence
    assert told([])["neighbours agree"].passed is None
    assert told([math.nan])["neighbours agree"].passed is None


def test_without_the_best_unit():
    one = np.full(28, -1.0)
    one[4] = 50.0
    check = told([], own=one)["not one lucky session"]
    assert check.value == -27.0
    assert "it loses 27.00" in check.sentence
