"""One message of a chat, whatever wrote the export, and batches of them as columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 10_000
#: A message is no longer than this anywhere; what is longer was pasted together.
MAX_TEXT = 65_536


@dataclass(frozen=True, slots=True)
class Message:
    """``number`` is its id where ids of the chat count up by one (a gap is a message that is gone), else None.

    ``ts_us`` is when it was sent, in UTC microseconds; ``changed`` whether it was edited after that (None: the export
    does not tell), ``edited_us`` when. ``links`` are what stands behind its words, a line each.
    """

    chat: str
    chat_name: str
    chat_kind: str
    message: str
    number: int | None
    ts_us: int | None
    edited_us: int | None
    changed: bool | None
    author_id: str | None
    author: str | None
    source: str | None  # whom it was forwarded from
    forwarded: bool
    service: bool
    text: str
    links: str


def batches(messages: Iterable[Message], size: int = BATCH) -> Iterator[pa.Table]:
    """Columns of the messages, so many at a time; lone halves of surrogates become U+FFFD, NUL is left out."""
    import pyarrow as pa

    rows = iter(messages)
    while some := list(islice(rows, size)):
        columns: dict[str, Any] = {}
        for name in Message.__slots__:
            values = [getattr(row, name) for row in some]
            kind = _types()[name]
            if kind == pa.string():
                values = [None if value is None else plain_text(value) for value in values]
            columns[name] = pa.array(values, kind)
        yield pa.table(columns)


def _types() -> dict[str, pa.DataType]:
    import pyarrow as pa

    numbers = dict.fromkeys(("number", "ts_us", "edited_us"), pa.int64())
    return dict.fromkeys(Message.__slots__, pa.string()) | numbers | dict.fromkeys(
        ("changed", "forwarded", "service"), pa.bool_()
    )  # fmt: skip


def plain_text(value: str) -> str:
    """The text as DuckDB can hold it.

    >>> plain_text("a\\ud83db\\x00c") == "a\\ufffdbc"
    True
    """
    return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def whole(value: object, low: int = 0, high: int = 1 << 62) -> int | None:
    """A whole number, also one that is written as text; None where it is none.

    >>> whole("1746446400"), whole(" 5 "), whole("1.5"), whole(True), whole(None)
    (1746446400, 5, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        found = int(value) if isinstance(value, int) or len(value) < 24 else None
    except ValueError:
        return None
    return found if found is not None and low <= found < high else None


def name_of(value: object) -> str | None:
    """A name in one line, None where there is none."""
    found = " ".join(str(value).split()) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return found or None
