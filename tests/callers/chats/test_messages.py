"""Messages as columns: text that no database holds, numbers that are none."""

from __future__ import annotations

from quantray.callers.chats.messages import Message, batches, name_of, plain_text, whole


def message(text: str) -> Message:
    return Message("c", "C", "k", "1", 1, 5, None, False, "u", "U", None, False, False, text, "")


def test_batches_hold_every_message_in_order() -> None:
    tables = list(batches((message(str(i)) for i in range(25)), size=10))
    assert [len(table) for table in tables] == [10, 10, 5]
    assert [text for table in tables for text in table["text"].to_pylist()] == [str(i) for i in range(25)]


def test_text_that_cannot_be_stored_is_mended() -> None:
    (table,) = batches([message("a\0b\ud83dc \U0001f433 \u202eabc")])
    assert table["text"].to_pylist() == ["ab\ufffdc \U0001f433 \u202eabc"]
    assert plain_text("\ud83d\udc33") == "\U0001f433"


def test_numbers_and_names() -> None:
    assert [whole(x) for x in ("12", 12, 12.0, "1e3", "", "\u0661", "9" * 5000, -1)] == [12, 12, None, None, None, 1,
                                                                                     None, None]  # fmt: skip
    assert [name_of(x) for x in (" a\n b ", "", None, 5, True, {})] == ["a b", None, None, "5", None, None]
