"""Values as JSON text: plain numbers, null for what does not exist."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass

from quantray.outlets import cleaned
from quantray.passwords import masked
from quantray.plain import in_json


def dumped(value: object) -> str:
    """A value as readable JSON text."""
    told = cleaned(jsonable(value), masked)
    return in_json(json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False)) + "\n"


def compact(value: object) -> str:
    """A value as JSON text in one line, without a space that is not in it."""
    told = cleaned(jsonable(value), masked)
    return in_json(json.dumps(told, separators=(",", ":"), ensure_ascii=False, allow_nan=False))


def jsonable(value: object) -> object:
    """A value as JSON knows it: NumPy scalars plain, NaN and infinity null, paths and other objects as text."""
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(k): jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(v) for v in value]
    if is_dataclass(value) and not isinstance(value, type):
        return jsonable(asdict(value))
    return str(value)
