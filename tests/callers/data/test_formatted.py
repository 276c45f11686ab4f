"""Calls of chats through the same door as any table: read, filtered, named, refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from quantray.callers.chats import Messages
from quantray.callers.data import CallsData, CallSettings, load_calls
from quantray.callers.data.formatted import chat_files
from quantray.errors import ConfigError, DataError
from tests.builders.chats import HEX, MINT, T0, said, telegram


def data(folder: Path, **other: object) -> CallsData:
    given = {"calls": str(folder / "chat"), "format": {"calls": "telegram"}, "cache": str(folder / "cache")}
    return CallsData("parquet", **{**given, **other})  # type: ignore[arg-type]


def made(folder: Path) -> None:
    edited = said(2, HEX, 60, edited_unixtime=str(T0 + 99))
    telegram(folder / "chat", [said(1, f"{MINT} mc 47.18k"), edited, said(3, "gm", 70)])


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


def test_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.calls=FILE"):
        load_calls(replace(data(tmp_path), calls=None))
    with pytest.raises(DataError, match="does not exist"):
        load_calls(data(tmp_path))
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "._result.json").write_text("{}")
    with pytest.raises(DataError, match="has no file of a chat"):
        chat_files("calls", str(tmp_path / "chat"))
    with pytest.raises(ConfigError, match=r"data.format.cals: .*did you mean 'calls'"):
        CallsData("parquet", format={"cals": "telegram"})
    made(tmp_path)
    assert len(load_calls(data(tmp_path, calls=str(tmp_path / "chat" / "result.json")))) == 2
