"""Tables of the touch stage as files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quantray.callers.data import locate
from quantray.callers.policies.evaluate import Block, Market, Pool
from quantray.callers.policies.tables import build_tables
from quantray.callers.split import TRAIN
from quantray.callers.stages.store import Store
from quantray.callers.stages.touch import buckets_of
from quantray.callers.stages.windows import windows_of
from quantray.callers.stages.work import TableSpec, Work
from quantray.errors import DataError
from tests.builders.call_plans import POLICIES


def test_tables_from_files_are_the_tables_of_the_candles(work: Work, spec: TableSpec, store: Store) -> None:
    """Gathered over buckets in any order, they score as if all candles had been one block."""
    prepared = work.prepared
    calls = np.flatnonzero(work.bucket >= 0)
    shuffled = np.random.default_rng(0).permutation(calls)
    gathered = store.gather(spec, shuffled, marks=True)
    for bucket in buckets_of(work):
        candles = prepared.slice.read(bucket, prepared.calls.assets)
        rows = locate(prepared.coverage, candles, work.ends)
        direct = build_tables(candles, windows_of(work, candles, 0), spec.levels, 60)
        mine = gathered.tables.take(np.flatnonzero(np.isin(shuffled, rows.call)))
        back = direct.take(np.argsort(np.argsort(shuffled[np.isin(shuffled, rows.call)])))
        for name in ("keys", "fill", "worst", "time", "peaks", "price", "entry_ns"):
            assert np.array_equal(getattr(mine, name), getattr(back, name), equal_nan=True)
        pool = Pool(np.arange(len(rows)), prepared.calls.asset[rows.call], rows.call * 0, rows.call)
        period = (prepared.split.train_ns[0], prepared.split.train_ns[1])
        plan = prepared.plan
        want = Block(direct, spec.program(POLICIES), pool, plan.account, plan.costs)
        whole = Market(candles, 60, *period)
        some = store.gather(spec, rows.call, marks=True)
        part = store.market(some, TRAIN)
        got = Block(some.tables, spec.program(POLICIES), pool, plan.account, plan.costs)
        expected = want.metrics(whole, closes=whole.closes, daily=True)
        found = got.metrics(part, closes=whole.closes, daily=True)
        assert all(np.array_equal(found[name], expected[name], equal_nan=True) for name in expected)
    assert len(gathered.candles.ts) <= prepared.slice.rows


def test_no_calls_are_no_rows(store: Store, spec: TableSpec) -> None:
    nothing = store.gather(spec, np.zeros(0, np.int64), marks=True)
    plan = store.work.prepared.plan
    block = store.block(nothing, spec.program(POLICIES), plan.account, plan.costs)
    found = block.metrics(store.market(nothing, TRAIN), daily=True)
    assert (found["n_trades"] == 0).all()
    assert (found["final_capital"] == plan.account.initial).all()
    assert np.isnan(found["captured_return"]).all()


def test_a_missing_table_is_an_error_with_a_remedy(work: Work, tmp_path: Path) -> None:
    absent = TableSpec(POLICIES[:3], "stop_first", "open")
    with pytest.raises(DataError, match="it will be made anew"):
        Store(work, absent).gather(absent, np.flatnonzero(work.bucket >= 0))
