"""Messages of Telegram: their true time, their words and links, what was edited, forwarded, or written by nobody."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.callers.chats.telegram import telegram_messages
from quantray.errors import DataError
from tests.builders.chats import T0, chat, said, telegram, written


def test_the_columns_of_a_message(tmp_path: Path) -> None:
    parts = [
        "buy ",
        {"type": "code", "text": "ABC"},
        " ",
        {"type": "text_link", "text": "chart", "href": "https://x.y/z"},
    ]
    buttons = [[{"type": "url", "text": "b", "data": "https://b.c/d"}, {"type": "callback", "data": "no"}]]
    path = telegram(tmp_path, [
        said(3, parts, 5, edited_unixtime=str(T0 + 9), inline_bot_buttons=buttons, forwarded_from="Src"),
        said(4, "plain", 6, edited_unixtime=str(T0 + 6)),
    ])  # fmt: skip
    first, second = telegram_messages([path])
    assert (first.text, first.links) == ("buy ABC chart", "https://x.y/z\nhttps://b.c/d")
    assert (first.ts_us, first.edited_us, first.changed) == ((T0 + 5) * 10**6, (T0 + 9) * 10**6, True)
    assert (first.forwarded, first.source, first.number, first.service) == (True, "Src", 3, False)
    assert (second.changed, second.forwarded) == (False, False)  # edited in the second in which it was sent


def test_ids_count_only_where_a_chat_has_its_own(tmp_path: Path) -> None:
    account = {"chats": {"list": [chat([said(1, "a")], kind) for kind in ("private_supergroup", "private_group")]}}
    assert [m.number for m in telegram_messages([written(tmp_path / "a.json", account)])] == [1, None]


@pytest.mark.parametrize("odd", [
    {"id": None}, {"id": "x"}, {"text": None}, {"text": [None, 5, {"type": "x"}, {"text": 7, "href": 8}]},
    {"from": None, "from_id": None}, {"date_unixtime": "soon"}, {"date_unixtime": str(1 << 90)}, {"type": 5},
    {"inline_bot_buttons": [[None]]}, {"edited_unixtime": "-5"}, {"date_unixtime": True},
])  # fmt: skip
def test_a_message_of_odd_values_is_a_message_among_others(tmp_path: Path, odd: dict[str, object]) -> None:
    path = telegram(tmp_path, [said(1, "a"), said(2, "b"), said(3, "c") | odd])
    assert len(list(telegram_messages([path]))) == 3


def test_an_export_without_true_times_is_refused(tmp_path: Path) -> None:
    old = {key: value for key, value in said(1, "a").items() if key != "date_unixtime"}
    with pytest.raises(DataError, match="no date_unixtime, and their date is the local time"):
        list(telegram_messages([telegram(tmp_path, [old, old])]))
    with pytest.raises(DataError, match="holds no chat"):
        list(telegram_messages([written(tmp_path / "x.json", {"contacts": []})]))
