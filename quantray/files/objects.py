"""Results on disk: frozen records with arrays, tables and plain values in one file, read back equal and without a copy.

The file is NumPy's ``.npz``: the arrays, and a tree of JSON that says where each belongs. Nothing in it is executed: a
record is named by its class, and only records and enumerations that quantray itself defines are made.
"""

from __future__ import annotations

import importlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from quantray.errors import DataError

#: What stands for an object that is not kept itself: class -> what is kept of it; name of the class -> it again.
Keep = Mapping[type, Callable[[Any], object]]
Make = Mapping[str, Callable[[Any], object]]

_TREE = "tree"
_MANY = 8  # items of one kind from which on they are kept by column
_WHOLE = 2**63
_CLASS = re.compile(r"quantray(\.[a-z0-9]\w*)*:[A-Z_]\w*")
_DOORS = ("cli", "run", "testing")  # rooms that hold no results


class Unkept(ValueError):
    """Something in it is no record of quantray, nor a plain value."""


def write_objects(path: Path, parts: Mapping[str, object], keep: Keep) -> None:
    """Write the ``parts``; Unkept, and no file, where one cannot be."""
    writer = _Writer(keep)
    tree = {name: writer.told(part) for name, part in parts.items()}
    text = json.dumps({"records": writer.records, "parts": tree}, separators=(",", ":")).encode()
    arrays: dict[str, Any] = {str(k): array for k, array in enumerate(writer.arrays)}
    with path.open("wb") as file:
        np.savez(file, **{_TREE: np.frombuffer(text, np.uint8), **arrays})


