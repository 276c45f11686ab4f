"""What is said of calls from chats: sentences whose figures are those of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.chats import HEX, MINT, OTHER, T0, discord, posted, read, said, telegram


def test_sentences_have_the_figures_of_the_file(tmp_path: Path) -> None:
    path = telegram(tmp_path, [
        said(1, MINT), said(2, OTHER, 1, edited_unixtime=str(T0 + 90)), said(3, "gm"), said(10, HEX, 9), said(11, "gm"),
    ])  # fmt: skip
    made = read("telegram", [path], tmp_path / "cache")
    first, no_call, edited, deleted = made.told
    assert "5 messages of 1 chat (telegram, 2025-05-05T12:00:00Z" in first
    assert "3 calls of 1 caller" in first
    assert no_call == "Messages that are no call: 2 names no asset."
    assert edited.startswith("1 call was edited after being sent (33.3%)")
    assert "Chat 77: 6 of 11 (54.5%)" in deleted


@pytest.mark.slow
def test_what_a_file_cannot_tell_is_said(tmp_path: Path) -> None:
    made = read("discord", [discord(tmp_path / "c [123456789012345678].json", [posted(1, MINT)])], tmp_path / "cache")
    assert any("cannot be seen in c: ids there do not count up by one" in sentence for sentence in made.told)
    csv = tmp_path / "calls [123456789012345678].csv"
    csv.write_text(f"AuthorID,Author,Date,Content,Attachments,Reactions\n1,a,2025-05-05T14:00:00+02:00,{MINT},,\n")
    made = read("discord", [csv], tmp_path / "cache")
    assert any("do not tell which messages were edited" in sentence for sentence in made.told)
    assert "the dates of the CSV files" in made.told[0]
