"""Charts: what is drawn is where the numbers are."""

from __future__ import annotations

import re

import numpy as np
import pytest

from quantray.report import charts
from quantray.report.svg import thinned


def points(svg: str, kind: str) -> list[tuple[float, float]]:
    found = re.search(rf'class="{kind}" points="([^"]*)"', svg)
    assert found is not None
    return [(float(x), float(y)) for x, y in (p.split(",") for p in found[1].split())]


def test_equity_goes_through_the_cumulated_net():
    svg = charts.equity(np.array([10.0, -5.0]), np.array([20.0]), [0, 2], 500, 200)
    seen, unseen = points(svg, "curve seen"), points(svg, "curve unseen")
    assert len(seen) == 3
    assert unseen[0] == seen[-1]
    heights = [y for _, y in [*seen, unseen[-1]]]  # of 0, 10, 5, 25
    per_unit = (heights[0] - heights[1]) / 10
    assert heights == pytest.approx([heights[0] - per_unit * v for v in (0, 10, 5, 25)], abs=0.11)


def test_a_long_curve_keeps_its_extremes():
    curve = np.cumsum(np.random.default_rng(0).normal(size=100_000))
    kept = thinned(curve, 900)
    assert len(kept) <= 902
    assert {0, len(curve) - 1, int(curve.argmin()), int(curve.argmax())} <= set(kept.tolist())
    assert len(charts.equity(curve, np.empty(0), [], 960, 270)) < 40_000


def test_every_session_has_its_bar():
    bars = [charts.Bar(f"2024-12-{i + 1:02d}", (-1.0) ** i * i, i > 20, 3) for i in range(26)]
    svg = charts.sessions(bars, 350, 190)
    assert svg.count("<rect") == 26
    assert svg.count("held out</title>") == 5
    assert svg.count("<text") < 26  # labels are thinned where they would overlap


def test_a_flat_search_and_a_single_bin_are_drawn():
    assert "polyline" in charts.progress(np.full(5, 2.0), 400, 200)
    assert "best" not in charts.histogram([1.0, 1.0], [7], ((None, "best"),), 400, 200)
    assert "best 1" in charts.histogram([1.0, 1.0], [7], ((1.0, "best"),), 400, 200)