class Objects:
    """What :func:`write_objects` wrote. DataError where it cannot be read, or was written by another version."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with np.load(path, allow_pickle=False) as file:
                found = json.loads(file[_TREE].tobytes())
                self._arrays = [file[str(k)] for k in range(len(file.files) - 1)]
            self._records, self._parts = dict(found["records"]), dict(found["parts"])
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(f"{path} is damaged: {error}") from None

    def part(self, name: str, make: Make | None = None) -> Any:
        """One part; ``make`` gives what stands-in were kept for."""
        try:
            return _Reader(self._arrays, self._records, make or {}).made(self._parts[name])
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            raise DataError(f"{self.path} was written by another version of quantray, or is damaged: {error}") from None


class _Writer:
    """Turns values into JSON, putting arrays aside."""

    def __init__(self, keep: Keep) -> None:
        self.arrays: list[np.ndarray] = []
        self.records: dict[str, list[str]] = {}
        self._keep = keep

    def told(self, value: object) -> object:
        if value is None or type(value) in (bool, int, float, str):
            return value
        for kind, kept in self._keep.items():
            if isinstance(value, kind):
                return {"for": kind.__name__, "of": self.told(kept(value))}
        if isinstance(value, Enum):
            return {"enum": _name(type(value)), "of": value.value}
        if isinstance(value, np.ndarray | np.generic):
            return self._array(value)
        if isinstance(value, Path):
            return {"path": str(value)}
        if is_dataclass(value) and not isinstance(value, type):
            return {"record": self._record(type(value)), "of": [self.told(getattr(value, f)) for f in _names(value)]}
        if isinstance(value, Mapping):
            return {"map": self._items(list(value)), "of": self._items(list(value.values()))}
        if type(value) in (list, tuple):
            return {type(value).__name__: self._items(list(value))}  # type: ignore[call-overload]
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return {"named": self._record(type(value)), "of": [self.told(item) for item in value]}
        if isinstance(value, set | frozenset):
            return {type(value).__name__: self._items(sorted(value))}
        if hasattr(value, "to_parquet"):
            return self._frame(value)
        raise Unkept(f"{type(value).__module__}.{type(value).__qualname__} is no record of quantray")

    def _items(self, items: list[Any]) -> object:
        """A list as JSON, or by column where all of it is of one kind."""
        kinds = {type(item) for item in items}
        if len(items) >= _MANY and kinds <= {float, type(None)} and float in kinds:
            return {"floats": self._aside(np.array([np.nan if x is None else x for x in items])), **self._gaps(items)}
        if len(items) >= _MANY and kinds == {int} and all(-_WHOLE <= item < _WHOLE for item in items):
            return {"ints": self._aside(np.array(items, np.int64))}
        if len(items) >= _MANY and len(kinds) == 1 and not any(issubclass(k, tuple(self._keep)) for k in kinds):
            first = items[0]
            if is_dataclass(first):
                columns = [self._items([getattr(item, name) for item in items]) for name in _names(first)]
                return {"records": self._record(type(first)), "of": columns}
            if type(first) is dict and first and all(list(item) == list(first) for item in items):
                return {"maps": self._items(list(first)), "of": [self._items([i[k] for i in items]) for k in first]}
        return [self.told(item) for item in items]

    def _gaps(self, items: list[Any]) -> dict[str, int]:
        if None not in items:
            return {}
        return {"gaps": self._aside(np.array([item is None for item in items]))}

    def _array(self, value: np.ndarray | np.generic) -> dict[str, object]:
        array = np.asarray(value)
        if array.dtype.hasobject:
            if array.ndim != 1:
                raise Unkept(f"an array of {array.dtype} in {array.ndim} dimensions")
            return {"objects": self._items(array.tolist())}
        return {"array" if isinstance(value, np.ndarray) else "scalar": self._aside(array)}

    def _aside(self, array: np.ndarray) -> int:
        self.arrays.append(array)
        return len(self.arrays) - 1

    def _frame(self, frame: Any) -> dict[str, object]:
        """A table of pandas as Arrow has it; columns of Python objects beside it."""
        import pyarrow as pa

        alike = [name for name in frame.columns if frame[name].dtype != object]
        table = pa.Table.from_pandas(frame[alike].reset_index(drop=True))
        sink = io.BytesIO()
        with pa.ipc.new_stream(sink, table.schema) as stream:
            stream.write_table(table)
        others = {name: frame[name].tolist() for name in frame.columns if name not in alike}
        return {
            "frame": self._aside(np.frombuffer(sink.getvalue(), np.uint8)), "columns": self._items(list(frame.columns)),
            "of": self.told(others),
        }  # fmt: skip

    def _record(self, kind: type) -> str:
        name = _name(kind)
        if name not in self.records:
            self.records[name] = _names(kind)
        return name


class _Reader:
    """Turns JSON into values again."""

    def __init__(self, arrays: Sequence[np.ndarray], records: Mapping[str, Sequence[str]], make: Make) -> None:
        self._arrays, self._make = arrays, make
        self._kinds = {name: _kind(name, known) for name, known in records.items()}

    def made(self, told: Any) -> Any:
        if not isinstance(told, dict):
            return told
        what = next(iter(told))
        of, value = told.get("of"), told[what]
        if what == "for":
            return self._make[value](self.made(of))
        if what == "enum":
            return _enumeration(value)(of)
        if what in ("array", "scalar"):
            array = self._arrays[value]
            return array if what == "array" else array[()]
        if what == "objects":
            items = self._items(value)
            array = np.empty(len(items), object)
            array[:] = items
            return array
        if what == "path":
            return Path(value)
        if what in ("record", "named"):
            values = [self.made(item) for item in told["of"]]
            return self._kinds[value](*values) if what == "named" else self._one(value, values)
        if what == "map":
            return dict(zip(self._items(value), self._items(of), strict=True))
        if what == "frame":
            return self._frame(value, self._items(told["columns"]), self.made(of))
        return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[what](self._items(value))

    def _items(self, told: Any) -> list[Any]:
        if isinstance(told, list):
            return [self.made(item) for item in told]
        what = next(iter(told))
        if what in ("floats", "ints"):
            items: list[Any] = self._arrays[told[what]].tolist()
            if "gaps" in told:
                gaps = self._arrays[told["gaps"]].tolist()
                items = [None if gap else item for item, gap in zip(items, gaps, strict=True)]
            return items
        rows = zip(*(self._items(column) for column in told["of"]), strict=True)
        if what == "records":
            return [self._one(told[what], row) for row in rows]
        keys = self._items(told["maps"])
        return [dict(zip(keys, row, strict=True)) for row in rows]

    def _one(self, name: str, values: Any) -> object:
        """A record with all its fields, those too that its class computes for itself."""
        kind = self._kinds[name]
        made: object = object.__new__(kind)
        for field, value in zip(_names(kind), values, strict=True):
            object.__setattr__(made, field, value)
        return made

    def _frame(self, k: int, columns: list[Any], others: Mapping[str, list[Any]]) -> Any:
        import pyarrow as pa

        frame = pa.ipc.open_stream(self._arrays[k].tobytes()).read_all().to_pandas()
        for name, items in others.items():
            column = np.empty(len(items), object)
            column[:] = items
            frame[name] = column
        return frame[columns]


def _names(of: object) -> list[str]:
    if hasattr(of, "_fields"):
        return list(of._fields)
    return [f.name for f in fields(of)]  # type: ignore[arg-type]


def _name(kind: type) -> str:
    name = f"{kind.__module__}:{kind.__qualname__}"
    if not _CLASS.fullmatch(name):
        raise Unkept(f"{kind.__module__}.{kind.__qualname__} is no record of quantray")
    return name


def _found(name: str) -> type:
    """The class of that name. ValueError for what is none of ours."""
    module, _, own = name.partition(":")
    if not _CLASS.fullmatch(name) or {*module.split(".")[1:2]} & {*_DOORS}:
        raise ValueError(f"{name!r} names no record")
    try:
        found = getattr(importlib.import_module(module), own)
    except ImportError:
        raise ValueError(f"there is no {module} any more") from None
    if not isinstance(found, type) or found.__module__ != module:
        raise ValueError(f"{name!r} names no record")
    return found


def _kind(name: str, known: Sequence[str]) -> type:
    """The record of that name, which has the same fields as when it was written."""
    found = _found(name)
    if not (is_dataclass(found) or (issubclass(found, tuple) and hasattr(found, "_fields"))):
        raise ValueError(f"{name!r} names no record")
    if _names(found) != list(known):
        raise ValueError(f"{name} has other fields by now")
    return found


def _enumeration(name: str) -> type[Enum]:
    found = _found(name)
    if not issubclass(found, Enum):
        raise ValueError(f"{name!r} names no enumeration")
    return found
