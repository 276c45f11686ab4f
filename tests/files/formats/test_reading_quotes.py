"""Quotes as vendors write them: each file of about twenty rows, and the rows that its columns mean, worked out by hand.

New York is four hours behind UTC until 2024-11-03 and five from then on; 2024-11-29 closes at 13:00. A quote stands at
its interval's end, so START is the time less a minute (OptionsDX: a quarter of an hour). ``-`` is nothing.
"""

from __future__ import annotations

import pytest

from quantray.errors import DataError
from quantray.files.formats import Ask
from tests.builders.golden import GOLDEN, aside_of, rows_of, written

MINUTE, SECOND, QUARTER = (Ask(interval_s=n, key="options") for n in (60, 1, 900))
QUOTE, CONTRACT = "ts symbol bid ask", "underlying expiry strike right"
NOTHING = "no quote (bid, ask and both sizes 0)"


def test_thetadata_stands_at_the_end_and_a_row_of_zeros_withdraws():
    file = GOLDEN / "thetadata_quotes.csv"
    assert rows_of(file, "options", QUOTE, MINUTE) == written("""
        2024-08-16T13:29:00Z SPY240816C00545000   0      -
        2024-08-16T13:30:00Z SPY240816C00545000   1.23   1.25
        2024-08-16T13:31:00Z SPY240816C00545000   0      0.01
        2024-08-16T13:29:00Z SPY240816P00545500   0      -
        2024-08-16T13:30:00Z SPY240816P00545500   2.23   2.25
        2024-11-29T17:59:00Z SPXW241129P05975000  4.1    4.3
        2024-08-16T13:30:00Z SPY240816C00400000   150.1  -
        2024-08-16T13:31:00Z SPY240816P00545500   0      -
        2024-08-16T13:32:00Z SPY240816P00545500   2.2    2.24
        2024-08-16T19:59:00Z SPY240816P00560000   5.95   6.05
        2024-08-16T13:30:00Z SPXW240816C05530000  11.9   12.1
        2024-08-16T13:31:00Z SPXW240816C05530000  12     12.2
        2024-08-16T13:30:00Z SPX240920C05530000   120.3  121.1
        2024-08-16T13:30:00Z AAPL1240816C00225000 1.1    1.6
        2024-08-16T14:14:00Z VIX240821C00017500   0.42   0.45
        2024-08-16T14:14:00Z VIXW240828P00015000  0.61   0.67
        2024-11-01T13:29:00Z SPXW241104C05710000  0      -
        2024-11-01T13:30:00Z SPXW241104C05710000  38.5   38.9
        2024-11-01T19:59:00Z SPXW241104C05710000  40.1   40.6
        2024-11-04T14:30:00Z SPXW241104C05710000  21.4   21.7
        2024-11-04T20:59:00Z SPXW241104C05710000  0      0.05
    """)
    assert aside_of(file, "options", MINUTE) == {NOTHING: 4}


def test_thetadata_names_contracts_of_weekly_monthly_and_adjusted_roots():
    assert rows_of(GOLDEN / "thetadata_quotes.csv", "options", CONTRACT, MINUTE)[9:17] == written("""
        SPY  2024-08-16 560  P
        SPX  2024-08-16 5530 C
        SPX  2024-08-16 5530 C
        SPX  2024-09-20 5530 C
        AAPL 2024-08-16 225  C
        VIX  2024-08-21 17.5 C
        VIX  2024-08-28 15   P
        SPX  2024-11-04 5710 C
    """)


