"""What DiscordChatExporter writes: JSON with everything, CSV with what is left of it; many files a channel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.callers.chats.messages import Message, name_of, whole
from quantray.callers.chats.streams import records
from quantray.errors import DataError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: The first millisecond of 2015, from which Discord's ids count: an id is (ms since then) << 22 and a serial number.
EPOCH_MS = 1_420_070_400_000
SKIPPED = frozenset({"reactions", "attachments", "stickers", "mentions", "inlineEmojis"})
#: Types of messages that people and bots write; all others (a pin, somebody joins) are Discord's own.
WRITTEN = ("Default", "Reply", "0", "19", "20", "ChatInputCommand", "ContextMenuCommand", "ThreadStarterMessage")
CSV_HEADER = ("AuthorID", "Author", "Date", "Content")
_CHANNEL = re.compile(r"\[(\d{15,20})\]")
_PART = re.compile(r"\s*\[part \d+\]", re.IGNORECASE)


def snowflake_us(number: int | None) -> int | None:
    """When Discord made an id, in UTC microseconds; None for what is no id of Discord.

    >>> snowflake_us(175928847299117063)
    1462015105796000
    """
    return None if number is None or number < 1 << 40 else ((number >> 22) + EPOCH_MS) * 1000


def discord_messages(files: Sequence[Path]) -> Iterator[Message]:
    """Every message of JSON files. It was sent when its id was made, whatever zone the export writes times in."""
    for path in files:
        n, whole_lists = 0, 0
        for _, record in records(path, {"": ()}, SKIPPED):
            whole_lists += record is None
            if record is not None:
                yield _message(path, record, n)
                n += 1
        if not whole_lists:
            raise DataError(f"{path} has no messages[]: it is no export of DiscordChatExporter")


def channel_of(path: Path) -> tuple[str, str]:
    """Id and name of the channel in the name of its file, which the parts of one channel share."""
    stem = _PART.sub("", path.stem)
    found = _CHANNEL.search(stem)
    name = _CHANNEL.sub("", stem).strip() or stem
    return (found[1] if found else name), name


def _message(path: Path, record: dict[str, Any], n: int) -> Message:
    number = whole(record.get("id"))
    stamp = _moment(record.get("timestamp"))
    ts = snowflake_us(number) or stamp
    edited = _moment(record.get("timestampEdited"))
    author = record["author"] if isinstance(record.get("author"), dict) else {}
    text, links = _embedded(record)
    reference = record["reference"] if isinstance(record.get("reference"), dict) else {}
    chat, name = channel_of(path)
    return Message(
        chat=chat,
        chat_name=name,
        chat_kind="discord",
        message=str(number) if number is not None else f"{path.name} without id {n}",
        number=None,  # ids are times and not a sequence
        ts_us=ts,
        edited_us=edited,
        changed=record.get("timestampEdited") is not None,
        author_id=name_of(author.get("id")) or name_of(author.get("name")),
        author=_name(author),
        source=None,
        forwarded=str(reference.get("type", "")) in ("Forward", "1"),
        service=str(record.get("type", "Default")) not in WRITTEN,
        text=text,
        links="\n".join(links),
    )


def _name(author: dict[str, Any]) -> str | None:
    """The account's name; those of before 2023 share one and differ in four digits."""
    name, digits = name_of(author.get("name")), name_of(author.get("discriminator"))
    return f"{name}#{digits}" if name and digits and digits.strip("0") else name


def _embedded(record: dict[str, Any]) -> tuple[str, list[str]]:
    """The text with that of its embeds, where bots put the token, and the embeds' links."""
    words, links = [record.get("content")], []
    forwarded = record.get("forwardedMessage")
    if isinstance(forwarded, dict):
        words.append(forwarded.get("content"))
    embeds = record.get("embeds")
    for embed in embeds if isinstance(embeds, list) else []:
        if not isinstance(embed, dict):
            continue
        words += [embed.get("title"), embed.get("description")]
        fields = embed.get("fields")
        for field in fields if isinstance(fields, list) else []:
            if isinstance(field, dict):
                words.append(": ".join(str(field[k]) for k in ("name", "value") if isinstance(field.get(k), str)))
        links.append(embed.get("url"))
    return "\n".join(w for w in words if isinstance(w, str) and w), [x for x in links if isinstance(x, str)]


