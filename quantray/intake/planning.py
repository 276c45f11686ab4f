"""How each source will be read: told by its head alone, before anything is written."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from quantray.errors import DataError
from quantray.files import archives
from quantray.files.alike import in_parts, looks_like
from quantray.files.durable import room
from quantray.files.formats import Choice, Format, Head, Layout, beside, choices, documents, head_of
from quantray.files.formats.guess import fit
from quantray.files.formats.heads import plain
from quantray.files.formats.symbols import parse
from quantray.files.tables import spelt
from quantray.intake.columns import TABLES
from quantray.intake.plain import TELLING, is_plain
from quantray.intake.request import Request, size_of
from quantray.intake.sources import DATABASES, ZIP, Found, Item
from quantray.plain import one_line

SHOWN = 5
Shelf = Callable[[], dict[str, Format]]


@dataclass(slots=True)
class Entry:
    """An item, the bytes that it counts for, and how each table is read from it: a database's is told when it is."""

    item: Item
    bytes: int
    ways: list[tuple[str, Choice]] = field(default_factory=list)
    calls: bool = False  # it is a list of calls or a chat, and the wing of callers reads it


class _Beside(Exception):
    """A file lies beside data and is none itself; what it is."""


def planned(found: Found, request: Request, given: Format | None, known: Shelf) -> list[Entry]:
    """Every item, the members of zips each for itself. DataError names those of which nothing can be told."""
    entries, wrong = [], []
    with TemporaryDirectory(prefix="quantray-") as scratch:
        for item in found.items:
            try:
                for one, size in _members(item, found):
                    try:
                        entries.append(_entry(one, size, Path(scratch), request, given, known))
                    except _Beside as what:
                        found.pass_over(str(what), one.name)
            except DataError as error:
                wrong.append(str(error).replace(f"{scratch}/", ""))
    if not entries and not wrong:
        passed = [f"{one_line(names[0])} is of no use: {why}" for why, names in found.passed.items()]
        raise DataError("; ".join(["there is nothing to import", *passed]))
    if wrong:
        more = f"\n… and {len(wrong) - SHOWN:,} more" if len(wrong) > SHOWN else ""
        raise DataError("\n".join(wrong[:SHOWN]) + more)
    return entries


def _members(item: Item, found: Found) -> Iterator[tuple[Item, int]]:
    if item.kind != ZIP:
        yield item, size_of(item)
        return
    assert item.path is not None
    empty: list[str] = []
    names = archives.members(item.path, empty=empty.append)
    for name in empty:
        found.pass_over("empty", f"{item.name}/{name}")
    if not names and not empty:
        found.pass_over("nothing in it is data by its name", item.name)
    for name in names:
        yield replace(item, name=f"{item.name}/{one_line(name)}", part=name), size_of(item) // len(names)


@contextmanager
def at_hand(item: Item, scratch: Path, *, head: bool = False) -> Iterator[Path]:
    """The file of an item: its own, or the member of a zip (``head``: its first rows); JSON and feather as Parquet."""
    assert item.path is not None
    folder = scratch / "unpacked"
    try:
        path = item.path if item.kind != ZIP else archives.unpack(item.path, item.part, folder, head=head)
        if path.suffix.lower() in documents.SUFFIXES:
            made = folder / path.parent.name / f"{path.name}.parquet"
            made.parent.mkdir(parents=True, exist_ok=True)
            with room(made, "every file that was finished before is stored", only_room=True):
                documents.as_parquet(path, made)
            path = made
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _entry(item: Item, size: int, scratch: Path, request: Request, given: Format | None, known: Shelf) -> Entry:
    if item.kind in DATABASES:
        return Entry(item, size)
    if request.calls is not None and item.kind != ZIP and request.calls.serves(Path(str(item.path)), request):
        return Entry(item, size, [("calls", Choice(None, None))], calls=True)
    with at_hand(item, scratch, head=True) as path:
        head = head_of(path)
        what = beside(head, known().values() if given is None else [given])
        if what is not None:
            raise _Beside(what)
        found = ways(head, item.name, request, given, known)
    calls = request.calls is not None and item.kind != ZIP and {table for table, _ in found} == {"calls"}
    return Entry(item, size, found, calls=calls)