def test_thetadata_of_old_counts_strikes_in_tenths_of_a_cent_and_times_in_ms_of_the_day():
    file = GOLDEN / "thetadata_v2.csv"
    assert rows_of(file, "options", f"{QUOTE} strike", MINUTE) == written("""
        2024-08-16T13:29:00Z SPY240816C00170000   0      -      170
        2024-08-16T13:30:00Z SPY240816C00170000   381.05 381.25 170
        2024-11-29T17:59:00Z SPY241129P00600500   0.05   0.06   600.5
        2024-08-16T13:29:00Z SPY240816C00545000   0      -      545
        2024-08-16T13:30:00Z SPY240816C00545000   6.23   6.25   545
        2024-08-16T13:31:00Z SPY240816C00545000   6.18   6.21   545
        2024-08-16T13:30:00Z SPY240816P00545000   0      0.01   545
        2024-08-16T19:59:00Z SPY240816P00545000   0      -      545
        2024-08-16T13:30:00Z SPY240816C00400000   150.1  -      400
        2024-08-16T13:30:00Z SPXW240816C05530000  11.9   12.1   5530
        2024-08-16T13:30:00Z SPX240920C05530000   120.3  121.1  5530
        2024-08-16T14:14:00Z VIX240821C00017500   0.42   0.45   17.5
        2024-08-16T13:30:00Z AAPL1240816C00225000 1.1    1.6    225
        2024-08-16T13:30:00Z SPY240816C00002500   548.6  548.9  2.5
        2024-11-01T13:30:00Z SPXW241104C05710000  38.5   38.9   5710
        2024-11-01T19:59:00Z SPXW241104C05710000  40.1   40.6   5710
        2024-11-04T14:30:00Z SPXW241104C05710000  21.4   21.7   5710
        2024-11-04T20:59:00Z SPXW241104C05710000  0      0.05   5710
        2024-11-04T14:31:00Z SPXW241104P05710000  9.4    9.6    5710
    """)
    assert aside_of(file, "options", MINUTE) == {NOTHING: 3}


def test_thetadata_of_old_may_name_its_contract_in_the_name_of_the_file():
    file = GOLDEN / "SPY_20240816_545000_C.csv"
    found = rows_of(file, "options", f"{QUOTE} strike expiry", MINUTE)
    assert {(row[1], *row[4:]) for row in found} == {("SPY240816C00545000", 545.0, "2024-08-16")}
    assert [(row[0], *row[2:4]) for row in found] == written("""
        2024-08-16T13:29:00Z 0    -
        2024-08-16T13:30:00Z 1.05 1.25
        2024-08-16T13:31:00Z 1.06 1.24
        2024-08-16T13:32:00Z 0    0.02
        2024-08-16T13:33:00Z 1.3  -
        2024-08-16T13:34:00Z 0    -
        2024-08-16T13:35:00Z 1.31 1.36
        2024-08-16T13:59:00Z 2.1  2.14
        2024-08-16T15:59:00Z 4.4  4.46
        2024-08-16T19:58:00Z 9.2  9.32
        2024-08-16T19:59:00Z 9.25 9.35
        2024-03-11T13:29:00Z 0    -
        2024-03-11T13:30:00Z 8.1  8.25
        2024-03-11T19:59:00Z 8.6  8.75
        2024-03-08T14:29:00Z 0    -
        2024-03-08T14:30:00Z 9.4  9.6
        2024-03-08T14:31:00Z 9.35 9.55
        2024-03-08T20:58:00Z 8.05 8.3
        2024-03-08T20:59:00Z 8    8.25
    """)  # clocks go forward on 2024-03-10
    assert aside_of(file, "options", MINUTE) == {NOTHING: 4}


