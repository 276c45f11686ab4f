"""Vendors' files as they lie: each golden file gives these rows, every stamp worked out by hand."""

from __future__ import annotations

import zipfile
from pathlib import Path

import duckdb
import pytest

from quantray.errors import DataError
from quantray.files.formats import Ask, guess, head_of, shelf
from tests.builders.golden import GOLDEN, rows_of

MINUTE, SECOND = Ask(interval_s=60, key="options"), Ask(interval_s=1, key="options")
QUOTE, PRINT, BAR = "ts symbol bid ask", "ts symbol close volume", "ts open high low close volume"


def test_thetadata_quotes_stand_at_the_end_of_their_interval_and_a_row_of_zeros_withdraws():
    call, put, index = "SPY240816C00545000", "SPY240816P00545500", "SPXW241129P05975000"
    assert rows_of(GOLDEN / "thetadata_quotes.csv", "options", QUOTE, MINUTE) == [
        ("2024-08-16T13:29:00Z", call, 0.0, None),  # before the open: no quote yet
        ("2024-08-16T13:30:00Z", call, 1.23, 1.25),
        ("2024-08-16T13:31:00Z", call, 0.0, 0.01),  # a bid of 0 with an ask is a quote
        ("2024-08-16T13:29:00Z", put, 0.0, None),
        ("2024-08-16T13:30:00Z", put, 2.23, 2.25),
        ("2024-11-29T17:59:00Z", index, 4.1, 4.3),  # in winter New York is five hours behind, and closes at 13:00
        ("2024-08-16T13:30:00Z", "SPY240816C00400000", 150.1, None),  # nobody asks, and the bid stands
    ]


def test_thetadata_names_the_contract_and_its_underlying():
    found = rows_of(GOLDEN / "thetadata_quotes.csv", "options", "underlying expiry strike right", MINUTE)
    assert found[3:6] == [
        ("SPY", "2024-08-16", 545.5, "P"), ("SPY", "2024-08-16", 545.5, "P"), ("SPX", "2024-11-29", 5975.0, "P"),
    ]  # fmt: skip


def test_thetadata_bars_stand_at_their_start_and_have_no_vwap_of_their_own():
    symbol = "SPY240816C00545000"
    assert rows_of(GOLDEN / "thetadata_bars.csv", "options", f"{PRINT} vwap", MINUTE) == [
        ("2024-08-16T13:30:00Z", symbol, 10.06, 10.0, None),
        ("2024-08-16T13:31:00Z", symbol, 9.96, 15.0, None),
        ("2024-08-16T13:33:00Z", symbol, 10.15, 5.0, None),
    ]


def test_thetadata_stock_bars_have_the_running_vwap_of_the_day():
    assert rows_of(GOLDEN / "thetadata_stock.csv", "underlying", f"{BAR} vwap vwap_running") == [
        ("2024-08-16T13:30:00Z", 551.1, 551.4, 551.0, 551.2, 1200.0, None, 551.15),
        ("2024-08-16T13:31:00Z", 551.2, 551.3, 551.05, 551.1, 800.0, None, 551.14),
    ]


def test_thetadata_of_old_counts_strikes_in_tenths_of_a_cent_and_times_in_ms_of_the_day():
    assert rows_of(GOLDEN / "thetadata_v2.csv", "options", f"{QUOTE} strike", MINUTE) == [
        ("2024-08-16T13:29:00Z", "SPY240816C00170000", 0.0, None, 170.0),
        ("2024-08-16T13:30:00Z", "SPY240816C00170000", 381.05, 381.25, 170.0),
        ("2024-11-29T17:59:00Z", "SPY241129P00600500", 0.05, 0.06, 600.5),
    ]


def test_thetadata_of_old_may_name_its_contract_in_the_name_of_the_file():
    found = rows_of(GOLDEN / "SPY_20240816_545000_C.csv", "options", f"{QUOTE} strike expiry", MINUTE)
    assert found[1] == ("2024-08-16T13:30:00Z", "SPY240816C00545000", 1.05, 1.25, 545.0, "2024-08-16")


