"""Real minute candles of 12 perpetuals and 2,848 calls that rules made on them."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from quantray.callers import CallerPlan, CallerResults
from quantray.callers.data import CallsData
from quantray.callers.pipeline import run
from quantray.callers.policies import grid
from quantray.settings import Runner
from quantray.stats.checks import Word
from tests.builders.sweep_plans import SHARED

CONTROL = "rule:random_hour (control)"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (SHARED / "crypto_candles_1m.parquet").is_file(), reason="../shared/data is not here"),
]


@pytest.fixture(scope="module", params=["v1", "trailing"])
def results(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> CallerResults:
    folder = tmp_path_factory.mktemp("real")
    with duckdb.connect(str(folder / "real.duckdb")) as connection:
        for table, file in (("candles", "crypto_candles_1m"), ("calls", "rule_calls")):
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM '{SHARED}/{file}.parquet'")
    data = CallsData("duckdb", duckdb=str(folder / "real.duckdb"), cache=str(folder / "cache"))
    plan = CallerPlan("real", data, grid(request.param), folder / "run", mode="both", runner=Runner("local", 2))
    return run(plan, say=print)


def test_every_caller_has_a_best_policy_and_so_has_the_control(results: CallerResults) -> None:
    assert len(results.ranked) == len(results.units) == 6
    assert sum(u.n_calls for u in results.units[:-1]) == results.units[-1].n_calls == 2848
    assert pq.read_table(results.table).num_rows == 6 * len(results.plan.policies)  # the training part alone


def test_no_rule_is_believed(results: CallerResults) -> None:
    """The rules are nobody's discovery; the calls held out fall in a market that fell."""
    for unit in results.units:
        assert unit.held_out_value is not None
        assert unit.verdict is not None
        assert unit.verdict.word != Word.BELIEVE


def test_the_control_shows_what_picking_is_worth(results: CallerResults) -> None:
    """Calls at random hours have a best policy that looks good in training too, and not on the calls held out."""
    control = results.unit(CONTROL)
    assert control.value is not None
    assert control.held_out_value is not None
    assert control.value > 0 > control.held_out_value


def test_zero_latency_is_shown_one_candle_late(results: CallerResults) -> None:
    for unit in results.ranked:
        late, _ = unit.lanes["one candle late"]
        assert abs(late["captured_return"] - unit.value) < 0.01


def test_no_run_folder_is_left_half_written(results: CallerResults) -> None:
    assert not list(Path(results.plan.run_dir).rglob(".unfinished*"))
