"""JSON answers of APIs and feather files as Parquet, so that layouts read them like any table.

Of a document the longest list of records is the table (of a backtest its trades). A record that is a list has the
columns 0, 1, 2 …, and one that is empty says how many they are (``lists of 6``); one that is a mapping has its keys.
Single values beside the list are columns too, the same in every row and named by the keys that lead to them
(``meta.base.address``), as is the list's own place (``data.items``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from quantray.errors import DataError, DiskError

if TYPE_CHECKING:
    import pyarrow as pa

SUFFIXES = (".json", ".feather")
BATCH, CHUNK = 50_000, 1 << 16
#: No document of an API nests deeper, or has more single values beside its records.
MAX_DEPTH, MAX_SINGLE = 64, 200
#: A list of this name goes before longer ones.
_FIRST = ".trades.item"
_EXPECTED = "a list of candles, or an answer of an API with one"


@contextmanager
def tabled(files: Sequence[Path]) -> Iterator[list[Path]]:
    """The files with JSON and feather as Parquet, until the block ends; each keeps its name, ``WIF.json.parquet``.

    DataError for a document that is damaged or holds no list of records, under the file's own name.
    """
    if not any(file.suffix.lower() in SUFFIXES for file in files):
        yield list(files)
        return
    with TemporaryDirectory(prefix="quantray-json-") as scratch:
        made = {file: Path(scratch) / str(k) / f"{file.name}.parquet" for k, file in enumerate(files) if _is(file)}
        try:
            for file, path in made.items():
                path.parent.mkdir()
                as_parquet(file, path)
        except OSError as error:
            raise DiskError(f"{scratch} cannot be written: {error.strerror or error}; TMPDIR names another") from None
        try:
            yield [made.get(file, file) for file in files]
        except DataError as error:
            text = str(error)
            for file, path in made.items():
                text = text.replace(str(path), str(file))
            raise DataError(text) from None


def as_parquet(file: Path, path: Path) -> None:
    """Write a document as Parquet; its name should be that of the file with ``.parquet`` behind it."""
    (_from_feather if file.suffix.lower() == ".feather" else _from_json)(file, path)


def _is(file: Path) -> bool:
    return file.suffix.lower() in SUFFIXES


def _from_feather(file: Path, path: Path) -> None:
    import pyarrow as pa
    from pyarrow import feather, parquet

    try:
        table = feather.read_table(file, memory_map=False)
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{file} is no feather file that can be read ({error}); write it again") from None
    parquet.write_table(table, path)


def _from_json(file: Path, path: Path) -> None:
    """Two walks in bounded memory: where the records are and what stands beside them, then the records."""
    import ijson
    from pyarrow import parquet

    place, beside = _survey(file)
    writer = None
    names: tuple[str, ...] = ()
    with file.open("rb") as source:
        rows = _guarded(file, lambda: ijson.items(source, place, buf_size=CHUNK))
        while True:
            batch = [row for _, row in zip(range(BATCH), rows, strict=False)]
            if not batch:
                break
            if not names:
                names = tuple(dict.fromkeys(key for row in batch for key in _flat(row)))
                beside |= {f"lists of {len(batch[0])}": ""} if isinstance(batch[0], list) else {}
            table = _table(batch, names, beside)
            writer = writer or parquet.ParquetWriter(path, table.schema)
            writer.write_table(table)
    if writer is not None:
        writer.close()


def _table(rows: list[Any], names: tuple[str, ...], beside: dict[str, str]) -> pa.Table:
    import pyarrow as pa

    flat = [_flat(row) for row in rows]
    columns = {name: pa.array([row.get(name) for row in flat], pa.string()) for name in names}
    same = {name: pa.array([value] * len(rows), pa.string()) for name, value in beside.items() if name not in columns}
    return pa.table(columns | same)


def _flat(row: Any) -> dict[str, str]:
    """Single values of a record as text, one level deep."""
    pairs = enumerate(row) if isinstance(row, list) else row.items() if isinstance(row, dict) else ()
    found: dict[str, str] = {}
    for key, value in pairs:
        if isinstance(value, dict):
            found |= {f"{key}.{name}": str(one) for name, one in value.items() if _single(one)}
        elif _single(value):
            found[str(key)] = str(value)
    return found


def _single(value: object) -> bool:
    return value is not None and not isinstance(value, list | dict)


def _survey(file: Path) -> tuple[str, dict[str, str]]:
    """The place of the longest list of lists or mappings, as ijson names it, and the single values in no list."""
    import ijson

    keys: list[str] = []
    lists: dict[str, int] = {}
    beside: dict[str, str] = {}
    with file.open("rb") as source:
        for event, value in _guarded(file, lambda: ijson.basic_parse(source, buf_size=CHUNK)):
            if event == "map_key":
                keys[-1] = value
            elif event in ("end_map", "end_array"):
                keys.pop()
            elif event in ("start_map", "start_array"):
                if "item" not in keys[:-1] and keys and keys[-1] == "item":
                    place = ".".join(keys)
                    lists[place] = lists.get(place, 0) + 1
                keys.append("item" if event == "start_array" else "")
                if len(keys) > MAX_DEPTH:
                    raise DataError(f"{file} nests deeper than {MAX_DEPTH} levels; give {_EXPECTED}")
            elif "item" not in keys and value is not None and len(beside) < MAX_SINGLE:
                beside[".".join(keys)] = str(value)
    if not lists:
        raise DataError(f"{file} holds no list of records; give {_EXPECTED}")
    longest = max(lists, key=lambda place: (place.endswith(_FIRST), lists[place]))
    return longest, beside | ({longest[:-5]: ""} if longest != "item" else {})


def _guarded(file: Path, make: Callable[[], Iterator[Any]]) -> Iterator[Any]:
    """What ijson gives; DataError where the file is no JSON, with the place it was read to."""
    import ijson

    try:
        yield from make()
    except (ijson.JSONError, UnicodeDecodeError, OverflowError) as error:
        reason = str(error).removeprefix("b'").replace("\\n", "\n").split("\n")[0].strip()[:120]
        if "premature EOF" in reason or "ncomplete" in reason:
            raise DataError(f"{file} ends in the middle of its JSON; write it again") from None
        raise DataError(f"{file} is no JSON: {reason}; write it again") from None
