"""Bars as vendors write them: each file of about twenty rows, and the rows that its columns mean, worked out by hand.

New York is four hours behind UTC until 2024-11-03 and five from then on; 2024-11-29 closes at 13:00. Every one of these
stamps a bar with its START. ``-`` is nothing.
"""

from __future__ import annotations

import pytest

from quantray.files.formats import Ask
from tests.builders.golden import GOLDEN, aside_of, rows_of, written

PRINT, BAR = "ts symbol close volume", "ts open high low close volume"
NO_TRADE, NO_TICKER = "no trade in the interval (close and volume 0)", "no ticker"


def test_thetadata_stamps_bars_at_their_start_and_has_no_vwap_of_theirs():
    file = GOLDEN / "thetadata_bars.csv"
    assert rows_of(file, "options", f"{PRINT} vwap") == written("""
        2024-08-16T13:30:00Z SPY240816C00545000   10.06 10  -
        2024-08-16T13:31:00Z SPY240816C00545000   9.96  15  -
        2024-08-16T13:33:00Z SPY240816C00545000   10.15 5   -
        2024-08-16T13:30:00Z SPY240816P00545500   2.25  44  -
        2024-08-16T13:32:00Z SPY240816P00545500   2.26  1   -
        2024-08-16T19:59:00Z SPY240816P00545500   0.01  310 -
        2024-08-16T13:30:00Z SPXW240816C05530000  12.4  7   -
        2024-08-16T13:30:00Z SPX240920C05530000   120.5 2   -
        2024-08-16T13:45:00Z AAPL1240816C00225000 1.3   2   -
        2024-08-16T14:14:00Z VIX240821C00017500   0.44  25  -
        2024-08-16T14:14:00Z VIXW240828P00015000  0.62  8   -
        2024-11-01T13:30:00Z SPXW241104C05710000  38.7  21  -
        2024-11-01T19:59:00Z SPXW241104C05710000  40.3  6   -
        2024-11-04T14:30:00Z SPXW241104C05710000  21.6  90  -
        2024-11-04T20:59:00Z SPXW241104C05710000  0.05  12  -
        2024-11-29T14:30:00Z SPXW241129P05975000  4.5   18  -
        2024-11-29T17:59:00Z SPXW241129P05975000  4.2   1   -
    """)
    assert aside_of(file, "options") == {NO_TRADE: 3}


def test_thetadata_has_the_running_vwap_of_the_day_in_bars_of_stocks():
    file = GOLDEN / "thetadata_stock.csv"
    assert rows_of(file, "underlying", f"{BAR} vwap vwap_running") == written("""
        2024-08-16T13:30:00Z 551.1  551.4  551    551.2  1200  - 551.15
        2024-08-16T13:31:00Z 551.2  551.3  551.05 551.1  800   - 551.14
        2024-08-16T13:33:00Z 551.05 551.25 551    551.25 950   - 551.13
        2024-08-16T13:34:00Z 551.25 551.5  551.2  551.45 1410  - 551.2
        2024-08-16T13:35:00Z 551.45 551.45 551.45 551.45 1     - 551.2
        2024-08-16T16:00:00Z 553.8  553.9  553.75 553.85 640   - 552.6
        2024-08-16T19:58:00Z 554.2  554.35 554.18 554.3  5200  - 553.12
        2024-08-16T19:59:00Z 554.3  554.4  554.22 554.31 21000 - 553.2
        2024-11-01T13:30:00Z 571.3  571.8  571.1  571.6  2300  - 571.44
        2024-11-01T13:31:00Z 571.6  571.9  571.5  571.75 1700  - 571.53
        2024-11-01T19:59:00Z 569    569.1  568.6  568.64 34000 - 570.4
        2024-11-04T14:30:00Z 569.4  569.95 569.2  569.8  2600  - 569.61
        2024-11-04T14:31:00Z 569.8  570.1  569.7  570.05 1500  - 569.7
        2024-11-04T20:59:00Z 569.9  570.05 569.7  569.81 28000 - 569.77
        2024-11-29T14:30:00Z 599.6  599.9  599.5  599.85 1900  - 599.7
        2024-11-29T17:58:00Z 602.4  602.5  602.35 602.45 4100  - 601.31
        2024-11-29T17:59:00Z 602.45 602.6  602.4  602.55 9900  - 601.4
    """)
    assert aside_of(file, "underlying") == {NO_TRADE: 2}


def test_massive_options_start_at_window_start_and_may_have_broken_volumes():
    file = GOLDEN / "massive_options.csv"
    assert rows_of(file, "options", f"{PRINT} underlying strike") == written("""
        2024-08-16T13:30:00Z SPY240816C00545000   10.06 4     SPY  545
        2024-11-29T17:59:00Z SPXW241129P05975000  4.2   1     SPX  5975
        2024-08-16T13:31:00Z AAPL1240816C00225000 1.2   2     AAPL 225
        2024-08-16T13:30:00Z SPY240816P00545500   2.25  44    SPY  545.5
        2024-08-16T13:32:00Z SPY240816P00545500   2.26  1     SPY  545.5
        2024-08-16T19:59:00Z SPY240816P00545500   0.01  310   SPY  545.5
        2024-08-16T13:30:00Z SPXW240816C05530000  12.4  7     SPX  5530
        2024-08-16T13:30:00Z SPX240920C05530000   120.5 2     SPX  5530
        2024-08-16T13:35:00Z NDXP240816P19500000  60.1  3     NDX  19500
        2024-08-16T14:14:00Z VIX240821C00017500   0.44  25    VIX  17.5
        2024-08-16T14:14:00Z VIXW240828P00015000  0.62  8     VIX  15
        2024-08-16T15:00:00Z SPY240816C00002500   548.7 1     SPY  2.5
        2024-11-01T13:30:00Z SPXW241104C05710000  38.7  21    SPX  5710
        2024-11-01T19:59:00Z SPXW241104C05710000  40.3  6     SPX  5710
        2024-11-04T14:30:00Z SPXW241104C05710000  21.6  90    SPX  5710
        2024-11-04T20:59:00Z SPXW241104C05710000  0.05  12    SPX  5710
        2026-03-06T14:30:00Z SPY260320C00700000   3.15  12.75 SPY  700
        2024-08-16T13:31:00Z SPY240816C00545000   9.96  15.5  SPY  545
    """)
    assert aside_of(file, "options") == {NO_TICKER: 2}


def test_massive_stocks_have_the_close_before_the_high():
    file = GOLDEN / "massive_stocks.csv"
    assert rows_of(file, "underlying", f"symbol {BAR}") == written("""
        SPY   2024-08-16T13:30:00Z 551.1  551.4  551    551.2  1200
        SPY   2024-08-16T13:31:00Z 551.2  551.3  551.05 551.1  800
        SPY   2024-08-16T08:00:00Z 550.2  550.4  550.15 550.35 410
        SPY   2024-08-16T13:34:00Z 551.25 551.5  551.2  551.45 1410
        SPY   2024-08-16T13:35:00Z 551.45 551.45 551.45 551.45 1
        SPY   2024-08-16T19:59:00Z 554.3  554.4  554.22 554.31 21000
        SPY   2024-08-16T20:00:00Z 554.3  554.33 554.25 554.28 350
        SPY   2024-08-16T23:59:00Z 554.1  554.12 554.1  554.12 20
        AAPL  2024-08-16T13:30:00Z 223.9  224.2  223.85 224.1  900
        AAPL  2024-08-16T13:31:00Z 224.1  224.15 223.98 224.05 640
        BRK.B 2024-08-16T13:30:00Z 447.1  447.4  447    447.3  60
        SPY   2024-11-01T13:30:00Z 571.3  571.8  571.1  571.6  2300
        SPY   2024-11-01T19:59:00Z 569    569.1  568.6  568.64 34000
        SPY   2024-11-04T14:30:00Z 569.4  569.95 569.2  569.8  2600
        SPY   2024-11-04T20:59:00Z 569.9  570.05 569.7  569.81 28000
        SPY   2024-11-29T14:30:00Z 599.6  599.9  599.5  599.85 1900
        SPY   2024-11-29T17:59:00Z 602.45 602.6  602.4  602.55 9900
        SPY   2026-03-06T14:30:00Z 681.1  681.4  681    681.3  1504.25
        SPY   2026-03-06T14:31:00Z 681.3  681.3  681.3  681.3  0.5
    """)
    assert aside_of(file, "underlying") == {NO_TICKER: 1}


def test_massive_indices_have_no_volume_and_lose_their_prefix():
    file = GOLDEN / "massive_indices.csv"
    assert rows_of(file, "underlying", f"symbol {BAR}") == written("""
        SPX 2024-08-16T13:30:00Z 5530.1  5531.4  5530    5531.2  -
        SPX 2024-08-16T13:31:00Z 5531.2  5532.6  5531    5532.4  -
        SPX 2024-08-16T13:32:00Z 5532.4  5532.9  5531.8  5531.9  -
        SPX 2024-08-16T19:59:00Z 5554    5554.6  5553.8  5554.25 -
        SPX 2024-08-16T20:00:00Z 5554.25 5554.25 5554.25 5554.25 -
        NDX 2024-08-16T13:30:00Z 19480.3 19490   19479.2 19486.1 -
        NDX 2024-08-16T13:31:00Z 19486.1 19487.7 19478.8 19481   -
        VIX 2024-08-16T13:31:00Z 15.31   15.33   15.18   15.2    -
        VIX 2024-08-16T13:32:00Z 15.2    15.26   15.2    15.24   -
        RUT 2024-08-16T13:30:00Z 2141.1  2141.5  2140.2  2140.6  -
        DJI 2024-08-16T13:30:00Z 40563.1 40575   40560.2 40570.9 -
        SPX 2024-11-01T13:30:00Z 5723.2  5729.4  5722.6  5728.1  -
        SPX 2024-11-01T19:59:00Z 5731    5731.5  5728.3  5728.8  -
        SPX 2024-11-04T14:30:00Z 5725.1  5726.2  5719.9  5720.3  -
        SPX 2024-11-04T20:59:00Z 5713    5713.9  5712.1  5712.69 -
        VIX 2024-11-04T14:31:00Z 22.1    22.2    22      22.04   -
        SPX 2024-11-29T14:30:00Z 6003.98 6008    6003.1  6007.2  -
        SPX 2024-11-29T17:59:00Z 6032.1  6032.9  6031.8  6032.38 -
    """)
    assert aside_of(file, "underlying") == {NO_TICKER: 1}


def test_databento_writes_prices_in_whole_numbers_of_1e_9():
    assert rows_of(GOLDEN / "databento_ohlcv.csv", "underlying", f"symbol {BAR}") == written("""
        SPY  2024-08-16T13:30:00Z 551.1       551.4       551    551.2  1200
        SPY  2024-08-16T13:31:00Z 551.2       551.3       551.05 551.1  800
        SPY  2024-08-16T13:33:00Z 551.05      551.25      551    551.25 950
        SPY  2024-08-16T13:34:00Z 551.25      551.5       551.2  551.45 1410
        SPY  2024-08-16T13:35:00Z 551.45      551.45      551.45 551.45 1
        SPY  2024-08-16T16:00:00Z 553.8       553.9       553.75 553.85 640
        SPY  2024-08-16T19:58:00Z 554.2       554.35      554.18 554.3  5200
        SPY  2024-08-16T19:59:00Z 554.3       554.4       554.22 554.31 21000
        AAPL 2024-08-16T13:30:00Z 223.9       224.2       223.85 224.1  900
        AAPL 2024-08-16T13:31:00Z 224.1       224.15      223.98 224.05 640
        PENY 2024-08-16T13:30:00Z 0.123456789 0.123456789 0.1234 0.1234 4294967296
        SPY  2024-11-01T13:30:00Z 571.3       571.8       571.1  571.6  2300
        SPY  2024-11-01T19:59:00Z 569         569.1       568.6  568.64 34000
        SPY  2024-11-04T14:30:00Z 569.4       569.95      569.2  569.8  2600
        SPY  2024-11-04T14:31:00Z 569.8       570.1       569.7  570.05 1500
        SPY  2024-11-04T20:59:00Z 569.9       570.05      569.7  569.81 28000
        SPY  2024-11-29T14:30:00Z 599.6       599.9       599.5  599.85 1900
        SPY  2024-11-29T17:58:00Z 602.4       602.5       602.35 602.45 4100
        SPY  2024-11-29T17:59:00Z 602.45      602.6       602.4  602.55 9900
    """)


