"""Which column of a file is which of ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.callers.imports.columns import match
from quantray.errors import DataError
from tests.builders.imported import CSV


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.csv").write_text(CSV)


@pytest.mark.parametrize(
    ("column", "ours", "unit"),
    [
        ("caller", "caller", ""),
        ("CallerName", "caller", ""),
        ("metrics.winRate", "win_rate", ""),
        ("Win Rate %", "win_rate", "percent"),
        ("win_ratio", "win_rate", "fraction"),
        ("hold_minutes", "hold", "minutes"),
        ("hold_s", "hold", "seconds"),
        ("Max. Drawdown [%]", "max_drawdown", "percent"),
        ("Avg. Trade [%]", "captured_return", "percent"),
        ("captured_return", "captured_return", "gain"),
        ("takeProfit", "tp", ""),
        ("tp_mult", "tp", "multiple"),
        ("sl_ratio", "sl", "gain"),
    ],
)
def test_a_column_is_found_by_its_name(column: str, ours: str, unit: str) -> None:
    (found,) = match([column], {}).values()
    assert (found.ours, found.unit) == (ours, unit)


OTHERS = [
    "pnl", "pnl_pct", "note", "entry_price", "symbol", "min_rate", "win_rte", "Return [%]", "roi", "buy_hold.win_rate",
    "max_drawdown_abs", "profit_ratio", "drawdown",
]  # fmt: skip


@pytest.mark.parametrize("column", OTHERS)
def test_a_column_that_may_be_something_else_is_none_of_ours(column: str) -> None:
    assert match([column], {}) == {}


def test_a_column_is_ours_once_and_by_its_clearest_name() -> None:
    found = match(["avg_return", "mean_return", "trades", "n_trades"], {})
    assert (found["captured_return"].theirs, found["n_trades"].theirs) == ("mean_return", "n_trades")


def test_two_columns_of_one_name_are_not_chosen_from() -> None:
    with pytest.raises(DataError, match=r"win_rate and stats\.win_rate may both be win_rate; give --map"):
        match(["win_rate", "stats.win_rate"], {})
    assert match(["win_rate", "stats.win_rate"], {"win_rate": "stats.win_rate"})["win_rate"].theirs == "stats.win_rate"
