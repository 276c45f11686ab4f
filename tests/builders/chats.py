"""Exports of chats as Telegram Desktop and DiscordChatExporter write them, and the tables that are read from them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from quantray.callers.chats import Chats, Messages, read_chats

T0 = 1_746_446_400  # 2025-05-05T12:00:00Z
DISCORD_EPOCH_MS = 1_420_070_400_000
MINT = "7xKXtg2CW87d97TXJSDpbD5jBkheTqA83TZRuJosgAsU"
OTHER = "So11111111111111111111111111111111111111112"
PAIR = "8sLbNZoA1cfnvMJLPfp98ZLAnFSYCFApfJKMbiXNLwxj"
HEX = "0xAbCdEf0123456789aBcDeF0123456789abcdef01"


def said(number: int, text: object, second: int = 0, **more: Any) -> dict[str, Any]:
    """A message of Telegram, ``second`` after noon of 2025-05-05 UTC; its ``date`` is of a clock two hours ahead."""
    hour, rest = divmod(14 * 3600 + second, 3600)
    message = {
        "id": number, "type": "message", "date": f"2025-05-05T{hour % 24:02d}:{rest // 60:02d}:{rest % 60:02d}",
        "date_unixtime": str(T0 + second), "from": "Whale", "from_id": "user1", "text": text,
    }  # fmt: skip
    return {**message, **more}


def chat(messages: Sequence[dict[str, Any]], kind: str = "public_channel", number: int = 77) -> dict[str, Any]:
    return {"name": f"Chat {number}", "type": kind, "id": number, "messages": list(messages)}


def telegram(folder: Path, messages: Sequence[dict[str, Any]], name: str = "result.json", **of_chat: Any) -> Path:
    """``result.json`` of one chat, indented by one blank as Telegram does."""
    return written(folder / name, chat(messages, **of_chat))


def written(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False), encoding="utf-8")
    return path


def snowflake(second: float, serial: int = 0) -> int:
    """The id that Discord makes at that second after noon."""
    return (round((T0 + second) * 1000) - DISCORD_EPOCH_MS << 22) + serial


def posted(second: float, content: str, serial: int = 0, **more: Any) -> dict[str, Any]:
    """A message of DiscordChatExporter's JSON, on a clock five hours behind."""
    hour, rest = divmod(7 * 3600 + int(second), 3600)
    stamp = f"2025-05-05T{hour:02d}:{rest // 60:02d}:{rest % 60:02d}.000-05:00"
    author = {"id": "900", "name": "whale", "discriminator": "0000", "nickname": "W", "isBot": False, "roles": []}
    message = {
        "id": str(snowflake(second, serial)), "type": "Default", "timestamp": stamp, "timestampEdited": None,
        "isPinned": False, "content": content, "author": author, "attachments": [], "embeds": [], "reactions": [],
    }  # fmt: skip
    return {**message, **more}


def discord(path: Path, messages: Sequence[dict[str, Any]]) -> Path:
    channel = {"id": "123456789012345678", "type": "GuildTextChat", "name": "calls"}
    head = {"guild": {"id": "1", "name": "G"}, "channel": channel, "dateRange": {"after": None, "before": None}}
    return written(path, {**head, "exportedAt": "2025-06-01T00:00:00-05:00", "messages": list(messages)})


def read(
    kind: str, files: Sequence[Path], cache: Path, messages: Messages | None = None, zone: str | None = None
) -> Chats:
    return read_chats(kind, files, messages, str(cache), zone)


def rows(found: Chats, table: str = "calls", columns: str = "* REPLACE (epoch_us(ts) AS ts)") -> list[Any]:
    with duckdb.connect(str(found.file), read_only=True) as connection:
        got = connection.execute(f"SELECT {columns} FROM {table}").fetchall()
    return [row[0] for row in got] if got and len(got[0]) == 1 else got
