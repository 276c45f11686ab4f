"""Which files a setting means: exports of chats told from others, what is hidden, what is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.callers.data.files import chat_files, kind_of_chat
from quantray.errors import DataError
from tests.builders.chats import chat, discord, posted, said, telegram, written


def test_a_chat_is_known_by_how_its_export_begins(tmp_path: Path) -> None:
    assert kind_of_chat(str(telegram(tmp_path / "t", [said(1, "a")]))) == "telegram"
    account = {"about": "Here is", "chats": {"about": "", "list": [chat([said(1, "a")])]}}
    assert kind_of_chat(str(written(tmp_path / "a.json", account))) == "telegram"
    assert kind_of_chat(str(discord(tmp_path / "d.json", [posted(1, "a")]))) == "discord"
    (tmp_path / "c.csv").write_text('\ufeff"AuthorID","Author","Date","Content","Attachments","Reactions"\n')
    assert kind_of_chat(str(tmp_path / "c.csv")) == "discord"
    (tmp_path / "o.csv").write_text("call_id,caller,asset,ts\n")
    for other in (tmp_path / "o.csv", written(tmp_path / "l.json", [[1, 2]]), tmp_path / "none.json"):
        assert kind_of_chat(str(other)) is None


def test_files_of_a_chat(tmp_path: Path) -> None:
    first, second = (discord(tmp_path / f"c [part {k}].json", [posted(k, "a")]) for k in (1, 2))
    (tmp_path / "._c.json").write_text("{}")
    assert chat_files("calls", str(tmp_path)) == [first, second]
    assert kind_of_chat(str(tmp_path)) == "discord"
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="has no file of a chat"):
        chat_files("calls", str(tmp_path / "empty"))
    with pytest.raises(DataError, match="does not exist"):
        chat_files("calls", str(tmp_path / "c [part 3].json"))
