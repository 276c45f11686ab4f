"""Real minute candles of 12 perpetuals and the calls that rules made on them, as one DuckDB file."""

import json
from pathlib import Path

import duckdb
import numpy as np
import pytest

from quantray.callers.data import (
    CallsData,
    CallSettings,
    CoverageSettings,
    Needs,
    check_candle_gates,
    cover,
    describe,
    load_calls,
    locate,
    materialise,
    open_candles,
    plan_calls,
    require_eligible,
)  # fmt: skip
from quantray.callers.data.settings import Gates

SHARED = next(
    (p / "shared" / "data" for p in Path(__file__).resolve().parents if (p / "shared" / "data").is_dir()), None
)
HOLD_S = 48 * 3600

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        SHARED is None or not (SHARED / "crypto_candles_1m.parquet").is_file(), reason="../shared/data is not here"
    ),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> CallsData:
    folder = tmp_path_factory.mktemp("real")
    with duckdb.connect(str(folder / "real.duckdb")) as connection:
        for table, file in (("candles", "crypto_candles_1m"), ("calls", "rule_calls")):
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM '{SHARED}/{file}.parquet'")
    return CallsData("duckdb", duckdb=str(folder / "real.duckdb"), cache=str(folder / "cache"))


@pytest.fixture(scope="module")
def stages(data):
    calls = load_calls(data)
    with open_candles(data) as source:
        plan = plan_calls(calls, source.inventory.interval_s, Needs(HOLD_S))
        return calls, source.inventory, plan, cover(plan, source), materialise(plan, source, data)


def test_every_call_is_there(stages):
    calls, inventory, *_ = stages
    assert len(calls) == 2848
    assert len(calls.assets) == 12
    assert len(calls.callers) == 5
    assert inventory.interval_s == 60
    assert inventory.rows.sum() == 535_383
    assert calls.near_names == ()


def test_the_entry_of_a_call_stamped_at_a_candles_end_is_the_next_candle(stages):
    *_, coverage, _ = stages
    at = np.flatnonzero(coverage.eligible)
    assert len(at) == 2837
    assert coverage.counts["too_new"] == 11
    assert (coverage.entry_ns[at] == coverage.plan.calls.ts[at]).all()


def test_the_price_at_the_call_is_the_close_before_the_entry(stages):
    calls, _, plan, coverage, made = stages
    checked = 0
    for block in made.candles(plan):
        rows = locate(coverage, block)
        inside = rows.entry > 0
        before = rows.entry[inside] - 1
        near = block.ts[before] == coverage.entry_ns[rows.call[inside]] - 60 * 10**9
        known = calls.price_at_call[rows.call[inside]][near]
        assert np.allclose(block.close[before][near], known, rtol=1e-12)
        checked += int(near.sum())
    assert checked > 2800


def test_files_that_end_early_are_the_vendors_doing(data, stages, tmp_path):
    """Eleven files end on 3 June, one on 15 June: without being told, the eleven look as if they had died."""
    _, inventory, plan, coverage, _ = stages
    assert (coverage.silent & coverage.eligible).sum() == 175
    ends = zip(inventory.assets, inventory.last_ns.tolist(), strict=True)
    rows = [{"asset": a, "from": str(np.datetime64(t + 60 * 10**9, "ns").astype("datetime64[s]"))} for a, t in ends]
    (tmp_path / "ends.json").write_text(json.dumps(rows))
    with open_candles(data) as source:
        told = cover(plan, source, CoverageSettings(outages=str(tmp_path / "ends.json")))
    assert told.counts["too_new"] == 11 + 175
    assert not (told.silent & told.eligible).any()


def test_the_candles_are_clean(stages):
    *_, made = stages
    check_candle_gates(made.quality, Gates(max_lone_prints=0, max_scale_jumps=0, max_zero_volume_candles=0.01))
    assert made.quality["gaps"] == 0
    assert made.rows == 528_199


def test_a_slice_of_fewer_callers_has_the_candles_of_all(data, stages):
    *_, made = stages
    calls = load_calls(data, CallSettings(callers="rule:random_hour (control)", dedupe_window="1h"))
    with open_candles(data) as source:
        plan = plan_calls(calls, 60, Needs(3600))
        assert materialise(plan, source, data).digest(plan) == made.digest(plan)
        require_eligible(cover(plan, source, candles=made.candles(plan)))


def test_every_stage_is_shown_as_plain_values(stages):
    for result in stages:
        json.dumps(describe(result), allow_nan=False)
