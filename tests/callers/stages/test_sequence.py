"""Every stage alone: what it takes, what it leaves on disk, and what it gives back."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.callers.data import CallsData, locate
from quantray.callers.policies import read_policy
from quantray.callers.policies.evaluate import Block, Market, Pool
from quantray.callers.policies.tables import build_tables
from quantray.callers.prepare import covered, market_needs, planned, prepare, sliced
from quantray.callers.results import GROUP
from quantray.callers.split import HELD_OUT, TRAIN
from quantray.callers.stages import scores
from quantray.callers.stages.ranking import Place, columns_of, rank_set
from quantray.callers.stages.scores import ROWS, blocks_of, score_block, scores_of
from quantray.callers.stages.store import Store
from quantray.callers.stages.touch import Touch, buckets_of, toucher
from quantray.callers.stages.windows import windows_of
from quantray.callers.stages.work import TableSpec, Unit, Work, work_of
from quantray.errors import DataError
from quantray.files import Pieces
from tests.builders.call_plans import POLICIES, market, plan_on


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> CallsData:
    return market(tmp_path_factory.mktemp("market"))


@pytest.fixture(scope="module")
def work(data: CallsData, tmp_path_factory: pytest.TempPathFactory) -> Work:
    folder = tmp_path_factory.mktemp("work")
    return work_of(prepare(plan_on(data, folder)), Pieces(folder, "test").open(), "stem")


@pytest.fixture(scope="module")
def spec(work: Work) -> TableSpec:
    made = TableSpec(POLICIES, "stop_first", "open", marks=True)
    write = toucher(work, {made.name: made})
    for bucket in buckets_of(work):
        write(Touch(made.name, bucket))
    return made


@pytest.fixture(scope="module")
def store(work: Work, spec: TableSpec) -> Store:
    return Store(work, spec)


def test_a_caller_may_not_be_named_as_the_group(data: CallsData, tmp_path: Path) -> None:
    plan = plan_on(data, tmp_path)
    plan = replace(plan, calls=replace(plan.calls, aliases={"caller_0": GROUP}))
    for stage in (prepare, planned):
        with pytest.raises(DataError, match=r"as the group is; give calls\.aliases"):
            stage(plan)


def test_plan_coverage_and_slice_come_one_by_one(data: CallsData, tmp_path: Path) -> None:
    plan = plan_on(data, tmp_path)
    whole = prepare(plan)
    windows = planned(plan)
    assert windows.digest == whole.windows.digest
    assert sliced(plan, windows).folder == whole.slice.folder
    alone = covered(plan, windows)
    for name in ("reason", "entry_ns", "present", "silent"):
        assert (getattr(alone, name) == getattr(whole.coverage, name)).all()
    assert not list(tmp_path.iterdir())


def test_the_policies_say_how_much_of_the_market_is_needed(data: CallsData, tmp_path: Path) -> None:
    plan = plan_on(data, tmp_path)
    needs = market_needs(plan, 60)
    assert (needs.max_hold_s, needs.max_dip_wait_s, needs.warmup_s) == (3 * 3600, 1800, 33 * 60)
    assert market_needs(replace(plan, entry="close"), 60).max_hold_s == 3 * 3600 + 60
    endless = replace(plan, policies=(read_policy({"sl": 0.9}), read_policy({"sl": 0.9, "hold": "1h"})))
    assert market_needs(endless, 60).max_hold_s == 48 * 3600


def test_every_eligible_call_has_one_row_of_the_tables(work: Work) -> None:
    eligible = work.prepared.coverage.eligible
    assert ((work.bucket >= 0) == eligible).all()
    for bucket in buckets_of(work):
        candles = work.prepared.slice.read(bucket, work.prepared.calls.assets)
        rows = locate(work.prepared.coverage, candles)
        assert (work.bucket[rows.call] == bucket).all()
        assert work.row[rows.call].tolist() == list(range(len(rows)))


def test_what_workers_are_given_is_small_and_travels(work: Work, spec: TableSpec) -> None:
    again = pickle.loads(pickle.dumps(work))
    unit = Unit("caller_1", (1,))
    assert again.calls_of(unit).tolist() == work.calls_of(unit).tolist()
    assert pickle.loads(pickle.dumps(spec)).name == spec.name
    assert len(pickle.dumps(Touch(spec.name, 3))) < 200


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


def test_a_worker_without_the_slice_says_so(work: Work, tmp_path: Path) -> None:
    lost = replace(work.prepared.slice, folder=tmp_path / "elsewhere")
    blind = Work(replace(work.prepared, slice=lost), work.pieces, work.stem, work.bucket, work.row)
    with pytest.raises(DataError, match=r"the folder of the slice.*is not visible on.*every node"):
        toucher(blind, {})


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


def test_a_unit_is_ranked_from_its_files(work: Work, spec: TableSpec, store: Store) -> None:
    found = scores_of(work, "ranked", [Unit(GROUP, (0, 1, 2))], len(POLICIES))
    for block in found.blocks:
        scores.write_block(store, spec, block, found)
    ranked = rank_set(store, spec, found, 0, np.array([p.n_parts for p in POLICIES]))
    assert Place(**ranked.place.as_json()) == ranked.place
    assert ranked.place.best == ranked.ranking.order[0]
    assert ranked.place.value == max(ranked.columns[TRAIN]["captured_return"][ranked.ranking.order])


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
