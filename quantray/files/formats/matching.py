"""A file's columns under our names, where they are called as ours are or as ``data.columns`` says."""

from __future__ import annotations

from quantray.errors import DataError, near_miss
from quantray.files.alike import looks_like
from quantray.files.formats.heads import Head
from quantray.files.formats.reading import LABELS
from quantray.files.formats.relation import Ask, Read
from quantray.files.formats.times import shift_s, start
from quantray.files.parts import Part
from quantray.files.tables import mapped, spelt
from quantray.files.typed import Cell, day, flag, instant, label, number, right
from quantray.protocols import Record

#: Columns that a file may lack, and that change results without a word where they only have another name: bars without
#: a volume are those of an index, contracts without a multiplier are of 100 shares.
SILENT = ("volume", "multiplier")


def matched(part: Part, where: str, columns: Record, ask: Ask) -> Read:
    """How a part is read that has our columns. DataError for one that the user named and that is not there."""
    key, reading, place = ask.key, ask.reading, place_of(where, part)
    names: dict[str, str] = {}
    for ours, (theirs, chosen) in mapped(columns).items():
        name = spelt(theirs, part.columns)
        if name is not None:
            alike = [n for n in part.columns if n.casefold() == theirs.casefold()]
            if name.casefold() in part.twice or (name != theirs and len(alike) > 1):
                raise DataError(f"{place} has the column {name!r} twice; rename or remove one of them")
            names[ours] = name
        elif chosen:
            raise DataError(f"data.columns.{key}.{ours}: {place}: {near_miss(theirs, part.columns, what='column')}")
    _check_typos(place, key, columns, names, part)
    cells: dict[str, Cell] = {}
    for ours, name in names.items():
        sql, kind = part.columns[name]
        what = f"{place}: column {name!r}"
        if ours == "ts":
            back = shift_s(ask.stamp or "start", ask.interval_s, what, key)
            cells[ours] = start(instant(what, sql, kind, reading), back)
        elif ours in ("expiry", "session_date"):
            cells[ours], ends = day(what, sql, kind, reading, part.zones.get(name) if "TIMESTAMP" in kind else None)
            if ours == "expiry":
                cells["expires"] = ends
        elif ours in LABELS:
            cells[ours] = label(what, sql, kind)
        elif ours == "edited":
            cells[ours] = flag(sql)
        else:
            cells[ours] = (right if ours == "right" else number)(what, sql, kind)
    if not cells:
        wanted = [name for name, _ in mapped(columns).values()]
        raise DataError(
            f"{where} has none of the columns {', '.join(wanted)}: it has {', '.join(part.columns)}; the first line of "
            "a CSV file must name the columns, and data.columns says which of them are meant"
        )
    return Read(part, names, cells, {ours: part.columns[name][0] for ours, name in names.items()})


def has_ours(columns: Record, head: Head) -> bool:
    """Whether a file's columns are told by our map of them: it has the time of a row, or what a contract needs."""
    maps = mapped(columns)
    needed = [maps[name][0] for name in ("ts",) if name in maps] or [maps[name][0] for name in ("symbol", "expiry")]
    chosen = any(picked for _, picked in maps.values())
    return chosen or all(spelt(name, head.columns) is not None for name in needed)


def place_of(where: str, part: Part) -> str:
    """The part's file, where it is one; else the name of all."""
    return str(part.files[0]) if len(part.files) == 1 else where


def _check_typos(place: str, key: str, columns: Record, names: dict[str, str], part: Part) -> None:
    """Refuse a column that is ours but for a slip of the pen, or under another's name for it: left out, it would change

    results without a word.
    """
    free = [name for name in part.columns if name not in names.values()]
    for ours, (theirs, _) in mapped(columns).items():
        near = [name for name in free if ours not in names and one_slip(theirs.casefold(), name.casefold())]
        if near:
            raise DataError(
                f"{place} has no column {ours!r}: unknown column {theirs!r}; did you mean {near[0]!r}? (rename it, or "
                f"map it with data.columns.{key}.{ours}={near[0]})"
            )
        likely = looks_like(ours, free) if ours in SILENT and ours not in names else None
        if likely is not None:
            raise DataError(
                f"{place} has no column {theirs!r}, and its column {likely!r} looks like it: say so with "
                f"data.columns.{key}.{ours}={likely}, or rename it"
            )


def one_slip(a: str, b: str) -> bool:
    """Whether one letter more, less, other, or two exchanged turn ``a`` (of three letters or more) into ``b``."""
    if len(a) < 3 or a == b or abs(len(a) - len(b)) > 1:
        return a != b and a == b.replace(" ", "").replace("_", "")
    start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    x, y = a[start:], b[start:]
    return x[1:] == y[1:] or x[1:] == y or x == y[1:] or (x[:2] == y[:2][::-1] and x[2:] == y[2:])
