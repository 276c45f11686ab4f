"""Lists of calls and chats are imported as a run reads them."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from quantray.callers.data import CallsData, load_calls
from quantray.cli import command
from tests.builders.intake import plain_candles, query


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> int:
    return command.main(["data", "import", *words, "--into", "m.duckdb"])


@pytest.mark.slow
def test_a_list_without_ids_and_with_short_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    rows = ["Ann,0xAB,2025-01-01T00:05:00Z,47.18k", "Bob,A,2025-01-01 01:00:00,", "Bob,A,nonsense,1"]
    Path("list.csv").write_text("\n".join(["caller,token,ts,mcap", *rows]) + "\n")
    assert run("list.csv", "--table", "calls", "--column", "asset=token") == 0
    assert "1 set aside" in capsys.readouterr().out
    assert query(Path("m.duckdb"), "SELECT caller, asset, mcap FROM calls ORDER BY 1") == [
        ("Ann", "0xab", 47180.0), ("Bob", "A", None),
    ]  # fmt: skip
    assert run("list.csv", "--table", "calls", "--column", "asset=token") == 0
    assert "1 there already" in capsys.readouterr().out


@pytest.mark.slow
def test_the_calls_are_those_of_the_original() -> None:
    rows = [f"C{k % 3},T{k % 5},2025-01-0{1 + k % 7}T0{k % 9}:00:00Z,{k}" for k in range(40)]
    Path("list.csv").write_text("\n".join(["caller,asset,ts,price_at_call", *rows]) + "\n")
    assert run("list.csv") == 0
    there = load_calls(CallsData(kind="duckdb", duckdb="m.duckdb"))
    assert there.digest == load_calls(CallsData(kind="parquet", calls="list.csv")).digest
    assert "calls imported as plain (UTC) from list.csv" in there.source


@pytest.mark.slow
def test_a_chat_is_read_by_its_patterns(capsys: pytest.CaptureFixture[str]) -> None:
    messages = [
        {"id": k, "type": "message", "date": "2025-01-01T00:00:00", "date_unixtime": str(1735689600 + 60 * k),
         "from": "Ann", "from_id": "user1", "text": "$WIFUSDT now", "text_entities": []} for k in range(3)
    ]  # fmt: skip
    Path("result.json").write_text(json.dumps({"name": "C", "type": "public_channel", "id": 1, "messages": messages}))
    assert run("result.json", "--into", "m.duckdb") == 0
    assert "3 rows into calls as telegram" in capsys.readouterr().out
    assert query(Path("m.duckdb"), "SELECT DISTINCT caller, asset FROM calls") == [("Ann", "WIFUSDT")]


@pytest.mark.slow
def test_calls_whose_times_are_clocks_alone_are_of_the_day_that_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Path("Ann.csv").write_text("asset,ts\nX,12:30\nX,13:05\n")
    assert run("Ann.csv", "--table", "calls") == 2
    said = capsys.readouterr()
    assert "--date 2025-05-06" in said.out + said.err
    assert run("Ann.csv", "--table", "calls", "--date", "2025-05-06") == 0
    assert query(Path("m.duckdb"), "SELECT strftime(ts, '%Y-%m-%dT%H:%M') FROM calls ORDER BY 1") == [
        ("2025-05-06T12:30",), ("2025-05-06T13:05",),
    ]  # fmt: skip
    assert run("Ann.csv", "--table", "calls", "--date", "2025-05-07") == 0
    assert "it was read another way (date 2025-05-06)" in capsys.readouterr().out
    plain_candles(Path("a.csv"))
    assert run("a.csv", "--date", "2025-05-07") == 2
    assert "no source is a list of calls" in capsys.readouterr().err


@pytest.mark.slow
def test_dates_of_a_discord_export_in_a_locale_are_read_as_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    token = "0x" + 40 * "a"
    Path("chat.csv").write_text(
        f"AuthorID,Author,Date,Content,Attachments,Reactions\n1,ann#1,05/06/2025 1:30 PM,buy {token} now,,\n"
    )
    assert run("chat.csv") == 2
    said = capsys.readouterr()
    assert "set --date-format (such as '%m/%d/%Y %I:%M %p') and --timezone, or" in said.out + said.err
    assert run("chat.csv", "--date-format", "%d/%m/%Y %I:%M %p", "--timezone", "Europe/Rome") == 0
    assert query(Path("m.duckdb"), "SELECT strftime(ts, '%Y-%m-%dT%H:%M') FROM calls") == [("2025-06-05T11:30",)]
    with duckdb.connect("m.duckdb") as connection:  # as it was stored when a zone still moved what it was told of
        connection.execute("UPDATE quantray_provenance SET reading = replace(reading, '\"times\": \"instants\", ', '')")
    capsys.readouterr()
    assert run("chat.csv", "--date-format", "%d/%m/%Y %I:%M %p", "--timezone", "Europe/Rome") == 0
    assert "it was read another way (times not given)" in capsys.readouterr().out
