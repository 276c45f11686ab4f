"""A call's picture: its marks by letter, labelled axes, and prices that no scale holds."""

from __future__ import annotations

import numpy as np
import pytest
from textual_plotext.plot import Plot

from quantray.callers.baseline.trace import CallCandles, Milestone
from quantray.cli.tui.chart import drawn
from quantray.cli.tui.letters import LETTERS, legend, letter
from quantray.cli.tui.source import Picture
from quantray.durations import NS


def picture(prices: list[float], *marks: Milestone, entry: float = 1.0) -> Picture:
    close = np.array(prices)
    opened = np.concatenate([[entry], close[:-1]])
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    ts = np.arange(len(close)) * 60 * NS
    made = CallCandles(ts, opened, high, low, close, 60, entry_ns=0, entry_price=entry, until_ns=len(close) * 60 * NS)
    return Picture(made, marks, "", "")


def plotted(given: Picture, width: int = 60, height: int = 14) -> str:
    plot = Plot()
    plot.theme("clear")
    plot.plotsize(width + 9, height + 3)
    drawn(plot, given, width, height)
    return str(plot.build())


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_marks_and_axes_are_there_at_any_price(scale: float) -> None:
    marks = [Milestone("entry", 0, 1.0), Milestone("2x", 600 * NS, 2.0), Milestone("ath", 1200 * NS, 2.9),
             Milestone("exit", 1800 * NS, 2.5), Milestone("end", 3600 * NS, 1.5)]  # fmt: skip
    text = plotted(picture([scale * (1 + k / 30) for k in range(60)], *marks, entry=scale))
    for shown in ("E", "c", "H", "X", "Z", "1x┤", "2x┤", "entry", "30 min", "time since the entry"):
        assert shown in text


@pytest.mark.parametrize(
    "prices", [[1.0], [1.0] * 40, [1e-300, 1e300], [1.0, float("nan"), 2.0], [1.0, 0.0, 1.0], [1e-9] * 3]
)
def test_rough_prices_are_drawn_all_the_same(prices: list[float]) -> None:
    assert "1x┤" in plotted(picture(prices, Milestone("end", 60 * NS, 0.0)))


def test_every_mark_has_its_letter_and_its_words() -> None:
    assert len(set(LETTERS.values())) == len(LETTERS)
    marks = [Milestone("entry", 0, 1.0), Milestone("1.2x", 90 * NS, 1.2), Milestone("ath", 7200 * NS, 1.3456)]
    assert legend(marks) == ["E entry 1x", "a 1.2x 90 s", "H ath 1.35x 2 h"]
    assert letter("something new") == "*"
