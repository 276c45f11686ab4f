"""What to do about a value that cannot be read: the second half of a sentence that names column, row and value."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

NO_VALUE = {"n/a", "#n/a", "na", "null", "none", "nil", "-", "--", ".", "?", "n.a.", "missing", "void", "empty"}
EXAMPLE = "write a plain number such as 99.5, or nothing where there is no value"


def no_number(value: str) -> str:
    """For ``99,5``, ``1,234.50``, ``$5``, ``N/A`` and the like."""
    x = value.strip()
    if x.casefold() in NO_VALUE:
        return "is no number; leave the field empty where there is no value"
    if re.fullmatch(
        r"[+-]?\d{1,3}([,' \u00a0]\d{3})+\.\d*|[+-]?\d{1,3}(,\d{3}){2,}|[+-]?\d{1,3}([' \u00a0_]\d{3})+", x
    ):
        return f"is no number: take the thousands separators out ({re.sub(r'[^0-9.+-]', '', x)})"
    if re.fullmatch(r"[+-]?\d{1,3}(\.\d{3})+,\d*", x):
        return f"is no number: its point groups thousands; write {x.replace('.', '').replace(',', '.')}"
    if re.fullmatch(r"[+-]?\d{1,3},\d{3}", x):
        point, plain = x.replace(",", "."), x.replace(",", "")
        return f"is no number: a comma is a decimal comma or groups thousands; write {point} or {plain}"
    if re.fullmatch(r"[+-]?\d*,\d+", x):
        return f"is no number: it has a decimal comma; write it with a point, {x.replace(',', '.')}"
    if re.search(r"\d", x) and re.sub(r"[^0-9.+-]", "", x).strip("+-."):
        return "is no number; write the number alone, without currency, unit or sign of percent"
    return f"is no number; {EXAMPLE}"


def no_whole(value: str) -> str:
    """For ``98000.5`` where a vendor writes whole numbers of a small unit."""
    other = no_number(value)
    if re.fullmatch(r"[+-]?\d*\.\d+", value.strip()):
        return "is no whole number, and such a file has no others; it is of another kind, or in another unit"
    return other


def no_right(value: str) -> str:
    """For ``CE`` and ``PE``, and anything else that is neither."""
    first = value.strip()[:1].upper()
    hint = {"C": f" ({value} is a call: C)", "P": f" ({value} is a put: P)"}.get(first, "")
    return f"is no right of an option; write C for a call or P for a put{hint}"


def no_instant(zone: str | None, unit: str | None) -> Callable[[str], str]:
    """For times that name no instant."""

    def remedy(value: str) -> str:
        x = value.strip()
        if re.fullmatch(r"\d+(\.0)?", x):
            if unit is not None:
                likely = guessed_unit(x.partition(".")[0])
                if "(" in likely and not likely.startswith(f"{unit} "):
                    return f"is no time in {unit}; it looks like data.ts_unit={likely}"
                return f"is no time in {unit}; give the right data.ts_unit (s, ms, us or ns)"
            return f"is a number; say of what since 1970, with data.ts_unit={guessed_unit(x.partition('.')[0])}"
        if re.fullmatch(r"\d{4}-\d\d-\d\d", x):
            return "is a date; a bar needs its time of day and timezone, 2024-11-27T14:30:00Z"
        if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d?:\d\d.*", x):
            if zone is None:
                return (
                    "has no timezone; write the instant (2024-11-27T14:30:00Z), or say where the clock stands with "
                    "data.timezone=America/New_York"
                )
            return f"is no time that the clock of {zone} shows exactly once; store UTC"
        return "is no time; write it as 2024-11-27T14:30:00Z"

    return remedy


def guessed_unit(digits: str) -> str:
    """The unit in which the number is a time of our days, with that time."""
    for unit, per in (("s", 1), ("ms", 10**3), ("us", 10**6), ("ns", 10**9)):
        seconds = int(digits) / per
        if 315_532_800 <= seconds < 4_102_444_800:  # 1980 to 2100
            return f"{unit} ({datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%dT%H:%M:%SZ})"
    return "s, ms, us or ns"


#: With any mark between; then how dates are written that name their month, or begin with a year of four digits.
_ANY_ORDER = ("%m{0}%d{0}%Y", "%d{0}%m{0}%Y", "%m{0}%d{0}%y", "%d{0}%m{0}%y", "%y{0}%m{0}%d")
_CLEAR = ("%Y/%m/%d", "%Y.%m.%d", "%d-%b-%Y", "%d-%b-%y", "%d%b%Y", "%d%b%y", "%d %b %Y", "%d %B %Y", "%b %d %Y",
          "%b %d, %Y", "%B %d, %Y", "%Y-%b-%d")  # fmt: skip


def _readings(value: str) -> dict[str, str]:
    """Every date that the text may be -> the form that reads it so."""
    found: dict[str, str] = {}
    for form in (*(form.format(mark) for mark in "/.-" for form in _ANY_ORDER), *_CLEAR):
        with suppress(ValueError):
            found.setdefault(f"{datetime.strptime(value, form):%Y-%m-%d}", form)
    return found


def no_date(form: str | None, zone: str | None) -> Callable[[str], str]:
    """For dates with two readings, or with a time that names no instant."""

    def remedy(value: str) -> str:
        x = value.strip()
        if form is not None:
            return f"is no date of the form data.date_format={form}"
        readings = _readings(x)
        if len(readings) > 1:
            days, forms = (f"{', '.join(some[:-1])} or {some[-1]}" for some in (list(readings), [*readings.values()]))
            return f"may be {days}; say which with data.date_format={forms}, or write dates as 2024-11-27"
        if readings:
            (likely,) = readings.values()
            return f"is no date that reads one way only; say how with data.date_format={likely}, or write 2024-11-27"
        if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", x) and zone is None:
            return (
                "has a time of day but no timezone; write the date alone or the instant (2024-11-27T21:00:00Z), or say "
                "where the clock stands with data.timezone=America/New_York"
            )
        if re.fullmatch(r"\d{9,19}", x):
            return f"is a number; write dates as 2024-11-27, or say with data.ts_unit={guessed_unit(x)}"
        return "is no date; write it as 2024-11-27, or say how dates are written with data.date_format=%d-%b-%Y"

    return remedy