def test_of_massive_events_the_last_of_each_interval_counts_by_time_and_sequence():
    file = GOLDEN / "massive_quotes.csv"
    assert sorted(rows_of(file, "options", QUOTE, SECOND), key=lambda row: (str(row[1]), str(row[0]))) == written("""
        2024-08-16T13:30:00Z AAPL1240816C00225000 1.1   1.6
        2024-08-16T13:30:00Z SPX240920C05530000   120.3 121.1
        2024-08-16T13:30:00Z SPXW240816C05530000  12    12.2
        2024-11-01T13:30:00Z SPXW241104C05710000  38.6  39
        2024-11-04T14:30:00Z SPXW241104C05710000  21.4  21.7
        2024-11-04T20:59:59Z SPXW241104C05710000  0     0.05
        2024-11-04T21:00:00Z SPXW241104C05710000  0     -
        2024-08-16T13:30:00Z SPY240816C00545000   1.24  1.26
        2024-08-16T13:30:01Z SPY240816C00545000   1.25  1.27
        2024-08-16T13:30:02Z SPY240816C00545000   0     -
        2024-08-16T13:30:03Z SPY240816P00400000   0.02  -
        2024-08-16T13:30:00Z SPY240816P00545000   2.23  2.25
        2024-08-16T13:30:01Z SPY240816P00545000   2.29  2.31
        2024-08-16T13:30:03Z SPY240816P00545000   0     0.01
    """)  # 103 came after 102, though it stands before; time goes before the sequence (90 at .7 is after 107 at .2)
    assert aside_of(file, "options", SECOND) == {"no ticker": 1, NOTHING: 2}
    with pytest.raises(DataError, match=r"it holds events.*say data\.interval=1s"):
        rows_of(file, "options", QUOTE)


#: The same quotes in whole numbers of 1e-9 and in a frame: an undefined bid is none, and so are both at 13:33.
DATABENTO = written("""
    2024-08-16T13:30:00Z SPY240816C00545000   1.23       1.25
    2024-08-16T13:31:00Z SPY240816C00545000   -          0.01
    2024-08-16T13:32:00Z SPY240816C00545000   0          -
    2024-08-16T13:33:00Z SPY240816C00545000   1.2        1.24
    2024-08-16T13:30:00Z SPY240816P00545500   2.23       2.25
    2024-08-16T13:31:00Z SPY240816P00545500   0          0.01
    2024-08-16T13:32:00Z SPY240816P00545500   0.02       -
    2024-08-16T19:59:00Z SPY240816P00545500   0.01       0.02
    2024-08-16T13:30:00Z SPXW240816C05530000  11.9       12.1
    2024-08-16T13:30:00Z SPX240920C05530000   120.3      121.1
    2024-08-16T13:30:00Z AAPL1240816C00225000 1.1        1.6
    2024-08-16T14:14:00Z VIX240821C00017500   0.42       0.45
    2024-08-16T14:14:00Z VIXW240828P00015000  0.61       0.67
    2024-08-16T14:14:00Z GOOGL240816C00165000 1.23456789 1.25
    2024-11-01T13:30:00Z SPXW241104C05710000  38.5       38.9
    2024-11-01T19:59:00Z SPXW241104C05710000  40.1       40.6
    2024-11-04T14:30:00Z SPXW241104C05710000  21.4       21.7
    2024-11-04T20:59:00Z SPXW241104C05710000  -          0.05
    2024-11-29T17:59:00Z SPXW241129P05975000  4.1        4.3
""")


@pytest.mark.slow
def test_databento_in_whole_numbers_and_in_frames_says_the_same():
    whole, frame = GOLDEN / "databento_cbbo.csv", GOLDEN / "databento_frame.csv"
    assert rows_of(whole, "options", QUOTE, MINUTE) == DATABENTO
    assert rows_of(frame, "options", QUOTE, MINUTE) == DATABENTO
    assert aside_of(whole, "options", MINUTE) == {"no time": 1, "no quote (bid and ask undefined)": 1}
    assert aside_of(frame, "options", MINUTE) == {"no quote (bid and ask empty)": 1}