def _moment(value: object) -> int | None:
    """Microseconds of an ISO time that names its offset."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
    except ValueError:
        return None
    return None if found.tzinfo is None else round(found.timestamp() * 1_000_000)


def discord_rows(
    connection: DuckDBPyConnection, files: Sequence[Path], form: str | None, zone: str | None
) -> Iterator[Message]:
    """Every message of CSV files, whose only time is ``Date``: with an offset, or in ``form`` and ``zone``.

    Older versions write the date as the exporter's country does, and 05/06 is a day in May or in June: DataError asks
    for the form. A row has no id: one is made of its author, time and words.
    """
    for path in files:
        yield from _csv_rows(connection, path, form, zone)


def _csv_rows(connection: DuckDBPyConnection, path: Path, form: str | None, zone: str | None) -> Iterator[Message]:
    import duckdb

    from quantray.files.duckdb_file import reading_error, text

    source = (
        f"read_csv({text(str(path))}, all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', "
        "max_line_size = 16777216, null_padding = false)"
    )
    chat, name = channel_of(path)
    rows = connection.cursor()  # the connection itself takes what is read here, batch by batch
    try:
        names = {row[0] for row in rows.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()}
        missing = [column for column in CSV_HEADER if column not in names]
        if missing:
            raise DataError(f"{path} has no column {missing[0]!r}: DiscordChatExporter writes {','.join(CSV_HEADER)}")
        moment = _csv_time(rows, path, source, form, zone)
        rows.execute(
            f"SELECT AuthorID, Author, Content, {moment}, md5(concat_ws('|', AuthorID, Date, Content)) FROM {source}"
        )
        while some := rows.fetchmany(10_000):
            for author_id, author, content, us, made in some:
                yield Message(
                    chat=chat, chat_name=name, chat_kind="discord csv", message=made[:16], number=None, ts_us=us,
                    edited_us=None, changed=None, author_id=name_of(author_id) or name_of(author),
                    author=name_of(author), source=None, forwarded=False, service=False, text=content or "", links="",
                )  # fmt: skip
    except duckdb.Error as error:
        raise reading_error(str(path), error) from None


def _csv_time(connection: DuckDBPyConnection, path: Path, source: str, form: str | None, zone: str | None) -> str:
    """SQL of the microseconds of ``Date``."""
    from quantray.files.duckdb_file import text

    offset = r"[+-]\d\d:?\d\d$|Z$"
    ((total, zoned, shown),) = connection.execute(
        f"SELECT count(*), count(*) FILTER (regexp_matches(Date, '{offset}')), any_value(Date) FROM {source}"
    ).fetchall()
    if zoned == total:
        return "epoch_us(try_cast(regexp_replace(Date, '(\\.\\d{6})\\d+', '\\1') AS TIMESTAMPTZ))"
    if form is None or zone is None:
        raise DataError(
            f"{path} writes dates like {shown!r}, in the order and zone of whoever exported it: set "
            "messages.date_format (such as '%m/%d/%Y %I:%M %p') and data.timezone, or export as JSON, whose ids hold "
            "the true time"
        )
    local = f"try_strptime(Date, {text(form)})"
    there = f"timezone({text(zone)}, {local})"
    clear = [f"timezone({text(zone)}, {there} {sign} INTERVAL 1 HOUR) <> {local}" for sign in "+-"]
    # an hour that a change of clocks skips or repeats could mean two things: it is no time
    return f"CASE WHEN timezone({text(zone)}, {there}) = {local} AND {' AND '.join(clear)} THEN epoch_us({there}) END"
