"""Three calls on real minute candles, each measure worked out by hand from the candles' table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from quantray.callers.baseline import BaselinePlan
from quantray.callers.baseline_study import BaselineStudy, baseline
from quantray.callers.data import CallsData
from quantray.settings import Runner
from tests.builders.sweep_plans import SHARED

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (SHARED / "crypto_candles_1m.parquet").is_file(), reason="../shared/data is not here"),
]

#: Of 2,880 candles each: a rise to 1.386x, LAYERUSDT's collapse of 2025-05-06, and one never above its entry.
RISE, COLLAPSE, NEVER = "ev00542", "ev00342", "ev01576"
BY_HAND: dict[str, dict[str, Any]] = {
    RISE: {
        "asset": "ETHUSDT", "entry_price": 1796.82, "ath_multiple": 2490.75 / 1796.82, "time_to_ath_s": 2268 * 60,
        "highest_close_multiple": 2478.96 / 1796.82, "time_to_1_2x_s": 1554 * 60, "time_to_1_5x_s": None,
        "drawdown": 1 - 1786.0 / 1796.82, "drawdown_before_1_2x": 1 - 1786.0 / 1796.82,
        "drawdown_before_above": 1 - 1795.45 / 1796.82, "drawdown_after_ath": 1 - 2270.0 / 2490.75,
        "end_return": 2340.76 / 1796.82 - 1, "tp_sl_reason": "horizon", "tp_sl_time_s": 48 * 3600,
        "under_water_share": 81 / 2880, "in_profit_share": 2798 / 2880, "retention_after_1_2x": 1326 / 1326,
        "headfake": False, "headfake_depth": 0.0,
    },
    COLLAPSE: {
        "asset": "LAYERUSDT", "entry_price": 3.0037, "ath_multiple": 3.0345 / 3.0037, "time_to_ath_s": 348 * 60,
        "highest_close_multiple": 3.0261 / 3.0037, "time_to_1_2x_s": None, "drawdown": 1 - 1.2702 / 3.0037,
        "drawdown_before_above": 1 - 3.0021 / 3.0037, "drawdown_after_ath": 1 - 1.2702 / 3.0345,
        "drawdown_from_peak": 1 - 1.2702 / 3.0345, "end_return": 1.2766 / 3.0037 - 1, "tp_sl_reason": "stop",
        "tp_sl_return": -0.5, "tp_sl_net": -0.5 - 0.004 * 1.5, "tp_sl_time_s": 2475 * 60,
        "under_water_share": 2850 / 2880, "in_profit_share": 29 / 2880, "headfake": None,
    },
    NEVER: {
        "asset": "ETCUSDT", "entry_price": 19.84, "ath_multiple": 1.0, "time_to_ath_s": 0,
        "highest_close_multiple": 1.0, "time_to_1_2x_s": None, "drawdown": 1 - 18.118 / 19.84,
        "drawdown_before_above": 1 - 18.118 / 19.84, "drawdown_after_ath": 1 - 18.118 / 19.84,
        "end_return": 18.327 / 19.84 - 1, "tp_sl_reason": "horizon", "under_water_share": 2879 / 2880,
        "in_profit_share": 0.0,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> BaselineStudy:
    folder = tmp_path_factory.mktemp("real")
    with duckdb.connect(str(folder / "real.duckdb")) as connection:
        for table, file in (("candles", "crypto_candles_1m"), ("calls", "rule_calls")):
            connection.execute(f"CREATE TABLE {table} AS SELECT * FROM '{SHARED}/{file}.parquet'")
    data = CallsData("duckdb", duckdb=str(folder / "real.duckdb"), cache=str(folder / "cache"))
    return baseline(BaselinePlan("real", data, Path(folder / "run"), runner=Runner("local", 2)), say=print)


@pytest.mark.parametrize("call", BY_HAND)
def test_a_call_by_hand(study: BaselineStudy, call: str) -> None:
    found = study.results.alerts.row(study.results.coverage.plan.calls.call_id.index(call))
    for name, value in BY_HAND[call].items():
        assert found[name] == (pytest.approx(value, rel=1e-13, abs=1e-15) if isinstance(value, float) else value), name


def test_the_rules_beside_their_control(study: BaselineStudy) -> None:
    """Five rules, none of them a discovery: what they offer is what random hours offer, about."""
    board = study.leaderboard().set_index("caller")
    assert board["n_calls"].sum() == 2848
    assert board["n_ok"].sum() == 2837
    assert board["place"].notna().all()
    control = board.loc["rule:random_hour (control)", "median_ath_multiple"]
    assert (board["median_ath_multiple"] - control).abs().max() < 0.01
