"""Values of other tools as JSON and text that a database takes."""

from __future__ import annotations

import math
from collections.abc import Mapping


def plain(value: object) -> object:
    """JSON knows no NaN and no half of a character, at any depth."""
    if isinstance(value, Mapping):
        return {encoded(str(name)): plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return encoded(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value


def encoded(text: str) -> str:
    """Text without half characters and without NUL, which are written as codes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\x00", "\\x00")
