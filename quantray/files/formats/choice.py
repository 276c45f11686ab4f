"""Which layout each file of a table is read by: that of the format that was named, our own, or the one guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from quantray.errors import DataError
from quantray.files.formats.guess import beside, guess, layout_for
from quantray.files.formats.heads import Head
from quantray.files.formats.layout import Format, Layout


@dataclass(slots=True)
class Choice:
    """Files that are read in one way. ``layout`` None: their columns are ours, or the settings say which are."""

    format: str | None
    layout: Layout | None
    heads: list[Head] = field(default_factory=list)
    reasons: tuple[str, ...] = ()  # of a guess; empty where the format was named
    passed: tuple[str, ...] = ()  # files that lie beside and are no such data, with what they are

    @property
    def sentence(self) -> str:
        """How the files are read, for a log line and the provenance."""
        passed = f"; passed over: {', '.join(self.passed)}" if self.passed else ""
        if self.layout is None:
            return f"read by our own names of columns{passed}"
        guessed = f", guessed: {'; '.join(self.reasons)}" if self.reasons else ""
        return f"read as {self.format}: {self.layout.title or self.layout.name}{guessed}{passed}"


def choices(
    heads: Sequence[Head], table: str, given: Format | None, known: Callable[[], dict[str, Format]],
    ours: Callable[[Head], bool],
) -> list[Choice]:  # fmt: skip
    """The files by how they are read. ``ours`` says whether a file has our columns, which goes before any guess.

    Files that only lie beside such data are in none; the first of the others says so. Raises DataError where the named
    format does not fit, several formats do and none is named, or nothing is left.
    """
    found: dict[tuple[str, str] | None, Choice] = {}
    shelf: dict[str, Format] | None = None
    passed: list[str] = []
    for head in heads:
        if given is None and not ours(head):
            shelf = known() if shelf is None else shelf
        what = beside(head, [given] if given is not None else (shelf or {}).values())
        if what is not None and (given is not None or not ours(head)):
            passed.append(f"{head.path.name} ({what})")
            continue
        if given is not None:
            layout = layout_for(given, head, table)
            found.setdefault((given.name, layout.name), Choice(given.name, layout)).heads.append(head)
            continue
        if ours(head):
            found.setdefault(None, Choice(None, None)).heads.append(head)
            continue
        it = guess(head, table, shelf or {})
        if it.candidates:
            raise DataError(f"{head.path}: {it.sentence} (for this table alone: data.format={{{table}: NAME}})")
        key = None if it.layout is None else (str(it.format), it.layout.name)
        found.setdefault(key, Choice(it.format, it.layout, reasons=it.reasons)).heads.append(head)
    if passed and not found:
        raise DataError(f"{heads[0].path.parent}: nothing there is of use: {', '.join(passed)}")
    for choice in list(found.values())[:1]:
        choice.passed = tuple(passed)
    return list(found.values())
