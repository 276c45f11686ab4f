"""JSON and CSV files as rows: flat mappings of the file's own names, numbered as the file counts them."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantray.callers.imports import freqtrade
from quantray.callers.imports.columns import Match
from quantray.callers.imports.names import NAMES
from quantray.errors import DataError
from quantray.plain import original

CSV, JSON, ARCHIVE = (".csv", ".tsv", ".txt"), (".json", ".jsonl", ".ndjson"), (".zip",)
#: Members of a JSON object that hold the rows. ``callers`` says whose they are as well.
CONTAINERS = ("results", "rows", "data", "trades", "policies", "items", "callers", "best", "records")
#: Where the name of a row stands that is kept under one.
KEY = "@key"


@dataclass(slots=True)
class Read:
    """Rows (number, name -> value) of a file, and the numbers of those that are no rows, each with its reason.

    ``matches`` are columns that the kind of file settles, ``trades`` whether it says that a row is one trade.
    """

    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)
    matches: Mapping[str, Match] = field(default_factory=dict)
    trades: bool = False

    def take(self, rows: Iterable[object]) -> Read:
        """Number the rows; what is no object, or names one thing twice, has failed."""
        for number, row in enumerate(rows, 1):
            try:
                if not isinstance(row, Mapping) or not row:
                    raise ValueError("it is no object with names and values")
                self.rows.append((number, _flat(row)))
            except ValueError as error:
                self.failed.append((number, str(error)))
        return self


def read(path: Path) -> Read:
    """Every row of the file. DataError when it cannot be read or holds none.

    CSV rows are numbered by their line, JSON rows from 1 on.
    """
    suffix = path.suffix.lower()
    if suffix not in (*CSV, *JSON, *ARCHIVE):
        raise DataError(f"{path}: results are read from {', '.join((*CSV, *JSON, *ARCHIVE))} files")
    try:
        text = freqtrade.text_of(path) if suffix in ARCHIVE else path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text; save it as UTF-8"
        raise DataError(f"{path} cannot be read: {reason}") from None
    try:
        found = _csv(text) if suffix in CSV else _json(path, text)
    except csv.Error as error:
        raise DataError(f"{path} is no CSV: {error}") from None
    except RecursionError:
        raise DataError(f"{path} is nested too deep to hold rows of results") from None
    if not found.rows and not found.failed:
        raise DataError(f"{path} holds no row")
    return found


def _csv(text: str) -> Read:
    found = Read()
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    # rows end where the format says: splitlines() would cut a name at U+2028, U+0085 or a form feed
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    names: list[str] = []
    for values in lines:
        if not any(value.strip() for value in values):
            continue
        if not names:
            names = [original(name.strip()) for name in values]
            twice = [name for name, n in Counter(names).items() if n > 1]
            if twice:
                raise DataError(f"the header names {twice[0]!r} {names.count(twice[0])} times; rename the others")
        elif len(values) != len(names):
            found.failed.append((lines.line_num, f"{len(values)} fields, the header has {len(names)}"))
        else:
            found.rows.append((lines.line_num, dict(zip(names, map(original, values), strict=True))))
    return found


def _json(path: Path, text: str) -> Read:
    try:
        content = json.loads(text, object_pairs_hook=_once)
    except ValueError as error:
        if path.suffix.lower() not in (".jsonl", ".ndjson"):
            raise DataError(f"{path} is no JSON: {error}") from None
        return _json_lines(text)
    if freqtrade.is_result(content):
        return Read(matches=freqtrade.MATCHES, trades=True).take(freqtrade.trades_of(content))
    return Read().take(_listed(path, content))


def _json_lines(text: str) -> Read:
    found = Read()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, object_pairs_hook=_once)
            if not isinstance(row, Mapping) or not row:
                raise ValueError("it is no object with names and values")
            found.rows.append((number, _flat(row)))
        except json.JSONDecodeError as error:
            found.failed.append((number, f"it is no JSON: {error}"))
        except ValueError as error:
            found.failed.append((number, str(error)))
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; ValueError where it names something twice, of which the last would silently win."""
    twice = [name for name, n in Counter(name for name, _ in pairs).items() if n > 1]
    if twice:
        raise ValueError(f"an object names {twice[0]!r} twice")
    return dict(pairs)


def _listed(path: Path, content: object) -> Iterator[Any]:
    """The rows of a list, of the one list or object that an object holds, or of an object that holds them by name."""
    if not isinstance(content, Mapping):
        yield from content if isinstance(content, list) else [content]
        return
    inner = [name for name in content if str(name).casefold() in CONTAINERS and isinstance(content[name], list | dict)]
    if len(inner) > 1:
        raise DataError(f"{path} holds several lists of rows: {', '.join(inner)}; give a file with one of them")
    if inner:
        held = content[inner[0]]
        by_caller = inner[0].casefold() == "callers" and isinstance(held, Mapping)
        yield from _named(held, NAMES["caller"][0]) if by_caller else _listed(path, held)
    elif _by_name(content):
        yield from _named(content, KEY)
    else:
        yield content


def _named(content: Mapping[str, object], column: str) -> Iterator[Any]:
    """Rows that stand under names, each with its name in a column."""
    for name, value in content.items():
        for row in value if isinstance(value, list) else [value]:
            yield {column: name, **row} if isinstance(row, Mapping) else row


def _by_name(content: Mapping[str, object]) -> bool:
    """Whether members are rows under names: mostly objects, and none of the names says who the caller is."""
    inner = sum(isinstance(value, Mapping | list) for value in content.values())
    return 2 * inner > len(content) and not {str(name).casefold() for name in content} & set(NAMES["caller"])


def _flat(row: Mapping[str, object], prefix: str = "") -> dict[str, Any]:
    """Nested objects as dotted names; ValueError where two things come to one name."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        more = _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) and value else {f"{prefix}{name}": value}
        twice = flat.keys() & more.keys()
        if twice:
            raise ValueError(f"it names {min(twice)!r} twice")
        flat.update(more)
    return flat
