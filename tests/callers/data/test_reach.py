"""The first candle behind every stretch is read, however late it is, and nothing else that lies outside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from quantray.callers.data import CallsData, Needs, load_calls, open_candles, plan_calls
from quantray.callers.data.windows import merged
from tests.builders.call_tables import START, call_rows, candle_rows, changed, data_of

MINUTE = 60 * 10**9


@pytest.mark.parametrize("seed", range(6))
def test_what_is_read_are_the_stretches_and_the_next_candle_of_each(tmp_path: Path, seed: int) -> None:
    """Against a plain loop over rows of which some have no volume; one asset never has any."""
    rng = np.random.default_rng(seed)
    minutes = {name: np.flatnonzero(rng.random(600) < share) for name, share in (("A", 0.02), ("B", 0.3), ("C", 0.9),
                                                                                ("NONE", 0.05))}  # fmt: skip
    rows = candle_rows(minutes)
    volume = np.where(rng.random(len(rows)) < 0.4, 0.0, 5.0)
    volume[np.asarray(rows["asset"].to_pylist()) == "NONE"] = 0
    data = data_of(tmp_path, call_rows(("a", "A", 1)), changed(rows, volume=pa.array(volume)))
    names = tuple(sorted(minutes))
    asset = rng.integers(0, len(names), 40 if seed % 2 else 3)
    start = START + rng.integers(0, 600, len(asset)) * MINUTE + rng.integers(0, 2) * 7 * 10**9
    spans = merged(names, asset, start, start + rng.integers(1, 60, len(asset)) * MINUTE)
    with open_candles(data) as source:
        blocks = list(source.candles(spans, 10**6))
        got = {names[a]: b.ts[where].tolist() for b in blocks for a, where in b}
        idle = sum(b.idle for b in blocks)
        assert source.inventory.traded_of(names).tolist() == [True, True, True, False]
        assert source.inventory.idle.sum() == (volume == 0).sum()
    table = sorted(zip(rows["asset"].to_pylist(), np.asarray(rows["ts"].cast("int64")) * 1000, volume, strict=True))
    lowest, highest = {}, 0
    for name in names:
        kept = [int(t) for a, t, v in table if a == name and (v > 0 or name == "NONE")]
        mine = spans.of(range(names.index(name), names.index(name) + 1))
        wanted: set[int] = set()
        for low, high in zip(mine.start_ns.tolist(), mine.end_ns.tolist(), strict=True):
            wanted |= {t for t in kept if low <= t < high}
            wanted |= set([t for t in kept if t >= high][:1])
        lowest[name] = sorted(wanted)
        highest += len(wanted)
        assert got.get(name, []) == lowest[name], name
    assert highest > 0
    assert idle > 0


def test_a_window_that_nothing_follows_is_read_to_the_end(tmp_path: Path) -> None:
    """Without a time stop everything to the end of the source is read, once."""
    data: CallsData = data_of(tmp_path, call_rows(("a", "X", 10), ("a", "X", 40)), candle_rows({"X": range(300)}))
    with open_candles(data) as source:
        plan = plan_calls(load_calls(data), 60, Needs(600, endless=True), source.inventory.end_ns)
        assert len(plan.spans) == 1
        (block,) = source.candles(plan.spans, 10**6)
    assert block.ts.tolist() == [START + m * MINUTE for m in range(10, 300)]
    assert (plan.end_ns - plan.entry_until_ns).tolist() == [600 * 10**9] * 2
