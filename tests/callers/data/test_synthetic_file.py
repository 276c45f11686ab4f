"""The synthetic market as one DuckDB file."""

import duckdb
import pytest

from quantray.callers.data import (
    CallsData,
    Needs,
    cover,
    load_calls,
    open_candles,
    plan_calls,
)
from quantray.callers.data.synthetic_file import ensure_file
from tests.builders.synthetic_calls import SMALL, small


def test_the_market_is_one_duckdb_file_made_once(tmp_path):
    path = ensure_file(small(tmp_path))
    before = path.stat().st_mtime_ns
    assert ensure_file(small(tmp_path)) == path
    assert path.stat().st_mtime_ns == before
    assert {p.name for p in path.parent.iterdir()} == {path.name, "_quantray.json"}
    assert [p.name for p in path.parent.parent.iterdir()] == [path.parent.name]
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = connection.execute("SELECT table_name FROM information_schema.tables ORDER BY 1").fetchall()
    assert tables == [("calls",), ("candles",)]
    assert ensure_file(small(tmp_path, interval="5m")) != path


@pytest.mark.slow
def test_it_is_read_like_any_other_source(tmp_path):
    data = small(tmp_path)
    calls = load_calls(data)
    assert calls.counts["kept"] == 60
    assert set(calls.callers) == set(SMALL.caller_names)
    assert all(c in ("solana", "ethereum", "base") for c in calls.chain)
    as_duckdb = CallsData("duckdb", duckdb=str(ensure_file(data)))
    assert load_calls(as_duckdb).digest == calls.digest
    with open_candles(data) as source:
        coverage = cover(plan_calls(calls, 60, Needs(3600)), source)
    assert coverage.eligible.sum() > 40
    assert coverage.counts["too_new"] == 0
