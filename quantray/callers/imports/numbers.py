"""Numbers as people and spreadsheets write them. What a comma means is seen in a column, or said, and never guessed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

from quantray.errors import DataError

STYLES = ("point", "comma")
EMPTY = ("", "none", "null", "nan", "n/a", "na", "-", "—")
_SPACES = str.maketrans({"−": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'"})
_GROUPED = re.compile(r"(?<=\d)[ '](?=\d{3}(?!\d))")
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
#: Written with commas between thousands, and with dots between them and a decimal comma.
_POINT = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?", re.ASCII)
_COMMA = re.compile(r"[+-]?(\d+|[1-9]\d{0,2}(\.\d{3})+)(,\d+)?", re.ASCII)
#: One comma and three digits behind it: 1,250 is a thousand and more, or one and a quarter.
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", re.ASCII)


def is_empty(value: object) -> bool:
    """Whether a cell says that there is nothing."""
    return value is None or str(value).strip().casefold() in EMPTY


def unit_in(value: object) -> str:
    """The unit that a cell says itself: ``55%`` is percent, ``3x`` a multiple; '' for none."""
    last = str(value).rstrip()[-1:] if isinstance(value, str) else ""
    return "percent" if last == "%" else "multiple" if last in ("x", "X", "×") else ""


def bare(value: object) -> str:
    """The number's own text: without its unit, and without spaces and quotes between thousands."""
    return _GROUPED.sub("", str(value).translate(_SPACES).strip().rstrip("%xX× "))


def without_currency(value: object) -> object:
    """An amount of money without the sign of its currency."""
    return re.sub(r"^\s*([+-]?)\s*[$€£]\s*", r"\1", value) if isinstance(value, str) else value


def style_of(name: str, values: Iterable[object]) -> str:
    """``comma`` where the texts of a column show a decimal comma, else ``point``.

    DataError when they contradict one another, or when one may be either and none shows which.
    """
    seen: dict[str, str] = {}
    either = None
    for value in values:
        text = bare(value) if isinstance(value, str) else ""
        if _EITHER.fullmatch(text):
            either = value if "," in text and name != "n_trades" else either
            continue
        point = bool(_PLAIN.fullmatch(text) and "." in text) or bool("," in text and _POINT.fullmatch(text))
        comma = ("," in text or text.count(".") > 1) and bool(_COMMA.fullmatch(text))
        if point != comma:
            seen.setdefault("point" if point else "comma", str(value))
    if len(seen) > 1:
        raise DataError(
            f"{name}: {seen['comma']!r} has a decimal comma and {seen['point']!r} a decimal point; "
            "say which is meant: --decimal comma or --decimal point"
        )
    if not seen and either is not None:
        raise DataError(
            f"{name}: {either!r} may be {_read(bare(either), 'point'):g} or {_read(bare(either), 'comma'):g}; "
            "say which: --decimal point or --decimal comma"
        )
    return next(iter(seen), "point")


def number(name: str, value: object, style: str = "point") -> float:
    """A finite number. ValueError names it otherwise."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = float(value) if abs(value) < 1e300 else math.nan
    else:
        found = math.nan if isinstance(value, bool | list | dict) else _read(bare(value), style)
    if not math.isfinite(found):
        raise ValueError(f"{name}={value!r} is no number")
    return found


def _read(text: str, style: str) -> float:
    if style == "comma" and _COMMA.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    if style == "point" and _POINT.fullmatch(text):
        return float(text.replace(",", ""))
    return float(text) if _PLAIN.fullmatch(text) and (style == "point" or "." not in text) else math.nan
