"""Which layout each file of a table is read by: that of the format that was named, our own, or the one guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from quantray.errors import DataError
from quantray.files.formats.guess import guess, layout_for
from quantray.files.formats.heads import Head
from quantray.files.formats.layout import Format, Layout


@dataclass(slots=True)
class Choice:
    """Files that are read in one way. ``layout`` None: their columns are ours, or the settings say which are."""

    format: str | None
    layout: Layout | None
    heads: list[Head] = field(default_factory=list)
    reasons: tuple[str, ...] = ()  # of a guess; empty where the format was named

    @property
    def sentence(self) -> str:
        """How the files are read, for a log line and the provenance."""
        if self.layout is None:
            return "read by our own names of columns"
        guessed = f", guessed: {'; '.join(self.reasons)}" if self.reasons else ""
        return f"read as {self.format}: {self.layout.title or self.layout.name}{guessed}"


def choices(
    heads: Sequence[Head], table: str, given: Format | None, known: Callable[[], dict[str, Format]],
    ours: Callable[[Head], bool],
) -> list[Choice]:  # fmt: skip
    """The files by how they are read. ``ours`` says whether a file has our columns, which goes before any guess.

    Raises DataError where the named format does not fit, or several formats do and none is named.
    """
    found: dict[tuple[str, str] | None, Choice] = {}
    shelf: dict[str, Format] | None = None
    for head in heads:
        if given is not None:
            layout = layout_for(given, head, table)
            found.setdefault((given.name, layout.name), Choice(given.name, layout)).heads.append(head)
            continue
        if ours(head):
            found.setdefault(None, Choice(None, None)).heads.append(head)
            continue
        shelf = known() if shelf is None else shelf
        it = guess(head, table, shelf)
        if it.candidates:
            raise DataError(f"{head.path}: {it.sentence} (for this table alone: data.format={{{table}: NAME}})")
        key = None if it.layout is None else (str(it.format), it.layout.name)
        found.setdefault(key, Choice(it.format, it.layout, reasons=it.reasons)).heads.append(head)
    return list(found.values())
