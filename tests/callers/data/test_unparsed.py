"""The list of messages that are no call: complete, safe for a spreadsheet, and what is said of it."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from quantray.callers.data import CallsData, load_calls, unparsed_note, write_unparsed
from quantray.callers.data.unparsed import MOST
from tests.builders.chats import MINT, said, telegram


@pytest.mark.slow
def test_messages_that_are_no_call_are_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = '=HYPERLINK("http://x")\n,"\u202e \U0001f433'
    path = telegram(tmp_path, [said(1, MINT), said(2, odd, 5), said(3, "gm", 4), said(4, "", type="service")])
    calls = load_calls(CallsData("parquet", calls=str(path), cache=str(tmp_path / "cache")))
    with write_unparsed(calls, tmp_path / "out" / "unparsed.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["message"], row["ts"], row["why"]) for row in rows] == [
        ("3", "2025-05-05T12:00:04Z", "names no asset"), ("2", "2025-05-05T12:00:05Z", "names no asset"),
    ]  # fmt: skip
    assert not rows[1]["text"].startswith("=")
    assert str(unparsed_note(calls)).startswith("unparsed.csv lists the messages that are no call")
    monkeypatch.setattr("quantray.callers.data.unparsed.MOST", 1)
    assert MOST == 100_000
    assert "the first 1 of 2 messages" in str(unparsed_note(calls))


def test_calls_of_no_chat_have_no_such_list(tmp_path: Path) -> None:
    (tmp_path / "calls.csv").write_text("call_id,caller,asset,ts\n1,a,A,2025-05-05 12:00:00\n")
    calls = load_calls(CallsData("parquet", calls=str(tmp_path / "calls.csv")))
    assert unparsed_note(calls) is None
    assert write_unparsed(calls, tmp_path / "u.csv").read_text().strip() == "chat,message,ts,author,why,text"