def test_massive_bars_start_at_window_start_and_close_stands_before_high():
    assert rows_of(GOLDEN / "massive_options.csv", "options", f"{PRINT} underlying strike") == [
        ("2024-08-16T13:30:00Z", "SPY240816C00545000", 10.06, 4.0, "SPY", 545.0),
        ("2024-08-16T13:31:00Z", "SPY240816C00545000", 9.96, 15.5, "SPY", 545.0),  # volumes may be broken
        ("2024-11-29T17:59:00Z", "SPXW241129P05975000", 4.2, 1.0, "SPX", 5975.0),
        ("2024-08-16T13:31:00Z", "AAPL1240816C00225000", 1.2, 2.0, "AAPL", 225.0),
    ]
    assert rows_of(GOLDEN / "massive_stocks.csv", "underlying", f"{BAR} symbol") == [
        ("2024-08-16T13:30:00Z", 551.1, 551.4, 551.0, 551.2, 1200.0, "SPY"),
        ("2024-08-16T13:31:00Z", 551.2, 551.3, 551.05, 551.1, 800.0, "SPY"),
    ]
    assert rows_of(GOLDEN / "massive_indices.csv", "underlying", f"{BAR} symbol") == [
        ("2024-08-16T13:30:00Z", 5530.1, 5531.4, 5530.0, 5531.2, None, "SPX")
    ]


def test_of_massive_quotes_the_last_of_each_interval_counts_by_time_and_sequence():
    call, put = "SPY240816C00545000", "SPY240816P00545000"
    found = sorted(rows_of(GOLDEN / "massive_quotes.csv", "options", QUOTE, SECOND))
    assert found == [
        ("2024-08-16T13:30:00Z", call, 1.24, 1.26),  # 103 came after 102, though it stands before
        ("2024-08-16T13:30:00Z", put, 2.23, 2.25),
        ("2024-08-16T13:30:01Z", call, 1.25, 1.27),
        ("2024-08-16T13:30:02Z", call, 0.0, None),
    ]
    with pytest.raises(DataError, match=r"it holds events.*say data\.interval=1s"):
        rows_of(GOLDEN / "massive_quotes.csv", "options", QUOTE)


def test_a_row_of_optionsdx_is_a_call_and_a_put_known_at_its_moment():
    ask = Ask(interval_s=900, key="options")
    found = rows_of(GOLDEN / "spx_15m_202408.txt", "options", f"{QUOTE} strike right underlying", ask)
    assert found == [
        ("2024-08-16T13:30:00Z", "SPX240816C05530000", 11.9, 12.1, 5530.0, "C", "SPX"),
        ("2024-08-16T13:30:00Z", "SPX240816P05530000", 10.8, 11.0, 5530.0, "P", "SPX"),
        ("2024-08-16T13:30:00Z", "SPX240816C05535500", 0.0, None, 5535.5, "C", "SPX"),
        ("2024-08-16T13:30:00Z", "SPX240816P05535500", 13.8, 14.0, 5535.5, "P", "SPX"),
        ("2024-08-16T13:45:00Z", "SPX240816C05530000", 12.9, 13.1, 5530.0, "C", "SPX"),
        ("2024-08-16T13:45:00Z", "SPX240816P05530000", 0.0, None, 5530.0, "P", "SPX"),
    ]
    assert rows_of(GOLDEN / "spx_15m_202408.txt", "underlying", BAR.removesuffix(" volume"), ask) == [
        ("2024-08-16T13:30:00Z", *[5531.2] * 4), ("2024-08-16T13:45:00Z", *[5532.0] * 4),
    ]  # fmt: skip


def test_a_file_of_cboe_is_options_and_their_underlying():
    assert rows_of(GOLDEN / "cboe_quotes.csv", "options", f"{QUOTE} underlying", MINUTE) == [
        ("2024-08-16T13:30:00Z", "SPXW240816C05530000", 11.9, 12.1, "SPX"),
        ("2024-08-16T13:30:00Z", "SPXW240816P05530000", 0.0, 0.05, "SPX"),
        ("2024-08-16T13:30:00Z", "SPX240816C05530000", 0.0, None, "SPX"),
        ("2024-08-16T13:31:00Z", "SPXW240816C05530000", 12.3, 12.5, "SPX"),
    ]
    assert rows_of(GOLDEN / "cboe_quotes.csv", "underlying", "ts open high low close symbol", MINUTE) == [
        ("2024-08-16T13:30:00Z", *[5531.2] * 4, "SPX"), ("2024-08-16T13:31:00Z", *[5532.1] * 4, "SPX"),
    ]  # fmt: skip