def test_a_row_of_optionsdx_is_a_call_and_a_put_known_at_its_moment():
    file = GOLDEN / "spx_15m_202408.txt"
    assert rows_of(file, "options", "ts symbol underlying bid ask", QUARTER) == written("""
        2024-08-16T13:30:00Z SPX240816C05530000 SPX 11.9  12.1
        2024-08-16T13:30:00Z SPX240816P05530000 SPX 10.8  11
        2024-08-16T13:30:00Z SPX240816C05535500 SPX 0     -
        2024-08-16T13:30:00Z SPX240816P05535500 SPX 13.8  14
        2024-08-16T13:45:00Z SPX240816C05530000 SPX 12.9  13.1
        2024-08-16T13:45:00Z SPX240816P05530000 SPX 0     -
        2024-08-16T13:45:00Z SPX240816C05535500 SPX 9.9   10.1
        2024-08-16T13:45:00Z SPX240816P05535500 SPX 13.3  13.5
        2024-08-16T13:45:00Z SPX240816C05600000 SPX 0     0.05
        2024-08-16T13:45:00Z SPX240816P05600000 SPX 67.5  68.6
        2024-08-16T13:45:00Z SPX240816C05000000 SPX 531.2 532.9
        2024-08-16T13:45:00Z SPX240816P05000000 SPX 0     0.05
        2024-08-16T13:45:00Z SPX240920C05530000 SPX 120.3 121.1
        2024-08-16T13:45:00Z SPX240920P05530000 SPX 95.2  96
        2024-08-16T13:45:00Z SPX240920C05550000 SPX 108.1 108.9
        2024-08-16T13:45:00Z SPX240920P05550000 SPX 0     -
        2024-08-16T19:45:00Z SPX240816C05530000 SPX 24    24.4
        2024-08-16T19:45:00Z SPX240816P05530000 SPX 0     0.05
        2024-08-16T19:45:00Z SPX240816C05535500 SPX 18.5  19
        2024-08-16T19:45:00Z SPX240816P05535500 SPX 0     0.05
        2024-11-01T13:30:00Z SPX241104C05710000 SPX 44.1  44.6
        2024-11-01T13:30:00Z SPX241104P05710000 SPX 16.2  16.5
        2024-11-01T13:30:00Z SPX241104C05735000 SPX 28.3  28.7
        2024-11-01T13:30:00Z SPX241104P05735000 SPX 25.1  25.4
        2024-11-01T19:45:00Z SPX241104C05710000 SPX 40.1  40.6
        2024-11-01T19:45:00Z SPX241104P05710000 SPX 19.1  19.5
        2024-11-01T19:45:00Z SPX241104C05735000 SPX 25.4  25.8
        2024-11-01T19:45:00Z SPX241104P05735000 SPX 30    30.4
        2024-11-04T14:30:00Z SPX241104C05710000 SPX 20.1  20.4
        2024-11-04T14:30:00Z SPX241104P05710000 SPX 11.2  11.5
        2024-11-04T14:30:00Z SPX241104C05735000 SPX 7.9   8.1
        2024-11-04T14:30:00Z SPX241104P05735000 SPX 24    24.4
        2024-11-04T20:45:00Z SPX241104C05710000 SPX 2.6   2.8
        2024-11-04T20:45:00Z SPX241104P05710000 SPX 0     0.05
        2024-11-04T20:45:00Z SPX241104C05735000 SPX 0     -
        2024-11-04T20:45:00Z SPX241104P05735000 SPX 22.1  22.6
        2024-11-29T17:45:00Z SPX241129C05975000 SPX 57.1  57.7
        2024-11-29T17:45:00Z SPX241129P05975000 SPX 0     0.05
        2024-11-29T17:45:00Z SPX241129C06050000 SPX 0     0.05
        2024-11-29T17:45:00Z SPX241129P06050000 SPX 17.4  17.9
    """)
    assert aside_of(file, "options", QUARTER) == {"no quote (bid and ask 0)": 1, "no quote (bid and ask empty)": 3}


def test_the_underlying_in_rows_of_optionsdx_has_one_price_a_snapshot():
    found = rows_of(GOLDEN / "spx_15m_202408.txt", "underlying", "ts open high low close", QUARTER)
    assert found == written("""
        2024-08-16T13:30:00Z 5531.2  5531.2  5531.2  5531.2
        2024-08-16T13:45:00Z 5532    5532    5532    5532
        2024-08-16T19:45:00Z 5554.25 5554.25 5554.25 5554.25
        2024-11-01T13:30:00Z 5735.1  5735.1  5735.1  5735.1
        2024-11-01T19:45:00Z 5728.8  5728.8  5728.8  5728.8
        2024-11-04T14:30:00Z 5718.9  5718.9  5718.9  5718.9
        2024-11-04T20:45:00Z 5712.69 5712.69 5712.69 5712.69
        2024-11-29T17:45:00Z 6032.38 6032.38 6032.38 6032.38
    """)


