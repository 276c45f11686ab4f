"""LEAN's zips: contract and date in the names, ms of New York's day, prices x 10,000, no header. Worked out by hand."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tests.builders.golden import GOLDEN, aside_of, rows_of, written


def zipped(folder: Path, name: str, members: dict[str, str]) -> Path:
    """A zip of golden files under the names that LEAN gives them."""
    with zipfile.ZipFile(folder / name, "w") as archive:
        for member, file in members.items():
            archive.writestr(member, (GOLDEN / file).read_text())
    return folder / name


@pytest.mark.slow
def test_lean_says_contract_and_date_in_names_and_counts_ms_and_ten_thousandths(tmp_path: Path):
    day = "20240816_spy_minute_quote_american_call_5450000_20240816.csv"
    night = "20241129_spxw_minute_quote_european_put_59750000_20241129.csv"
    file = zipped(tmp_path, "20240816_quote_american.zip", {day: "lean_quote.txt"})
    assert rows_of(file, "options", "ts bid ask") == written("""
        2024-08-16T13:30:00Z 1.23  1.25
        2024-08-16T13:31:00Z -     0.01
        2024-08-16T13:32:00Z 0     -
        2024-08-16T13:33:00Z 1.19  1.22
        2024-08-16T13:34:00Z 1.2   -
        2024-08-16T13:35:00Z 1.205 1.215
        2024-08-16T13:36:00Z 1.21  1.22
        2024-08-16T13:37:00Z 1.21  1.22
        2024-08-16T14:00:00Z 2.1   2.14
        2024-08-16T15:00:00Z 3.305 3.345
        2024-08-16T16:00:00Z 4.4   4.46
        2024-08-16T17:00:00Z 6.115 6.185
        2024-08-16T18:00:00Z 7.24  7.33
        2024-08-16T19:00:00Z 8.125 8.23
        2024-08-16T19:55:00Z 9.13  9.24
        2024-08-16T19:56:00Z 9.14  9.25
        2024-08-16T19:57:00Z 9.16  9.27
        2024-08-16T19:58:00Z 9.17  9.28
        2024-08-16T19:59:00Z 9.25  9.35
    """)
    assert set(rows_of(file, "options", "symbol strike right expiry")) == {
        ("SPY240816C00545000", 545.0, "C", "2024-08-16")
    }
    assert aside_of(file, "options") == {"no quote (bid and ask empty)": 1}
    winter = zipped(tmp_path, "20241129_quote_european.zip", {night: "lean_winter.txt"})
    assert rows_of(winter, "options", "ts symbol underlying strike bid ask") == written("""
        2024-11-29T14:30:00Z SPXW241129P05975000 SPX 5975 4.5 4.7
        2024-11-29T17:59:00Z SPXW241129P05975000 SPX 5975 4.2 4.4
    """)


def test_lean_trades_of_options(tmp_path: Path):
    member = "20240816_spy_minute_trade_american_call_5450000_20240816.csv"
    file = zipped(tmp_path, "20240816_trade_american.zip", {member: "lean_trade.txt"})
    assert rows_of(file, "options", "ts close volume") == written("""
        2024-08-16T13:30:00Z 10.06 10
        2024-08-16T13:31:00Z 9.96  15
        2024-08-16T13:33:00Z 10.15 5
        2024-08-16T13:34:00Z 10.15 1
        2024-08-16T13:35:00Z 10.18 12
        2024-08-16T13:39:00Z 10.17 2
        2024-08-16T14:00:00Z 11.81 31
        2024-08-16T14:01:00Z 11.79 8
        2024-08-16T14:30:00Z 12.15 1
        2024-08-16T15:00:00Z 13.12 14
        2024-08-16T16:00:00Z 14.2  22
        2024-08-16T17:00:00Z 15.88 9
        2024-08-16T18:00:00Z 16.87 4
        2024-08-16T19:00:00Z 17.77 18
        2024-08-16T19:30:00Z 17.99 6
        2024-08-16T19:55:00Z 18.42 40
        2024-08-16T19:56:00Z 18.42 3
        2024-08-16T19:57:00Z 18.45 17
        2024-08-16T19:58:00Z 18.44 26
        2024-08-16T19:59:00Z 18.55 61
    """)
    assert set(rows_of(file, "options", "symbol")) == {("SPY240816C00545000",)}


def test_lean_trades_of_a_stock(tmp_path: Path):
    file = zipped(tmp_path, "20240816_trade.zip", {"20240816_spy_minute_trade.csv": "lean_stock.txt"})
    assert rows_of(file, "underlying", "ts open high low close volume") == written("""
        2024-08-16T08:00:00Z 550.2  550.4  550.15 550.35 410
        2024-08-16T13:30:00Z 551.1  551.4  551    551.2  1200
        2024-08-16T13:31:00Z 551.2  551.3  551.05 551.1  800
        2024-08-16T13:33:00Z 551.05 551.25 551    551.25 950
        2024-08-16T13:34:00Z 551.25 551.5  551.2  551.45 1410
        2024-08-16T13:35:00Z 551.45 551.45 551.45 551.45 1
        2024-08-16T14:00:00Z 552.01 552.1  551.99 552.07 2210
        2024-08-16T14:30:00Z 552.44 552.5  552.42 552.49 1730
        2024-08-16T15:00:00Z 553.1  553.15 553.06 553.12 900
        2024-08-16T16:00:00Z 553.8  553.9  553.75 553.85 640
        2024-08-16T17:00:00Z 554.12 554.19 554.1  554.17 720
        2024-08-16T18:00:00Z 554.4  554.44 554.36 554.39 810
        2024-08-16T19:00:00Z 554.01 554.06 553.97 554.04 1150
        2024-08-16T19:55:00Z 554.1  554.17 554.09 554.15 3900
        2024-08-16T19:56:00Z 554.15 554.18 554.12 554.14 3100
        2024-08-16T19:57:00Z 554.14 554.21 554.13 554.2  4400
        2024-08-16T19:58:00Z 554.2  554.35 554.18 554.3  5200
        2024-08-16T19:59:00Z 554.3  554.4  554.22 554.31 21000
        2024-08-16T20:00:00Z 554.3  554.33 554.25 554.28 350
    """)
    assert set(rows_of(file, "underlying", "symbol")) == {("SPY",)}
