"""Files of chats as streams: escapes that are no JSON, pieces that end anywhere, files that end too early."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantray.callers.chats.streams import MAX_DEPTH, Repaired, records
from quantray.callers.chats.telegram import HEADS
from quantray.errors import DataError
from tests.builders.chats import chat, said, telegram, written


def repaired(data: bytes, size: int) -> bytes:
    source, pieces = Repaired(io.BytesIO(data)), []
    while piece := source.read(size):
        pieces.append(piece)
    return b"".join(pieces)


@given(st.lists(st.sampled_from(["\\x1f", "\\\\", "\\n", "x1f", "a", "\\\\x1f", "\\u001f", "\u20ac"]), max_size=12),
       st.integers(1, 7))  # fmt: skip
def test_only_escapes_that_are_no_json_are_changed_wherever_a_piece_ends(parts: list[str], size: int) -> None:
    data = "".join(parts).encode()
    expected = "".join(part.replace("\\x1f", "\\u001f") if part == "\\x1f" else part for part in parts).encode()
    assert repaired(data, size) == expected
    assert json.loads(b'"' + repaired(data, size) + b'"') is not None


def test_records_of_one_chat_and_of_an_account(tmp_path: Path) -> None:
    one = telegram(tmp_path, [said(1, "a"), said(2, "b", text_entities=[{"type": "plain", "text": {"x": [1]}}])])
    got = list(records(one, HEADS, frozenset({"text_entities"})))
    assert [record and record["text"] for _, record in got] == ["a", "b", None]
    assert all(record is None or "text_entities" not in record for _, record in got)
    assert got[0][0] == {"name": "Chat 77", "type": "public_channel", "id": 77}
    account = {"chats": {"about": "", "list": [chat([said(1, "a")]), chat([said(9, "z")], number=5)]},
               "left_chats": {"list": [chat([said(3, "l")], number=6)]}}  # fmt: skip
    got = list(records(written(tmp_path / "account.json", account), HEADS))
    assert [(head["id"], record["id"]) for head, record in got if record] == [(77, 1), (5, 9), (6, 3)]


def test_a_mark_of_byte_order_is_passed_over(tmp_path: Path) -> None:
    path = telegram(tmp_path, [said(1, "a")])
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(list(records(path, HEADS))) == 2


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"), (b"  \n", "empty"), (b"\xff\xfe{\0", "UTF-16"), (b"<html>", "HTML"), (b"PK\x03\x04", "zip"),
        (b"\x1f\x8b\x08", "gzip"), (b"[" * 100_000, f"deeper than {MAX_DEPTH}"), (b'{"messages": [}', "damaged"),
        (b'{"messages": [{"id": 1, "text": "a\0b"}]}', "damaged"), (b'{"messages": [{"id": "\xff"}]}', "damaged"),
        (b'{"messages": [] } trailing', "damaged"), (b'{"messages": [{"id": 1}]}' + bytes(50), "damaged"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused_by_name(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=told) as caught:
        list(records(path, HEADS))
    assert str(path) in str(caught.value)


def test_a_truncated_export_says_where_it_ends(tmp_path: Path) -> None:
    path = telegram(tmp_path, [said(i, "x" * 300, i) for i in range(1, 400)])
    whole: list[Any] = list(records(path, HEADS))
    assert len(whole) == 400
    size = path.stat().st_size
    for end in (size - 3, size // 2):
        path.write_bytes(path.read_bytes()[:end])
        with pytest.raises(
            DataError, match=rf"ends in the middle of its JSON \(behind record \d+, before byte {end:,} of"
        ):
            list(records(path, HEADS))


@pytest.mark.slow
def test_a_long_file_is_read_in_bounded_memory(tmp_path: Path) -> None:
    """Only one record is held at a time, however many there are: peak memory does not grow with the file."""
    import tracemalloc

    peaks = []
    for n in (500, 4000):
        path = telegram(tmp_path, [said(i, "word " * 40, i) for i in range(n)], name=f"{n}.json")
        tracemalloc.start()
        assert sum(record is not None for _, record in records(path, HEADS)) == n
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 2 * peaks[0]
