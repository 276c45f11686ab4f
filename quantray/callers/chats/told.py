"""What a reader must know of calls that were read from chats: how, which were edited, which may have been deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quantray.durations import iso
from quantray.plain import amount, one_line

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Chats that a sentence names.
MOST = 5
_CLOCK = {
    "telegram": "their times are date_unixtime, in UTC",
    "discord": "their times are those of the messages' ids, in UTC",
}
_CSV = "their times are the dates of the CSV files"


def sentences(connection: DuckDBPyConnection) -> list[str]:
    """Of the tables ``chats``, ``counts`` and ``about``."""
    (kind,) = connection.execute("SELECT kind FROM about").fetchone() or ("",)
    counts = dict(connection.execute("SELECT name, n FROM counts").fetchall())
    chats = connection.execute(
        "SELECT name, kind, messages, first_us, last_us, tells_edits, edited, missing FROM chats"
    ).fetchall()
    clock = _CSV if {chat[1] for chat in chats} == {"discord csv"} else _CLOCK.get(kind, "")
    first = min((chat[3] for chat in chats if chat[3] is not None), default=0) * 1000
    last = max((chat[4] for chat in chats if chat[4] is not None), default=0) * 1000
    told = [
        f"The calls were read from {amount(counts['messages'], 'message')} of {amount(len(chats), 'chat')} "
        f"({kind}, {iso(first)} to {iso(last)}; {clock}): {amount(counts['calls'], 'call')} of "
        f"{amount(counts['callers'], 'caller')}, by the patterns of messages."
    ]
    no_call = {name: n for name, n in counts.items() if n and name not in _NO_REASON}
    if no_call:
        listed = ", ".join(f"{n:,} {name}" for name, n in sorted(no_call.items(), key=lambda pair: -pair[1]))
        told.append(f"Messages that are no call: {listed}.")
    if counts.get("repeated"):
        told.append(
            f"{amount(counts['repeated'], 'message stands', 'messages stand')} in several of the files; each counts "
            "once, in the version before its edits where one file has it."
        )
    told += _hindsight(counts, all(chat[5] for chat in chats), any(chat[5] for chat in chats))
    return told + _deleted([(one_line(str(c[0])), str(c[1]), int(c[2]), c[7]) for c in chats])


_NO_REASON = ("messages", "repeated", "forwarded", "calls", "edited calls", "callers")


def _hindsight(counts: dict[str, int], all_tell: bool, some_tell: bool) -> list[str]:
    found, calls = counts.get("edited calls", 0), max(counts["calls"], 1)
    told = []
    if found:
        told.append(
            f"{amount(found, 'call was', 'calls were')} edited after being sent ({found / calls:.1%}): an edited "
            "message shows its last text, which may have been written when the outcome was known. Results are shown "
            "with these calls and without them."
        )
    if not all_tell:
        which = "Some of the files do" if some_tell else "The files do"
        told.append(f"{which} not tell which messages were edited: what was written with hindsight cannot be seen.")
    return told


def _deleted(chats: list[tuple[str, str, int, int | None]]) -> list[str]:
    """How many messages are gone, by the gaps in the ids of each chat that counts them one by one."""
    gaps = [(name, n, missing) for name, _, n, missing in chats if missing]
    unknown = [name for name, _, _, missing in chats if missing is None]
    told = []
    if gaps:
        gaps.sort(key=lambda chat: -chat[2] / (chat[1] + chat[2]))
        named = "; ".join(
            f"{name}: {gone:,} of {n + gone:,} ({gone / (n + gone):.1%})" for name, n, gone in gaps[:MOST]
        )
        more = f"; and {len(gaps) - MOST:,} more chats" if len(gaps) > MOST else ""
        told.append(
            f"Ids that no message has, so messages that were deleted or not exported: {named}{more}. Calls among them "
            "are missing, which flatters whoever deletes what went wrong."
        )
    whole = [name for name, n, _, missing in chats if missing == 0 and n]
    if whole:
        listed = ", ".join(whole[:MOST]) + (f" and {len(whole) - MOST:,} more" if len(whole) > MOST else "")
        told.append(f"No id is missing between the first and the last message of {listed}: none was deleted there.")
    if unknown:
        listed = ", ".join(unknown[:MOST]) + (f" and {len(unknown) - MOST:,} more" if len(unknown) > MOST else "")
        told.append(f"How many messages were deleted cannot be seen in {listed}: ids there do not count up by one.")
    return told
