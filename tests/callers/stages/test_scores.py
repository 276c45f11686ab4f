"""Blocks of policies scored: alone, covering everything once, in bounded memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.callers.prepare import prepare
from quantray.callers.results import GROUP
from quantray.callers.split import HELD_OUT
from quantray.callers.stages import scores
from quantray.callers.stages.ranking import columns_of
from quantray.callers.stages.scores import ROWS, blocks_of, score_block, scores_of
from quantray.callers.stages.store import Store
from quantray.callers.stages.touch import Touch, buckets_of, toucher
from quantray.callers.stages.work import TableSpec, Unit, Work, work_of
from quantray.files import Pieces
from tests.builders.call_plans import POLICIES, market, plan_on


@pytest.mark.slow
def test_a_block_is_scored_alone(work: Work, spec: TableSpec, store: Store) -> None:
    units = [Unit(name, (i,)) for i, name in enumerate(work.prepared.calls.callers)]
    found = scores_of(work, "alone", [*units, Unit(GROUP, (0, 1, 2))], len(POLICIES))
    out = score_block(store, spec, found.blocks[0])
    assert out.shape == (2, 4 * len(POLICIES), 30)
    columns = columns_of(out[0])
    assert columns["n_trades"].max() > 3
    calls = work.calls_of(units[0], HELD_OUT)
    total = sum(columns_of(out[1])[name][0] for name in columns if name.startswith("skipped") or name == "n_trades")
    assert total + columns_of(out[1])["no_entry"][0] == len(calls)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 5000), min_size=1, max_size=40), st.integers(1, 60_000))
def test_blocks_cover_every_unit_and_policy_once_and_are_bounded(n_calls: list[int], n_policies: int) -> None:
    units = [Unit(f"u{i}", (i,)) for i in range(len(n_calls))]
    blocks = blocks_of(units, n_calls, n_policies)
    seen = np.zeros(len(units), np.int64)
    for number, block in enumerate(blocks):
        assert block.number == number
        assert block.rows <= ROWS
        assert block.units == tuple(units[block.first : block.first + len(block.units)])
        pairs = sum(max(n_calls[u.callers[0]], 16) for u in block.units) * (block.stop - block.start)
        assert pairs <= scores.PAIRS
        for unit in block.units:
            assert seen[unit.callers[0]] == block.start
            seen[unit.callers[0]] = block.stop
    assert (seen == n_policies).all()


@pytest.mark.slow
def test_memory_is_of_the_unit_and_not_of_the_data(tmp_path: Path) -> None:
    """What scoring one caller of sixty allocates is a small part of the tables on disk."""
    import tracemalloc

    data = market(tmp_path, n_calls=3000, n_callers=60, n_assets=12)
    work = work_of(prepare(plan_on(data, tmp_path / "run")), Pieces(tmp_path, "test").open(), "stem")
    spec = TableSpec(POLICIES, "stop_first", "open", marks=True)
    for bucket in buckets_of(work):
        toucher(work, {spec.name: spec})(Touch(spec.name, bucket))
    written = work.pieces.size()[1]
    found = scores_of(work, "one", [Unit("caller_7", (7,))], len(POLICIES))
    store = Store(work, spec)
    score_block(store, spec, found.blocks[0])
    tracemalloc.start()
    score_block(Store(work, spec), spec, found.blocks[0])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert written > 5_000_000
    assert peak < written / 5
