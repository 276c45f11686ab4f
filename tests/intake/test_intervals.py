"""Bars of two intervals at one time: the longer one has the larger volume and knows what comes."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.builders.intake import HEADER, query, states, taken

Bar = tuple[int, float, float, float, float, float]  # minute, open, high, low, close, volume


def minutes(n: int, seed: int = 0) -> list[Bar]:
    rng, close, bars = random.Random(seed), 100.0, []
    for m in range(n):
        opened, close = close, round(close * (1 + rng.gauss(0, 0.002)), 4)
        bars.append((m, opened, max(opened, close), min(opened, close), close, float(rng.randint(1, 99))))
    return bars


def joined(bars: list[Bar], k: int) -> list[Bar]:
    """Bars of ``k`` minutes."""
    parts = [bars[i : i + k] for i in range(0, len(bars), k)]
    return [
        (p[0][0], p[0][1], max(b[2] for b in p), min(b[3] for b in p), p[-1][4], sum(b[5] for b in p)) for p in parts
    ]


def written(path: Path, bars: list[Bar]) -> Path:
    lines = [f"A,2025-01-{1 + m // 1440:02d}T{m // 60 % 24:02d}:{m % 60:02d}:00Z,{','.join(map(str, r))}"
             for m, *r in bars]  # fmt: skip
    path.write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("k", "first"), [(60, "long"), (60, "short"), (60, "one"), (2, "short"), (1440, "days")])
def test_bars_of_a_longer_interval_never_take_the_place_of_a_shorter_one(k: int, first: str, tmp_path: Path) -> None:
    bars = minutes(1440 * 5 if first == "days" else 1200)
    short, long = written(tmp_path / "s.csv", bars), written(tmp_path / "l.csv", joined(bars, k))
    into = tmp_path / "m.duckdb"
    if first == "one":
        sources = [written(tmp_path / "one.csv", joined(bars, k) + bars)]
    elif first == "days":  # a file a day has one bar of a day in it
        days = [written(tmp_path / f"d{d}.csv", bars[1440 * d : 1440 * (d + 1)]) for d in range(5)]
        sources = [long, *days]
    else:
        sources = [long, short] if first == "long" else [short, long]
    done = [d for source in sources for d in taken(into, source).done]
    assert done[-1].state == "failed" or first == "days"
    (failed, *_) = [d.why for d in done if d.state == "failed"]
    assert "lie among shorter ones (from 2025-01-01T" in failed
    assert "one interval alone" in failed


def test_a_bar_that_was_not_over_is_no_other_interval(tmp_path: Path) -> None:
    """Fetched every hour: the last bar of each fetch is in progress, whenever the clock says that it was made."""
    bars, into = minutes(1200), tmp_path / "m.duckdb"
    files = []
    for h in range(19):
        m, o, *_ = bars[60 * (h + 1)]
        files.append(written(tmp_path / f"{h:02d}.csv", [*bars[60 * h : 60 * (h + 1)], (m, o, o, o, o, 0.5)]))
    assert set(states(taken(into, *files))) == {"taken"}
    assert query(into, "SELECT count(*), sum(volume) FROM candles") == [
        (1141, sum(b[5] for b in bars[:1140]) + 0.5)
    ]  # fmt: skip
