"""Candles as vendors and tools write them: files of about twenty rows, and what they mean, worked out by hand.

Each of these stamps a candle with its START in UTC. A row: START, open, high, low, close, volume.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from quantray.callers.data import CallsData, open_candles
from tests.builders.golden import GOLDEN, Rows, written

CANDLES = GOLDEN / "candles"


def read(path: Path, asset: str, named: str | None = None) -> Rows:
    """Candles of the one asset of a file, in the order of time."""
    data = CallsData("parquet", candles=str(path), format=None if named is None else {"candles": named})
    with open_candles(data) as source:
        assert source.inventory.assets == (asset,)
        stamp = f"strftime(make_timestamp({source.ns} // 1000), '%Y-%m-%dT%H:%M:%SZ')"
        sql = f"SELECT {stamp}, open, high, low, close, volume FROM {source.table.source} ORDER BY {source.ns}"
        return source.table.connection.execute(sql).fetchall()


def bitcoin(day: str) -> Rows:
    return written("""
        {day}T00:00:00Z 64011.99 64040    64000.01 64020.1  12.34567
        {day}T00:01:00Z 64020.1  64020.11 63990    63990.01 8.5
        {day}T00:02:00Z 63990.01 63999.99 63985    63999.98 5.123
        {day}T00:03:00Z 63999.98 64010    63999.98 64009.99 3.001
        {day}T00:04:00Z 64009.99 64009.99 64009.98 64009.99 0.25
        {day}T00:05:00Z 64009.99 64009.99 64009.99 64009.99 0
        {day}T00:06:00Z 64009.98 64050    64009.98 64045.55 20
        {day}T00:07:00Z 64045.56 64060    64040    64052    11.1
        {day}T00:08:00Z 64052    64052    64030.1  64031    7.77
        {day}T00:09:00Z 64031    64031.01 64020    64025    6.6
        {day}T00:10:00Z 64025    64030    64021    64029.99 2.202
        {day}T00:11:00Z 64029.99 64029.99 63900    63905.12 55.5
        {day}T00:12:00Z 63905.13 63950    63880    63940    41
        {day}T00:13:00Z 63940    63960    63939.99 63959.99 9.9
        {day}T00:14:00Z 63959.99 63970    63950    63955    4.04
        {day}T00:15:00Z 63955    63956    63954    63955.99 1.01
        {day}T12:30:00Z 64200    64210    64190    64205    10
        {day}T16:00:00Z 64333.33 64400    64333.33 64390    33.3
        {day}T23:58:00Z 64500    64500.01 64480    64481    3.14159
        {day}T23:59:00Z 64481    64490    64470    64475.5  2.71828
    """.replace("{day}", day))  # fmt: skip


def test_spot_files_of_binance_have_no_header_and_from_2025_on_microseconds(tmp_path: Path) -> None:
    before, after = CANDLES / "BTCUSDT-1m-2024-05-05.csv", CANDLES / "BTCUSDT-1m-2025-01-01.csv"
    assert read(before, "BTCUSDT") == bitcoin("2024-05-05")
    assert read(after, "BTCUSDT", "binance") == bitcoin("2025-01-01")
    for file in (before, after):
        with zipfile.ZipFile(tmp_path / f"{file.stem}.zip", "w") as archive:
            archive.write(file, file.name)
        (tmp_path / f"{file.stem}.zip.CHECKSUM").write_text(f"0  {file.stem}.zip\n")
    assert read(tmp_path, "BTCUSDT") == bitcoin("2024-05-05") + bitcoin("2025-01-01")


def test_futures_files_of_binance_have_a_header_and_milliseconds() -> None:
    assert read(CANDLES / "1000PEPEUSDT-1m-2025-01-01.csv", "1000PEPEUSDT") == written("""
        2025-01-01T00:00:00Z 0.02013 0.02015 0.02012 0.02014 5120340
        2025-01-01T00:01:00Z 0.02014 0.02014 0.0201  0.02011 3300100
        2025-01-01T00:02:00Z 0.02011 0.02012 0.02009 0.0201  2100000
        2025-01-01T00:03:00Z 0.0201  0.0201  0.0201  0.0201  0
        2025-01-01T00:04:00Z 0.0201  0.0203  0.0201  0.02029 9999999
        2025-01-01T00:05:00Z 0.02029 0.02029 0.02025 0.02026 1500500
        2025-01-01T00:06:00Z 0.02026 0.02027 0.02025 0.02026 1200000
        2025-01-01T00:07:00Z 0.02026 0.02028 0.02026 0.02027 1100000
        2025-01-01T00:08:00Z 0.02027 0.02031 0.02027 0.0203  4100000
        2025-01-01T00:09:00Z 0.0203  0.0203  0.02028 0.02029 1300000
        2025-01-01T08:00:00Z 0.02077 0.0208  0.02075 0.02079 6400000
        2025-01-01T08:01:00Z 0.02079 0.02079 0.0206  0.02061 8800000
        2025-01-01T12:00:00Z 0.0205  0.02051 0.02049 0.0205  900000
        2025-01-01T12:01:00Z 0.0205  0.02053 0.0205  0.02052 1000000
        2025-01-01T16:00:00Z 0.0204  0.02041 0.02035 0.02036 2200000
        2025-01-01T16:01:00Z 0.02036 0.02036 0.02034 0.02035 1900000
        2025-01-01T20:00:00Z 0.02066 0.02067 0.02065 0.02066 700000
        2025-01-01T23:57:00Z 0.02088 0.0209  0.02087 0.02089 2500000
        2025-01-01T23:58:00Z 0.02089 0.02091 0.02089 0.0209  1800000
        2025-01-01T23:59:00Z 0.0209  0.0209  0.02088 0.02089 1700000
    """)


#: Five minutes each; nobody traded at 12:15, and 13:25 is missing.
WIF = written("""
    2025-05-05T12:00:00Z 2.101 2.11  2.1   2.105 1500.5
    2025-05-05T12:05:00Z 2.105 2.106 2.09  2.091 2210
    2025-05-05T12:10:00Z 2.091 2.095 2.085 2.094 980.25
    2025-05-05T12:15:00Z 2.094 2.094 2.094 2.094 0
    2025-05-05T12:20:00Z 2.094 2.12  2.094 2.119 7300
    2025-05-05T12:25:00Z 2.119 2.121 2.11  2.111 1110
    2025-05-05T12:30:00Z 2.111 2.115 2.109 2.114 640
    2025-05-05T12:35:00Z 2.114 2.13  2.113 2.128 4021.75
    2025-05-05T12:40:00Z 2.128 2.129 2.12  2.121 1300
    2025-05-05T12:45:00Z 2.121 2.122 2.05  2.055 20480
    2025-05-05T12:50:00Z 2.055 2.07  2.051 2.068 8100
    2025-05-05T12:55:00Z 2.068 2.069 2.06  2.061 2500
    2025-05-05T13:00:00Z 2.061 2.08  2.061 2.079 3100
    2025-05-05T13:05:00Z 2.079 2.085 2.07  2.071 1400
    2025-05-05T13:10:00Z 2.071 2.075 2.07  2.074 700
    2025-05-05T13:15:00Z 2.074 2.09  2.074 2.088 2600
    2025-05-05T13:20:00Z 2.088 2.088 2.08  2.083 900
    2025-05-05T13:30:00Z 2.083 2.084 2.082 2.083 150
    2025-05-05T13:35:00Z 2.083 2.1   2.083 2.099 3900
    2025-05-05T13:40:00Z 2.099 2.099 2.097 2.098 12.5