def _likely(found: list[tuple[str, Choice]], head: Head, name: str) -> list[tuple[str, Choice]]:
    """Of the tables that a file could serve as, those that it does.

    One header may be a part of another's, and vendors write bars of stocks and of options under one header: then the
    first rows say which it is. DataError where there are none to look at.
    """
    most = max((len(c.layout.wanted) for _, c in found if c.layout is not None), default=0)
    found = [(t, c) for t, c in found if c.layout is None or len(c.layout.wanted) == most]
    named_by = {t: _naming(c.layout) for t, c in found if c.layout is not None}
    if len({column for column in named_by.values() if column}) == 1 and {"options", "underlying"} <= set(named_by):
        column = named_by["options"]
        if column is not None and column == named_by["underlying"]:
            at = [plain(c) for c in head.columns].index(plain(column)) if head.columns else -1
            shown = [row[at] for row in head.rows if 0 <= at < len(row) and row[at].strip()]
            if not shown:
                raise DataError(f"{name}: bars of stocks and of options look alike; say which with --table")
            kept = "options" if any(parse(symbol) is not None for symbol in shown) else "underlying"
            return [(t, c) for t, c in found if t == kept]
    return found


def _naming(layout: Layout) -> str | None:
    """The one column that says whose row it is."""
    if layout.contract is not None:
        return layout.contract.occ.source if layout.contract.occ is not None else None
    column = layout.columns.get("symbol")
    return None if column is None else column.source


def ways(
    head: Head, name: str, request: Request, given: Format | None, known: Shelf
) -> list[tuple[str, Choice]]:  # fmt: skip
    """(table, how it is read) for each table that a source serves as. DataError where it is none, or cannot be told."""
    tables = request.tables or TABLES
    plainly = [t for t in tables if is_plain(t, request.mapping(t), head, asked=t in request.tables)]
    if given is None and plainly:
        return [(table, Choice(None, None)) for table in plainly]
    found, why = [], []
    for table in tables:
        if given is not None and not given.of(table):
            continue
        try:
            chosen = choices([head], table, given, known, lambda _: False)
            found += [(table, choice) for choice in chosen if choice.layout is not None]
        except DataError as error:
            why.append(str(error))
    if found:
        return _likely(found, head, name)
    if why:
        raise DataError(why[0])
    weak = {f.name for f in known().values() for t in tables for layout in f.of(t) if layout.weak and fit(layout, head)}
    raise DataError(_unknown(head, name, request, sorted(weak)))


def _unknown(head: Head, name: str, request: Request, weak: list[str]) -> str:
    """That nothing tells what a file is, and what would; ``weak``: formats whose header it has, as many files do."""
    has = ", ".join(one_line(c) for c in (head.columns or (head.rows[0] if head.rows else ()))[:12])
    wanted = f" that serves as {' or '.join(request.tables)}" if request.tables else ""
    if not head.columns:
        return (
            f"{name} is no file{wanted} that is known by its first row and its name ({has}), and it has no header: "
            "name its --format, write its columns into a first line (ts,open,high,low,close), or describe it in "
            "conf/format/NAME.yaml by names and row (docs/formats.md)"
        )
    may_be = "".join(f"if it is a file of {one}, --format {one}; else " for one in weak)
    return f"{name} is no file{wanted} that is known by its columns ({has}): {may_be}{_likely_columns(head, request)}"


def _likely_columns(head: Head, request: Request) -> str:
    """What to say so that a file with a header is read: its own columns, where their names are usual ones of ours."""
    for table in request.tables or tuple(t for t in TABLES if t != "chain"):
        told = request.mapping(table)
        lacks = [ours for ours in TELLING[table] if spelt(told.get(ours, ours), head.columns) is None]
        parts = [said for ours in lacks if (said := in_parts(ours, head.columns)) is not None]
        if parts and all(looks_like(ours, head.columns) or in_parts(ours, head.columns) for ours in lacks):
            return parts[0]
        likely = {ours: looks_like(ours, head.columns) for ours in lacks}
        if table == "calls" and likely.get("caller", "") is None and set(request.tables) <= {"calls"}:
            del likely["caller"]  # then the name of the file is the caller's
        found = {ours: theirs for ours, theirs in likely.items() if theirs is not None}
        if (found or table == "calls") and len(found) == len(likely):
            flags = " ".join(f"--column {shlex.quote(f'{ours}={theirs}')}" for ours, theirs in found.items())
            looks = " and ".join(f"column {theirs!r} looks like {ours}" for ours, theirs in found.items())
            return f"{looks or 'they are those of a list of calls'}: --table {table}{f' {flags}' if flags else ''}"
    return "name its --format, or say what is what, as in --table candles --column asset=Pair --column ts=Time"