REFUSED = {
    "end of day": ("cboe_eod.csv", "options", Ask(), "two snapshots a day"),
    "numbers of instruments": ("databento_nameless.csv", "options", Ask(interval_s=60), "map_symbols=True"),
    "adjusted": ("kibot.txt", "underlying", Ask(), r"data\.adjusted=accept"),
    "adjusted by name": ("SPY_full_1min_adjsplitdiv.txt", "underlying", Ask(), r"data\.adjusted=accept"),
    "an end without an interval": ("thetadata_quotes.csv", "options", Ask(key="options"), r"data\.interval=1m"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_what_to_set(name: str):
    file, table, ask, sentence = REFUSED[name]
    with pytest.raises(DataError, match=sentence):
        rows_of(GOLDEN / file, table, "ts", ask)


def test_databento_in_whole_numbers_and_in_frames_says_the_same():
    call = "SPY240816C00545000"
    for file in ("databento_cbbo.csv", "databento_frame.csv"):
        assert rows_of(GOLDEN / file, "options", QUOTE, MINUTE) == [
            ("2024-08-16T13:30:00Z", call, 1.23, 1.25),
            ("2024-08-16T13:31:00Z", call, None, 0.01),
        ]  # the third row of whole numbers has no time and is set aside
    assert rows_of(GOLDEN / "databento_ohlcv.csv", "underlying", f"{BAR} symbol") == [
        ("2024-08-16T13:30:00Z", 551.1, 551.4, 551.0, 551.2, 1200.0, "SPY"),
        ("2024-08-16T13:31:00Z", 551.2, 551.3, 551.05, 551.1, 800.0, "SPY"),
    ]


def test_lean_says_contract_and_date_in_names_and_counts_ms_and_ten_thousandths(tmp_path: Path):
    zipped = tmp_path / "20240816_quote_american.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        member = "20240816_spy_minute_quote_american_call_5450000_20240816.csv"
        archive.writestr(member, (GOLDEN / "lean_quote.txt").read_text())
    assert rows_of(zipped, "options", f"{QUOTE} strike right expiry") == [
        ("2024-08-16T13:30:00Z", "SPY240816C00545000", 1.23, 1.25, 545.0, "C", "2024-08-16"),
        ("2024-08-16T13:31:00Z", "SPY240816C00545000", None, 0.01, 545.0, "C", "2024-08-16"),
        ("2024-08-16T13:32:00Z", "SPY240816C00545000", 0.0, None, 545.0, "C", "2024-08-16"),
    ]


def test_kibot_joins_date_and_clock_and_says_that_it_is_adjusted():
    accept = Ask(adjusted="accept")
    assert rows_of(GOLDEN / "kibot.txt", "underlying", BAR, accept) == [
        ("2024-08-16T13:30:00Z", 551.1, 551.4, 551.0, 551.2, 1200.0),
        ("2024-08-16T13:31:00Z", 551.2, 551.3, 551.05, 551.1, 800.0),
        ("2024-11-29T17:59:00Z", 600.0, 600.1, 599.9, 600.05, 10.0),
    ]


@pytest.mark.parametrize("file", ["SPY_full_1min_UNADJUSTED.txt", "SPY_1min_sample.csv"])
def test_firstrate_with_and_without_a_header(file: str):
    assert rows_of(GOLDEN / file, "underlying", f"{BAR} symbol") == [
        ("2024-08-16T13:30:00Z", 551.1, 551.4, 551.0, 551.2, 1200.0, "SPY"),
        ("2024-08-16T13:31:00Z", 551.2, 551.3, 551.05, 551.1, 800.0, "SPY"),
    ]


def test_bars_of_ibkr_know_their_offset_or_ask_for_the_zone():
    rows = [
        ("2024-08-16T13:30:00Z", 551.1, 551.4, 551.0, 551.2, 1200.0, 551.15),
        ("2024-08-16T13:31:00Z", 551.2, 551.3, 551.05, 551.1, 800.0, 551.14),
    ]
    assert rows_of(GOLDEN / "ibkr.csv", "underlying", f"{BAR} vwap") == rows
    there = Ask(timezone="America/New_York")
    assert rows_of(GOLDEN / "ibkr_naive.csv", "underlying", f"{BAR} vwap", there) == rows


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
    with pytest.raises(DataError, match="bars of an hour or a day"):
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
