"""Chats and vendors' candles through the same door as any table: read, filtered, named, refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from quantray.callers.chats import Messages
from quantray.callers.data import CallsData, CallSettings, load_calls, open_candles
from quantray.errors import ConfigError, DataError
from tests.builders import vendor_candles as vendor
from tests.builders.chats import HEX, MINT, T0, discord, posted, said, telegram
from tests.builders.vendor_candles import ROWS, TOKEN


def data(folder: Path, **other: object) -> CallsData:
    given = {"calls": str(folder / "chat"), "format": {"calls": "telegram"}, "cache": str(folder / "cache")}
    return CallsData("parquet", **{**given, **other})  # type: ignore[arg-type]


def made(folder: Path) -> None:
    edited = said(2, HEX, 60, edited_unixtime=str(T0 + 99))
    telegram(folder / "chat", [said(1, f"{MINT} mc 47.18k"), edited, said(3, "gm", 70)])


@pytest.mark.slow
def test_calls_of_a_chat_are_calls(tmp_path: Path) -> None:
    made(tmp_path)
    calls = load_calls(data(tmp_path))
    assert (calls.call_id, calls.assets) == (("77/1", "77/2"), (HEX.lower(), MINT))
    assert calls.ts.tolist() == [T0 * 10**9, (T0 + 60) * 10**9]
    assert calls.mcap[0] == 47_180
    assert calls.changed.tolist() == [False, True]
    assert calls.messages is not None
    assert any("edited after being sent" in sentence for sentence in calls.told)
    assert load_calls(data(tmp_path, format="telegram")).digest == calls.digest
    only = load_calls(data(tmp_path), CallSettings(chain="solana"))
    assert (only.assets, only.changed.tolist()) == ((MINT,), [False])


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["telegram", "discord"])
def test_what_a_chat_says_of_its_times_no_zone_changes(tmp_path: Path, kind: str) -> None:
    """A zone is of times that name none; it would move a call to before it was made."""
    if kind == "telegram":
        made(tmp_path)
    else:
        discord(tmp_path / "chat" / "a.json", [posted(1, MINT, 1), posted(60, HEX, 2)])
    times = {zone: load_calls(data(tmp_path, format={"calls": kind}, timezone=zone)).ts.tolist()
             for zone in (None, "UTC", "Europe/Rome", "America/New_York")}  # fmt: skip
    assert len(times[None]) == 2
    assert all(found == times[None] for found in times.values())


@pytest.mark.slow
def test_calls_of_a_chat_beside_candles_of_a_database(tmp_path: Path) -> None:
    made(tmp_path)
    with duckdb.connect(str(tmp_path / "m.duckdb")) as connection:
        connection.execute("CREATE TABLE candles (asset VARCHAR)")
    beside = CallsData("duckdb", duckdb=str(tmp_path / "m.duckdb"), calls=str(tmp_path / "chat"),
                       format={"calls": "telegram"}, cache=str(tmp_path / "cache"))  # fmt: skip
    assert load_calls(beside).digest == load_calls(data(tmp_path)).digest


def test_a_column_of_ones_own_says_what_was_edited(tmp_path: Path) -> None:
    rows = [("a", "2025-05-05 12:00:00", "true"), ("b", "2025-05-05 12:01:00", "0"), ("c", "2025-05-05 12:02:00", "?")]
    lines = "".join(f"{i},w,{asset},{ts},{edited}\n" for i, (asset, ts, edited) in enumerate(rows))
    (tmp_path / "calls.csv").write_text("call_id,caller,asset,ts,edited\n" + lines)
    calls = load_calls(CallsData("parquet", calls=str(tmp_path / "calls.csv")))
    assert calls.edited is not None
    assert calls.edited.tolist() == [1, 0, -1]
    other = tmp_path / "other.csv"
    other.write_text((tmp_path / "calls.csv").read_text().replace("edited", "note"))
    plain = load_calls(CallsData("parquet", calls=str(other)))
    assert plain.edited is None
    assert plain.digest != calls.digest


def test_the_reading_belongs_to_the_plan(tmp_path: Path) -> None:
    one, plain = data(tmp_path), CallsData("parquet", calls="x")
    assert one.reading != plain.reading
    assert one.reading != replace(one, messages=Messages(several="first")).reading
    assert CallsData("parquet", format={"calls": "telegram"}).reading == one.reading
    assert len(plain.reading) == 3  # studies of before formats go on


@pytest.mark.slow
def test_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.calls=FILE"):
        load_calls(replace(data(tmp_path), calls=None))
    with pytest.raises(DataError, match="does not exist"):
        load_calls(data(tmp_path))
    with pytest.raises(ConfigError, match=r"data.format.cals: .*did you mean 'calls'"):
        CallsData("parquet", format={"cals": "telegram"})
    made(tmp_path)
    assert len(load_calls(data(tmp_path, calls=str(tmp_path / "chat" / "result.json")))) == 2


Made = tuple[tuple[str, ...], list[tuple[float, ...]], tuple[str, ...]]


def candles(path: Path, **other: object) -> Made:
    """Assets, rows (seconds, prices, volume) of the first, and what is told."""
    data = CallsData("parquet", candles=str(path), **other)  # type: ignore[arg-type]
    with open_candles(data) as source:
        assets = source.inventory.assets
        table, column = source.table, source.table.column("asset")
        rows = table.connection.execute(
            f"SELECT {source.ns} // 1000000000, open, high, low, close, volume FROM {table.source} "
            f"WHERE {column} = ? ORDER BY 1", [assets[0]],
        ).fetchall()  # fmt: skip
        return assets, rows, source.told


GOLDEN: list[tuple[str, str, str, Callable[[Path], object]]] = [
    ("binance", "BTCUSDT-1m-2024-05.zip", "BTCUSDT", vendor.binance),
    ("binance", "BTCUSDT-1m-2025-05-05.zip", "BTCUSDT", lambda path: vendor.binance(path, digits=16)),
    ("binance", "1000PEPEUSDT-1m-2025-05.zip", "1000PEPEUSDT", lambda path: vendor.binance(path, header=True)),
    ("birdeye", "a.json", TOKEN.lower(), vendor.birdeye), ("birdeye", "a.json", TOKEN.lower(), vendor.birdeye_v3),
    ("geckoterminal", "pool.json", TOKEN.lower(), vendor.geckoterminal),
    ("geckoterminal", "PooL.json", "PooL", lambda path: vendor.geckoterminal(path, meta=False)),
    ("ccxt", "WIF_USDT.json", "WIF/USDT", vendor.ccxt), ("ccxt", "Mint1.json", "Mint1", vendor.ccxt),
    ("ccxt", "Mint1.json", "Mint1", lambda path: vendor.ccxt(path, scale=1)),
    ("freqtrade", "BTC_USDT-1m.feather", "BTC/USDT", vendor.freqtrade),
    ("freqtrade", "BTC_USDT-1m.parquet", "BTC/USDT", vendor.freqtrade),
    ("freqtrade", "BTC_USDT_USDT-1m-futures.feather", "BTC/USDT:USDT", vendor.freqtrade),
    ("freqtrade", "BTC_USDT-1m.json", "BTC/USDT", vendor.ccxt),
    ("freqtrade", "BTC_USDT_USDT-1m-futures.json", "BTC/USDT:USDT", vendor.ccxt),
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(("name", "file", "asset", "write"), GOLDEN)
def test_a_vendors_candles_are_ours_named_and_guessed(
    tmp_path: Path, name: str, file: str, asset: str, write: Callable[[Path], object]
) -> None:
    write(tmp_path / "bars" / file)
    for given in (tmp_path / "bars" / file, *([tmp_path / "bars"] if write is vendor.binance else [])):
        named, guessed = candles(given, format={"candles": name}), candles(given)
        assert named[:2] == guessed[:2] == ((asset,), ROWS)
        assert f"read as {name}" in named[2][0]
        assert "guessed: " not in named[2][0]
        assert "guessed: its " in guessed[2][0]


#: What a file of candles is called where they came in parts, by days, or were loaded twice.
PARTS = [
    "",
    "-2",
    "_2",
    ".1",
    " (1)",
    "-5m",
    "_5m-2",
    "-2025",
    "-2025-01",
    "_2025-01-01_2025-02-01",
    "_part2",
    "-part-2",
]


@pytest.mark.parametrize("end", PARTS)
@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_a_part_of_a_pairs_candles_is_of_the_same_asset(tmp_path: Path, end: str, suffix: str) -> None:
    for name, rows in (("a/WIF_USDT", ROWS[:9]), (f"b/WIF_USDT{end}", ROWS[9:])):
        file = vendor.ccxt((tmp_path / name).with_name(f"{Path(name).name}{suffix}"), rows)
        if suffix == ".csv":
            lines = [",".join(map(str, (t * 1000, *rest))) for t, *rest in rows]
            file.write_text("\n".join(["timestamp,open,high,low,close,volume", *lines]) + "\n")
    assert candles(tmp_path, format={"candles": "ccxt"})[:2] == (("WIF/USDT",), ROWS)


BESIDE = ["8h-mark.feather", "8h-funding_rate.feather", "1h-index.feather", "1h-premiumIndex.json", "8h-mark.json"]


@pytest.mark.parametrize("end", BESIDE)
@pytest.mark.parametrize("named", [None, {"candles": "freqtrade"}])
def test_prices_of_reference_beside_freqtrades_candles_are_passed_over(
    tmp_path: Path, end: str, named: dict[str, str] | None
) -> None:
    vendor.freqtrade(tmp_path / "BTC_USDT_USDT-1m-futures.feather")
    odd = tmp_path / f"BTC_USDT_USDT-{end}"
    (vendor.ccxt if end.endswith("json") else vendor.freqtrade)(odd)
    assets, rows, told = candles(tmp_path, format=named)
    assert (assets, rows) == (("BTC/USDT:USDT",), ROWS)
    assert f"passed over: {odd.name}" in told[0]
    assert "at which nobody trades" in told[0]
    with pytest.raises(DataError, match=r"nothing there is of use: .*at which nobody trades"):
        candles(odd, format=named)


def test_files_of_two_units_in_one_folder(tmp_path: Path) -> None:
    """Milliseconds until 2024, microseconds from 2025 on: each file is read by its own digits."""
    vendor.binance(tmp_path / "X-1m-2024-12.zip", ROWS[:10])
    vendor.binance(tmp_path / "X-1m-2025-01.zip", ROWS[10:], digits=16)
    assert candles(tmp_path)[:2] == (("X",), ROWS)


def test_a_candle_that_was_not_over_gives_way_to_the_whole_one(tmp_path: Path) -> None:
    cut = (*ROWS[9][:2], ROWS[9][1], ROWS[9][1], ROWS[9][1], 0.5)
    vendor.ccxt(tmp_path / "a" / "X.json", [*ROWS[:9], cut])
    vendor.ccxt(tmp_path / "b" / "X.json", ROWS[9:])
    assets, rows, told = candles(tmp_path)
    assert (assets, rows) == (("X",), ROWS)
    assert "1 row was set aside: a last candle that was not over, which another file has whole" in told[0]


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("btc.json", [[T0 * 1000, 1, 2, 1, 2]], "stamped at their END"),
        ("wif.json", {"pairs": [{"pairAddress": "P", "priceUsd": "1", "dexId": "r"}]}, "no candles; ask GeckoTerminal"),
        ("x.json", {"error": "rate limit"}, "holds no list of records"), ("x.json", [[1, 2]], "columns|column"),
    ],
)  # fmt: skip
def test_what_holds_no_usable_candles_is_a_sentence(tmp_path: Path, file: str, content: object, told: str) -> None:
    with pytest.raises(DataError, match=told) as caught:
        candles(vendor.document(tmp_path / file, content))
    assert file in str(caught.value)


def test_a_format_that_does_not_fit_says_what_it_expects(tmp_path: Path) -> None:
    path = vendor.birdeye(tmp_path / "x.json")
    with pytest.raises(DataError, match=r"no file of Binance .*open_time"):
        candles(path, format={"candles": "binance"})
    with pytest.raises(ConfigError, match="did you mean 'birdeye'"):
        candles(path, format={"candles": "birdeey"})
    with pytest.raises(ConfigError, match="a chat holds calls and no candles"):
        candles(path, format={"candles": "telegram"})
    with pytest.raises(ConfigError, match="did you mean 'telegram'"):
        load_calls(CallsData("parquet", calls=str(path), format={"calls": "telegrm"}))
    ours = tmp_path / "mixed"
    vendor.binance(ours / "X-1m-2024-05.zip")
    (ours / "own.csv").write_text("asset,ts,open,high,low,close,volume\nX,2025-05-05 12:00:00,1,1,1,1,1\n")
    with pytest.raises(DataError, match="files of several kinds"):
        candles(ours)


def test_trades_of_a_backtest_are_calls_of_their_entry_tags(tmp_path: Path) -> None:
    trade = {"pair": "BTC/USDT", "close_date": "2025-05-05 13:00:00+00:00", "profit_ratio": 0.1, "min_rate": 1.5}
    trades = [
        trade | {"enter_tag": tag, "open_date": f"2025-05-05 12:0{i}:00+00:00"}
        for i, tag in enumerate(["ema", "rsi", ""])
    ]
    days = [["2025-05-05", 1.0]] * 9
    result = {"strategy": {"Mine": {"trades": trades, "daily_profit": days}}, "strategy_comparison": [{"key": "Mine"}]}
    path = vendor.document(tmp_path / "backtest-result.json", result)
    for given in ({"calls": "freqtrade"}, None):
        calls = load_calls(CallsData("parquet", calls=str(path), format=given))
        assert [calls.callers[i] for i in calls.caller] == ["ema", "rsi"]
        assert (calls.assets, calls.counts["incomplete"]) == (("BTC/USDT",), 1)
        assert calls.ts.tolist() == [T0 * 10**9, (T0 + 60) * 10**9]