""")


def test_lists_of_ccxt_are_named_by_their_file_and_end_with_a_candle_that_was_not_over(tmp_path: Path) -> None:
    assert read(CANDLES / "WIF_USDT.json", "WIF/USDT", "ccxt") == WIF
    shutil.copy(CANDLES / "WIF_USDT.json", tmp_path / "WIF_USDT.json")
    later = tmp_path / "later"
    later.mkdir()
    (later / "WIF_USDT.json").write_text("[[1746452400000, 2.099, 2.105, 2.097, 2.104, 610.0]]")
    whole = written("2025-05-05T13:40:00Z 2.099 2.105 2.097 2.104 610")
    assert read(tmp_path, "WIF/USDT", "ccxt") == WIF[:-1] + whole


@pytest.mark.parametrize("end", ["json", "feather", "parquet"])
def test_files_of_freqtrade_are_named_by_pair_and_timeframe(end: str, tmp_path: Path) -> None:
    lists, file = CANDLES / "WIF_USDT-5m.json", tmp_path / f"WIF_USDT-5m.{end}"
    names = ["date", "open", "high", "low", "close", "volume"]
    frame = pd.DataFrame(json.loads(lists.read_text()), columns=names)
    frame["date"] = pd.to_datetime(frame["date"], unit="ms", utc=True)  # as it keeps them in feather
    if end == "json":
        shutil.copy(lists, file)
    else:
        getattr(frame, f"to_{end}")(file)
    assert read(file, "WIF/USDT", "freqtrade") == WIF


#: A minute each; nobody traded at 00:02 and 00:03 of 05-05, 00:06 and 00:07 are missing, and the token dies at the end.
DOG = written("""
    2025-05-04T23:58:00Z 0.00052  0.00054  0.00051  0.00053   1204.5
    2025-05-04T23:59:00Z 0.00053  0.00053  0.0005   0.0005    880
    2025-05-05T00:00:00Z 0.0005   0.0006   0.0005   0.00058   4100.25
    2025-05-05T00:01:00Z 0.00058  0.00061  0.00057  0.0006    2310
    2025-05-05T00:02:00Z 0.0006   0.0006   0.0006   0.0006    0
    2025-05-05T00:03:00Z 0.0006   0.0006   0.0006   0.0006    0
    2025-05-05T00:04:00Z 0.0006   0.00075  0.0006   0.00072   9800
    2025-05-05T00:05:00Z 0.00072  0.00072  0.00066  0.00067   3050
    2025-05-05T00:08:00Z 0.00067  0.00069  0.00067  0.00068   410
    2025-05-05T00:09:00Z 0.00068  0.00068  0.00068  0.00068   12.5
    2025-05-05T00:10:00Z 0.00068  0.0007   0.00066  0.00069   1500
    2025-05-05T00:11:00Z 0.00069  0.00081  0.00069  0.0008    15000
    2025-05-05T00:12:00Z 0.0008   0.00083  0.00078  0.00079   12100
    2025-05-05T00:13:00Z 0.00079  0.00079  0.0007   0.00071   7400
    2025-05-05T00:14:00Z 0.00071  0.00071  0.00069  0.0007    2200
    2025-05-05T12:00:00Z 0.0012   0.00125  0.00119  0.00124   20000
    2025-05-05T12:01:00Z 0.00124  0.00124  0.0012   0.00121   6100
    2025-05-05T12:05:00Z 0.00121  0.00122  0.00121  0.00122   350
    2025-05-05T23:58:00Z 0.00003  0.00003  0.000021 0.000022  99000
    2025-05-05T23:59:00Z 0.000022 0.000025 0.00002  0.0000241 41000
""")
EVM, SOLANA = "0xabcdef0123456789abcdef0123456789abcdef01", "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU"


def test_geckoterminal_is_newest_first_and_has_no_idle_minutes() -> None:
    assert read(CANDLES / "geckoterminal.json", EVM) == [row for row in DOG if row[5] != 0]


@pytest.mark.parametrize(
    ("file", "asset"),
    [("birdeye_v1.json", SOLANA), ("birdeye_v3.json", EVM), ("birdeye_pair.json", "birdeye_pair")],
)
def test_birdeye_counts_seconds_and_carries_idle_minutes_flat(file: str, asset: str) -> None:
    assert read(CANDLES / file, asset) == DOG
