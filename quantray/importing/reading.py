"""JSON and CSV files as rows: flat mappings of the file's own names, numbered as the file counts them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from quantray.errors import DataError
from quantray.importing.matching import NAMES
from quantray.plain import original

CSV, JSON = (".csv", ".tsv", ".txt"), (".json", ".jsonl", ".ndjson")
#: Members of a JSON object that hold the rows; another name is taken for a caller's.
CONTAINERS = ("results", "rows", "data", "trades", "policies", "items", "callers", "best", "records")
#: Where the name of a row stands that is kept under its caller's.
CALLER = "caller"


@dataclass(slots=True)
class Read:
    """Rows (number, name -> value) of a file, and the numbers of those that are no rows, each with its reason."""

    rows: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    failed: list[tuple[int, str]] = field(default_factory=list)


def read(path: Path) -> Read:
    """Every row of the file. DataError when it cannot be read or holds none.

    CSV rows are numbered by their line, JSON rows from 1 on.
    """
    if path.suffix.lower() not in (*CSV, *JSON):
        raise DataError(f"{path}: results are read from {', '.join((*CSV, *JSON))} files")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise DataError(f"{path} cannot be read: {reason}") from None
    found = _csv(text) if path.suffix.lower() in CSV else _json(path, text)
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
        elif len(values) != len(names):
            found.failed.append((lines.line_num, f"{len(values)} fields, the header has {len(names)}"))
        else:
            found.rows.append((lines.line_num, dict(zip(names, map(original, values), strict=True))))
    return found


def _json(path: Path, text: str) -> Read:
    found = Read()
    try:
        content = json.loads(text)
    except ValueError as error:
        if path.suffix.lower() == ".json":
            raise DataError(f"{path} is no JSON: {error}") from None
        return _json_lines(text)
    for number, row in enumerate(_listed(content), 1):
        if isinstance(row, Mapping) and row:
            found.rows.append((number, _flat(row)))
        else:
            found.failed.append((number, "it is no object with names and values"))
    return found


def _json_lines(text: str) -> Read:
    found = Read()
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            found.failed.append((number, f"it is no JSON: {error}"))
            continue
        if isinstance(row, Mapping) and row:
            found.rows.append((number, _flat(row)))
        else:
            found.failed.append((number, "it is no object with names and values"))
    return found


def _listed(content: Any) -> Iterator[Any]:
    """The rows of a list, of the list that an object holds, or of an object that holds them by caller."""
    if isinstance(content, list):
        yield from content
        return
    if not isinstance(content, Mapping):
        yield content
        return
    inner = [name for name in content if str(name).casefold() in CONTAINERS and isinstance(content[name], list | dict)]
    if inner:
        for name in inner:
            yield from _listed(content[name])
    elif _by_caller(content):
        for caller, value in content.items():
            for row in value if isinstance(value, list) else [value]:
                yield {CALLER: caller, **row} if isinstance(row, Mapping) else row
    else:
        yield content


def _by_caller(content: Mapping[str, Any]) -> bool:
    """Whether names are callers and members their rows: mostly objects, and none of them says who the caller is."""
    inner = sum(isinstance(value, Mapping | list) for value in content.values())
    return 2 * inner > len(content) and not {str(name).casefold() for name in content} & set(NAMES["caller"])


def _flat(row: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested objects as dotted names."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping) and value:
            flat.update(_flat(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat
