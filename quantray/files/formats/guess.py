"""Which format a file is of: told by its header, its first row and its name, and said with the reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from quantray.errors import DataError
from quantray.files.formats.heads import Head, plain
from quantray.files.formats.layout import Format, Layout
from quantray.plain import amount

SHOWN = 12  # columns that a sentence lists


@dataclass(frozen=True, slots=True)
class Guess:
    """``layout`` of ``format``, and why; None where no format fits, or several do (``candidates``)."""

    format: str | None
    layout: Layout | None
    reasons: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What was found, for a log line, the provenance or a refusal."""
        if self.layout is not None:
            return f"{self.format}: {self.layout.title or self.layout.name} ({'; '.join(self.reasons)})"
        if self.candidates:
            return f"it may be of {' or '.join(self.candidates)}: say which with data.format={self.candidates[0]}"
        return "it is of no format that is known by its header"


def guess(head: Head, table: str, known: Mapping[str, Format]) -> Guess:
    """The format whose layout fits the file best, the one with the most of its columns; never one that is weak."""
    fits = [(f.name, layout) for f in known.values() for layout in f.of(table) if not layout.weak and fit(layout, head)]
    if not fits:
        return Guess(None, None)
    most = max(telling(layout) for _, layout in fits)
    best = [(name, layout) for name, layout in fits if telling(layout) == most]
    if len(best) > 1:
        return Guess(None, None, (), tuple(dict.fromkeys(name for name, _ in best)))
    name, layout = best[0]
    return Guess(name, layout, (_reason(layout),))


def telling(layout: Layout) -> tuple[int, bool, bool]:
    """How much a layout asks of a file: of those that fit, the one that asks most is meant."""
    return len(layout.wanted), layout.refuse is None, layout.file is not None


def _reason(layout: Layout) -> str:
    if layout.header:
        return f"its header has {', '.join(layout.header[:SHOWN])}"
    by_name = " and its name" if layout.file else ""
    return f"its first row{by_name} is that of {', '.join(layout.names)}"


def fit(layout: Layout, head: Head) -> bool:
    """Whether the file can be of this layout."""
    if layout.file and not named_so(layout.file, head.place):
        return False
    if layout.unless and named_so(layout.unless, head.place):
        return False
    if layout.header:
        return {plain(name) for name in layout.header} <= {plain(name) for name in head.columns}
    if head.columns or not head.rows or len(head.rows[0]) != len(layout.names):
        return False
    return all(re.fullmatch(pattern, field.strip()) for pattern, field in zip(layout.row, head.rows[0], strict=False))


def beside(head: Head, formats: Iterable[Format]) -> str | None:
    """What the file is, where it is none of the data that it lies beside, and the vendor's name of it."""
    fits = (f"{f.title}: {x.beside}" for f in formats for x in f.layouts if x.beside is not None and fit(x, head))
    return next(fits, None)


def named_so(pattern: str, place: str) -> bool:
    """Whether a file's name ends as the pattern says, from the beginning of one of its parts on."""
    return re.search(f"(?:^|/)(?:{pattern})$", place) is not None


def layout_for(format: Format, head: Head, table: str) -> Layout:
    """The layout of a format that was named, for one file. DataError says what the file lacks."""
    layouts = format.of(table)
    fits = [layout for layout in layouts if fit(layout, head)]
    if fits:
        return max(fits, key=telling)
    if not layouts:
        serve = sorted({layout.table for layout in format.layouts})
        raise DataError(
            f"{head.path}: {format.title} has no file that serves as {table}, only as {' and '.join(serve)}; say "
            f"for which table it is meant: data.format={{{serve[0]}: {format.name}}}"
        )
    raise DataError(f"{head.path} is no file of {format.title} that serves as {table}: {_lacks(layouts, head)}")


def _lacks(layouts: Iterable[Layout], head: Head) -> str:
    """What the likeliest layout misses in the file."""
    has = {plain(name) for name in head.columns}
    likely = max(layouts, key=lambda layout: len(has & {plain(name) for name in layout.wanted}))
    what = likely.title or likely.name
    if likely.header and not head.columns:
        return f"it has no header, and {what} is known by {', '.join(likely.header)}"
    if likely.header:
        missing = [name for name in likely.header if plain(name) not in has]
        if missing:
            shown = ", ".join(name.strip() for name in head.columns[:SHOWN])
            more = f" and {len(head.columns) - SHOWN} more" if len(head.columns) > SHOWN else ""
            noun = "column" if len(missing) == 1 else "columns"
            return f"{what} has the {noun} {', '.join(missing)}, and it has {shown}{more}"
    if head.columns and not likely.header:
        return f"{what} has no header, and its first line is {','.join(head.columns)[:60]}"
    if likely.unless and named_so(likely.unless, head.place):
        return f"its name says that it is not {what}, which look the same"
    if likely.file and not named_so(likely.file, head.place):
        return f"the name of {what} is like {likely.file}"
    first = ",".join(head.rows[0])[:60] if head.rows else "empty"
    return f"{what} has {amount(len(likely.names), 'column')}, {', '.join(likely.names)}; its first row is {first}"
