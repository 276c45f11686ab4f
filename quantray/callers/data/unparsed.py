"""The messages of chats that are no call, listed for whoever changes the patterns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from quantray.callers.market import Calls
from quantray.durations import iso
from quantray.plain import write_csv

NAME = "unparsed.csv"
COLUMNS = ("chat", "message", "ts", "author", "why", "text")
#: Messages that the list holds; the DuckDB file in the cache has all of them.
MOST = 100_000
_BATCH = 10_000


def write_unparsed(calls: Calls, path: str | Path) -> Path:
    """CSV of the messages that are no call, in order of time; a header alone where calls come from no chat."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_csv(path, COLUMNS, no_calls(calls))
    return path


def unparsed_note(calls: Calls) -> str | None:
    """Where they are listed; None where calls come from no chat, or every message is a call."""
    if calls.messages is None:
        return None
    n = next(_answer(calls.messages, "SELECT count(*) FROM unparsed"))[0]
    if not n:
        return None
    which = f"the first {MOST:,} of {n:,} messages" if n > MOST else "the messages"
    return f"{NAME} lists {which} that are no call, each with its reason; messages.assets holds the patterns."


def no_calls(calls: Calls) -> Iterator[dict[str, object]]:
    """The messages that are no call, in order of time, at most :data:`MOST`; none where calls come from no chat."""
    if calls.messages is None:
        return
    query = f"SELECT chat, message, epoch_us(ts), author, why, text FROM unparsed LIMIT {MOST}"
    for chat, message, us, author, why, text in _answer(calls.messages, query):
        ts = "" if us is None else iso(us * 1000)
        yield dict(zip(COLUMNS, (chat, message, ts, author or "", why, text), strict=True))


def _answer(messages: Path, query: str) -> Iterator[tuple[Any, ...]]:
    import duckdb

    with duckdb.connect(str(messages), read_only=True) as connection:
        answer = connection.execute(query)
        while some := answer.fetchmany(_BATCH):
            yield from some
