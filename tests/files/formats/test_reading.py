"""Vendors' files that cannot be read as they lie: what to set, or why not. The others: test_reading_*."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from quantray.errors import DataError
from quantray.files.formats import Ask, guess, head_of, shelf
from tests.builders.golden import GOLDEN, rows_of

MINUTE, BAR = Ask(interval_s=60, key="options"), "ts open high low close volume"

REFUSED = {
    "end of day": ("cboe_eod.csv", "options", Ask(), "two snapshots a day"),
    "numbers of instruments": ("databento_nameless.csv", "options", Ask(interval_s=60), "map_symbols=True"),
    "adjusted": ("kibot.txt", "underlying", Ask(), r"data\.adjusted=accept"),
    "adjusted by name": ("SPY_full_1min_adjsplitdiv.txt", "underlying", Ask(), r"data\.adjusted=accept"),
    "single trades": ("massive_trades.csv", "options", Ask(), "minute_aggs_v1"),
    "hours of LEAN": ("lean_hours.txt", "underlying", Ask(), "give the folder minute or second"),
    "quotes of hours of LEAN": ("lean_quote_hours.txt", "options", Ask(), "give the folder minute or second"),
    "an end without an interval": ("thetadata_quotes.csv", "options", Ask(key="options"), r"data\.interval=1m"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_what_to_set(name: str):
    file, table, ask, sentence = REFUSED[name]
    with pytest.raises(DataError, match=sentence):
        rows_of(GOLDEN / file, table, "ts", ask)


def test_a_price_of_databento_without_a_point_is_in_dollars_unless_it_is_too_large_for_that(tmp_path: Path):
    file = tmp_path / "cbbo.csv"
    file.write_text(
        "ts_recv,bid_px_00,ask_px_00,symbol\n"
        "2024-11-29T14:31:00Z,11.5,12,SPY   241129C00600000\n"
        "2024-11-29T14:32:00Z,10000000,12500000000,SPY   241129C00600000\n"
        "2024-11-29T14:33:00Z,0,3,SPY   241129C00600000\n"
    )
    assert rows_of(file, "options", "bid ask", MINUTE) == [(11.5, 12.0), (0.01, 12.5), (0.0, 3.0)]


#: Names of bars of crypto, futures of it, and indices: LEAN writes their prices as they are.
PLAIN_PRICES = ("btcusdt", "btcusd", "opusd", "opeur", "1inchusdt", "ethbtc", "spx", "vix")


@pytest.mark.parametrize("root", PLAIN_PRICES)
@pytest.mark.parametrize("rows", ["98000,98001,97999,98000,10", "98000.5,98001,97999.25,98000,10.5"])
def test_only_prices_of_leans_stocks_are_ever_divided(root: str, rows: str, tmp_path: Path):
    file = tmp_path / f"20250310_{root}_minute_trade.csv"
    file.write_text(f"34200000,{rows}\n")
    assert guess(head_of(file), "underlying", shelf()).layout is None
    with pytest.raises(DataError, match="is no file of LEAN"):
        rows_of(file, "underlying", BAR, named="lean")
    found = guess(head_of(file), "candles", shelf())
    assert (found.layout is None) == (root in ("spx", "vix"))
    if found.layout is not None:  # midnight is UTC's, and no price is divided
        ((ts, open_, asset),) = rows_of(file, "candles", "ts open asset")
        assert (ts, open_, asset) == ("2025-03-10T09:30:00Z", float(rows.split(",")[0]), root.upper())


@pytest.mark.parametrize("root", ["spy", "a", "gbtc", "brk.b", "googl", "eth", "usd"])
def test_stocks_of_lean_are_read_and_a_broken_price_in_any_row_stops_it(root: str, tmp_path: Path):
    file = tmp_path / f"20250310_{root}_minute_trade.csv"
    file.write_text("34200000,5600000,5600100,5599900,5600050,1200\n34260000,5600050,5600100,5600000,5600075,10\n")
    assert rows_of(file, "underlying", f"{BAR} symbol")[0] == (
        "2025-03-10T13:30:00Z", 560.0, 560.01, 559.99, 560.005, 1200.0, root.upper(),
    )  # fmt: skip
    for broken in ("5600050.5,5600100,5600000,5600075,10", "5600050,5600100,5600000,5600075,10.25"):
        file.write_text(f"34200000,5600000,5600100,5599900,5600050,1200\n34260000,{broken}\n")
        with pytest.raises(duckdb.Error, match="unreadable"):
            rows_of(file, "underlying", f"{BAR} symbol")


def test_bars_of_a_day_of_lean_are_refused(tmp_path: Path):
    file = tmp_path / "spy.csv"
    file.write_text("20250310 00:00,5600000,5600100,5599900,5600050,1200\n")
    with pytest.raises(DataError, match="LEAN's hours or days"):
        rows_of(file, "underlying", BAR)


def test_bars_of_an_index_of_ibkr_have_no_volume_and_bars_of_quotes_are_set_aside(tmp_path: Path):
    file = tmp_path / "bars.csv"
    file.write_text(
        "date,open,high,low,close,volume,average,barCount\n"
        "2025-03-10 09:30:00-04:00,560,561,559,560.5,0.0,0.0,25\n"
        "2025-03-10 09:31:00-04:00,560,560,560,560,0,0.0,0\n"
        "2025-03-10 09:32:00-04:00,560,561,559,560.5,-1.0,-1.0,-1\n"
    )
    bar = ("2025-03-10T13:30:00Z", 560.0, 561.0, 559.0, 560.5, 0.0, None)
    assert rows_of(file, "underlying", f"{BAR} vwap") == [bar]


def test_bars_of_an_index_of_firstrate_have_no_volume(tmp_path: Path):
    file = tmp_path / "SPX_1min.txt"
    file.write_text("2025-03-10 09:30:00,5700,5701.5,5699,5700.25\n")
    assert rows_of(file, "underlying", "ts symbol open close") == [("2025-03-10T13:30:00Z", "SPX", 5700.0, 5700.25)]