def test_cboe_is_a_snapshot_and_a_bid_of_zero_no_bid():
    file = GOLDEN / "cboe_quotes.csv"
    assert rows_of(file, "options", "ts symbol underlying bid ask", MINUTE) == written("""
        2024-08-16T13:30:00Z SPXW240816C05530000  SPX  11.9  12.1
        2024-08-16T13:30:00Z SPXW240816P05530000  SPX  0     0.05
        2024-08-16T13:30:00Z SPX240816C05530000   SPX  0     -
        2024-08-16T13:31:00Z SPXW240816C05530000  SPX  12.3  12.5
        2024-08-16T13:31:00Z SPXW240816P05530000  SPX  10.4  -
        2024-08-16T13:31:00Z SPX240920C05530000   SPX  120.3 121.1
        2024-08-16T13:31:00Z SPX240920P05535500   SPX  97.1  97.9
        2024-08-16T13:32:00Z SPXW240816C05530000  SPX  12    12.2
        2024-08-16T13:33:00Z SPXW240816C05530000  SPX  0     -
        2024-08-16T19:59:00Z SPXW240816C05530000  SPX  24    24.4
        2024-08-16T14:14:00Z VIX240821C00017500   VIX  0.42  0.45
        2024-08-16T14:14:00Z VIXW240828P00015000  VIX  0.61  0.67
        2024-08-16T13:30:00Z SPY240816C00545000   SPY  6.23  6.25
        2024-08-16T13:30:00Z AAPL1240816C00225000 AAPL 1.1   1.6
        2024-11-01T13:30:00Z SPXW241104C05710000  SPX  38.5  38.9
        2024-11-01T19:59:00Z SPXW241104C05710000  SPX  40.1  40.6
        2024-11-04T14:30:00Z SPXW241104C05710000  SPX  21.4  21.7
        2024-11-04T20:59:00Z SPXW241104C05710000  SPX  0     0.05
        2024-11-29T17:59:00Z SPXW241129P05975000  SPX  4.1   4.3
        2024-11-29T17:59:00Z SPXW241129C06050000  SPX  0     0.05
    """)
    assert aside_of(file, "options", MINUTE) == {"no quote (bid and ask 0)": 2}
    assert rows_of(GOLDEN / "cboe_calcs.csv", "options", QUOTE, MINUTE) == written("""
        2024-08-16T13:30:00Z SPXW240816C05530000 11.9 12.1
        2024-08-16T13:30:00Z SPX240816C05530000  0    -
    """)


def test_the_underlying_in_rows_of_cboe_is_the_middle_of_its_quote():
    file = GOLDEN / "cboe_quotes.csv"
    found = rows_of(file, "underlying", "ts symbol open high low close", MINUTE)
    assert all(len(set(row[2:])) == 1 for row in found)
    assert sorted(row[:3] for row in found) == sorted(written("""
        2024-08-16T13:30:00Z SPX  5531.2
        2024-08-16T13:31:00Z SPX  5532.1
        2024-08-16T13:33:00Z SPX  5531.9
        2024-08-16T19:59:00Z SPX  5554.25
        2024-08-16T14:14:00Z VIX  15.2
        2024-08-16T13:30:00Z SPY  551.2
        2024-08-16T13:30:00Z AAPL 223.95
        2024-11-01T13:30:00Z SPX  5728.2
        2024-11-01T19:59:00Z SPX  5728.8
        2024-11-04T14:30:00Z SPX  5720.3
        2024-11-04T20:59:00Z SPX  5712.7
        2024-11-29T17:59:00Z SPX  6032.4
    """))  # fmt: skip
    assert aside_of(file, "underlying", MINUTE) == {"no quote of the underlying": 1}
