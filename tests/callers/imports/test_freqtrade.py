"""The result file of freqtrade."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import duckdb
import pytest

from quantray.callers.imports import import_results


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


TRADE = {
    "pair": "BTC/USDT", "stake_amount": 100.0, "open_date": "2025-01-01 00:00:00+00:00", "open_rate": 1.0,
    "close_date": "2025-01-01 01:00:00+00:00", "close_rate": 1.1, "trade_duration": 60, "profit_ratio": 0.0975,
    "profit_abs": 9.75, "exit_reason": "roi", "min_rate": 0.97, "max_rate": 1.1, "stop_loss_ratio": -0.1,
    "is_open": False, "orders": [{"amount": 1, "cost": float("nan")}],
}  # fmt: skip


FREQTRADE = {
    "metadata": {"Mine": {"run_id": "x"}},
    "strategy": {"Mine": {"trades": [TRADE, {**TRADE, "profit_ratio": -0.1}], "winrate": 0.5}},
    "strategy_comparison": [{"key": "Mine", "trades": 2, "profit_mean_pct": -0.1, "winrate": 0.5}],
}  # fmt: skip


@pytest.mark.parametrize("archived", [False, True])
def test_the_result_file_of_freqtrade_is_its_trades(archived: bool) -> None:
    path = Path("backtest-result-1.json")
    path.write_text(json.dumps(FREQTRADE))
    if archived:
        with zipfile.ZipFile("backtest-result-1.zip", "w") as archive:
            archive.write(path)
            archive.writestr("backtest-result-1_config.json", "{}")
            archive.writestr("backtest-result-1_market_change.feather", b"\x00")
        path = Path("backtest-result-1.zip")
    (file,) = import_results([path], Path("r.duckdb"))
    rows = [row for _, row in file.rows]
    assert [(r.caller, r.n_trades, r.win_rate, r.captured_return) for r in rows] == [
        ("Mine", 1, 1, 0.0975), ("Mine", 1, 0, -0.1),
    ]  # fmt: skip
    assert all(r.sl is None and r.hold_s is None and r.max_drawdown is None for r in rows)
    with duckdb.connect("r.duckdb", read_only=True) as c:
        got = c.execute("SELECT extra->>'$.min_rate', extra->'$.orders[0].cost' FROM imported_results").fetchall()
    assert got[0] == ("0.97", "null")
    again = import_results([path], Path("t.duckdb"), told={"caller": "pair"})
    assert [row.caller for _, row in again[0].rows] == ["BTC/USDT"] * 2