#: The same bars as Kibot, FirstRateData and IBKR write them.
BARS = written("""
    2024-08-16T13:30:00Z 551.1  551.4  551    551.2  1200
    2024-08-16T13:31:00Z 551.2  551.3  551.05 551.1  800
    2024-08-16T13:33:00Z 551.05 551.25 551    551.25 950
    2024-08-16T13:34:00Z 551.25 551.5  551.2  551.45 1410
    2024-08-16T13:35:00Z 551.45 551.45 551.45 551.45 1
    2024-08-16T16:00:00Z 553.8  553.9  553.75 553.85 640
    2024-08-16T19:58:00Z 554.2  554.35 554.18 554.3  5200
    2024-08-16T19:59:00Z 554.3  554.4  554.22 554.31 21000
    2024-08-16T20:00:00Z 554.31 554.33 554.25 554.28 350
    2024-11-01T13:30:00Z 571.3  571.8  571.1  571.6  2300
    2024-11-01T13:31:00Z 571.6  571.9  571.5  571.75 1700
    2024-11-01T19:59:00Z 569    569.1  568.6  568.64 34000
    2024-11-04T14:30:00Z 569.4  569.95 569.2  569.8  2600
    2024-11-04T14:31:00Z 569.8  570.1  569.7  570.05 1500
    2024-11-04T20:59:00Z 569.9  570.05 569.7  569.81 28000
    2024-11-29T09:00:00Z 598.7  598.8  598.6  598.75 44
    2024-11-29T14:30:00Z 599.6  599.9  599.5  599.85 1900
    2024-11-29T17:58:00Z 602.4  602.5  602.35 602.45 4100
    2024-11-29T17:59:00Z 602.45 602.6  602.4  602.55 9900
""")


def test_kibot_joins_date_and_clock_and_is_taken_where_adjusted_prices_are():
    assert rows_of(GOLDEN / "kibot.txt", "underlying", BAR, Ask(adjusted="accept")) == BARS


@pytest.mark.parametrize("file", ["SPY_full_1min_UNADJUSTED.txt", "SPY_1min_sample.csv", "SPY_1min.csv"])
def test_firstrate_with_either_header_and_without(file: str):
    found = rows_of(GOLDEN / file, "underlying", f"{BAR} symbol")
    assert [row[:-1] for row in found] == BARS
    assert {row[-1] for row in found} == {"SPY"}


def test_bars_of_ibkr_know_their_offset_or_are_given_the_zone():
    vwap = [551.15, 551.14, 551.13, 551.36, 551.45, 553.83, 554.27, 554.3, 554.29, 571.44, 571.71, 568.81, 569.61,
            569.92, 569.86, 598.71, 599.7, 602.43, 602.51]  # fmt: skip
    there = Ask(timezone="America/New_York")
    for file, ask in (("ibkr.csv", None), ("ibkr_naive.csv", there)):
        found = rows_of(GOLDEN / file, "underlying", f"{BAR} vwap", ask)
        assert [row[:-1] for row in found] == BARS
        assert [row[-1] for row in found] == vwap


def test_an_index_of_ibkr_has_no_volume_and_its_bars_count():
    """Where nothing ticked there is no bar; -1 is the volume of midpoints and quotes, whose prices are no trades'."""
    file = GOLDEN / "ibkr_index.csv"
    assert rows_of(file, "underlying", f"{BAR} vwap") == written("""
        2024-08-16T13:30:00Z 5530.1 5531.4 5530   5531.2  0 -
        2024-08-16T13:31:00Z 5531.2 5532.6 5531   5532.4  0 -
        2024-11-04T14:30:00Z 5725.1 5726.2 5719.9 5720.3  0 -
    """)
    assert aside_of(file, "underlying") == {
        "no trade in the interval (volume and barCount 0)": 1,
        "no bar of trades (volume -1, as of BID_ASK and MIDPOINT)": 1,
    }
