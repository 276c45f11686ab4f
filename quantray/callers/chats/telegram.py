"""What Telegram Desktop exports as machine-readable JSON: ``result.json`` of one chat, or of a whole account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from quantray.callers.chats.messages import Message, name_of, whole
from quantray.callers.chats.streams import records
from quantray.errors import DataError

_HEAD = ("name", "type", "id")
#: Where chats stand in an export.
HEADS = {"": _HEAD, "chats.list.item": _HEAD, "left_chats.list.item": _HEAD}
#: What a call is never read from, and costs half of the time to build.
SKIPPED = frozenset({"text_entities", "reactions", "poll", "location_information", "contact_information"})
#: Kinds of chats whose ids count up by one; in the others one sequence is shared with all chats of the account.
COUNTED = ("public_channel", "private_channel", "public_supergroup", "private_supergroup")


def telegram_messages(files: Sequence[Path]) -> Iterator[Message]:
    """Every message of the files, service messages too.

    A message is sent at ``date_unixtime``: ``date`` is the clock of the machine that exported, and names no zone.
    DataError for a file without it, for what is no export, and for a damaged one.
    """
    for path in files:
        n, undated, chats = 0, 0, 0
        for head, record in records(path, HEADS, SKIPPED):
            if record is None:
                chats += 1
                continue
            made = _message(head, record, n)
            n += 1
            undated += made.ts_us is None
            yield made
        if not chats:
            raise DataError(
                f"{path} holds no chat: an export of Telegram has messages[], or chats.list[] of a whole account"
            )
        if n and undated * 2 > n:
            raise DataError(
                f"{path}: {undated:,} of {n:,} messages have no date_unixtime, and their date is the local time of "
                "whoever exported it, without a zone; export the chat again with a newer Telegram Desktop"
            )


def _message(head: dict[str, Any], record: dict[str, Any], n: int) -> Message:
    kind, chat_id, number = str(head.get("type", "")), name_of(head.get("id")), whole(record.get("id"), -(1 << 62))
    ts, edited = whole(record.get("date_unixtime"), 1), whole(record.get("edited_unixtime"), 1)
    text, links = _text(record.get("text"))
    links += _buttons(record.get("inline_bot_buttons"))
    return Message(
        chat=chat_id or name_of(head.get("name")) or "chat",
        chat_name=name_of(head.get("name")) or f"chat {chat_id or ''}".strip(),
        chat_kind=kind,
        message=str(number) if number is not None else f"without id {n}",
        number=number if kind in COUNTED and number is not None and number > 0 else None,
        ts_us=_us(ts),
        edited_us=_us(edited),
        changed=edited is not None and ts is not None and edited > ts,
        author_id=name_of(record.get("from_id")) or name_of(record.get("from")),
        author=name_of(record.get("from")),
        source=name_of(record.get("forwarded_from")),
        forwarded="forwarded_from" in record or "forwarded_from_id" in record,
        service=record.get("type") != "message",
        text=text,
        links="\n".join(links),
    )


def _us(seconds: int | None) -> int | None:
    return seconds * 1_000_000 if seconds is not None and seconds < 1 << 40 else None


def _text(value: object) -> tuple[str, list[str]]:
    """Text and links of a message: a string, or a list of strings and parts."""
    if isinstance(value, str):
        return value, []
    words, links = [], []
    for part in value if isinstance(value, list) else []:
        if isinstance(part, str):
            words.append(part)
        elif isinstance(part, dict):
            words.append(part["text"] if isinstance(part.get("text"), str) else "")
            if isinstance(part.get("href"), str):
                links.append(part["href"])
    return "".join(words), links


def _buttons(rows: object) -> list[str]:
    """Links behind the buttons under a message."""
    found = []
    for row in rows if isinstance(rows, list) else []:
        for button in row if isinstance(row, list) else []:
            if isinstance(button, dict) and button.get("type") == "url" and isinstance(button.get("data"), str):
                found.append(button["data"])
    return found
