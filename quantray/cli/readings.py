"""Values of flags as Hydra's grammar writes them, or the sentence that refuses one: lists are A,B or JSON."""

from __future__ import annotations

import json
import math
import re
from argparse import ArgumentTypeError
from collections.abc import Sequence

from quantray.command_line import quoted
from quantray.plain import one_line

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
LONGEST = 80  # characters of a value that a sentence repeats


def one(text: str) -> str:
    """A text."""
    if not text.strip():
        raise ArgumentTypeError("the value is empty; give one, or leave the flag out")
    return quoted(text)


def choice(text: str) -> str:
    """A choice of a group, or one word of several: what is no word is left for the configuration to refuse."""
    return text if re.fullmatch(r"[A-Za-z_][\w/]*", text, re.ASCII) else one(text)


def number(text: str) -> str:
    """A number, given as it is written."""
    text = text.strip()
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise ArgumentTypeError(f"{_told(text)} must be a number")
    return text.removeprefix("+")


def seconds(text: str) -> str:
    """A length in whole seconds, as a duration."""
    if not re.fullmatch(r"\d{1,9}", text.strip(), re.ASCII) or not int(text):
        raise ArgumentTypeError(f"{_told(text)} must be a whole number of seconds above 0")
    return quoted(f"{int(text)}s")


def numbers(text: str) -> str:
    """Numbers between commas, in brackets or without; ``none`` (or null) is the level that leaves a part out."""
    inside, opened, closed = text.strip(), text.strip().startswith("["), text.strip().endswith("]")
    if opened != closed:
        raise ArgumentTypeError(f"{_told(text)}: a bracket is missing; write 2,3,4 or '[2,3,4]'")
    items = [item.strip() for item in (inside[1:-1] if opened else inside).split(",")]
    if items == [""]:
        raise ArgumentTypeError(f"{_told(text)}: the list is empty; write 2,3,4 or '[2,3,4]', or leave the flag out")
    return f"[{','.join(_level(item, text) for item in items)}]"


def _level(item: str, text: str) -> str:
    if item.lower() in ("none", "null"):
        return "null"
    try:
        return number(item)
    except ArgumentTypeError:
        raise ArgumentTypeError(f"{_told(text)}: {_told(item)} is no number; write 2,3,4 or '[2,3,4]'") from None


def many(text: str) -> str:
    """Texts between commas, or a JSON list of them, which names that hold a comma need."""
    return _listed(_names(text))


def named(text: str) -> str:
    """The same, or a JSON object: name of a group -> callers."""
    if not text.strip().startswith("{"):
        return many(text)
    groups = _json(text)
    assert isinstance(groups, dict)  # what begins with a brace
    found = [f"{_word(name, text)}:{_listed(_all_names(callers, text))}" for name, callers in groups.items()]
    if not found:
        raise ArgumentTypeError(f"{_told(text)}: there is no group in it; name one, or leave the flag out")
    return f"{{{','.join(found)}}}"


def _names(text: str) -> list[str]:
    if text.strip().startswith("["):
        return _all_names(_json(text), text)
    return _all_names([item.strip() for item in text.split(",")] if text.strip(" ,") else [], text)


def _all_names(items: object, text: str) -> list[str]:
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise ArgumentTypeError(f"""{_told(text)} must be a list of names; write A,B or '["A","B"]'""")
    if not items:
        raise ArgumentTypeError(f"{_told(text)}: the list is empty; name at least one, or leave the flag out")
    if not all(item.strip() for item in items):
        raise ArgumentTypeError(f"""{_told(text)}: a name is empty; write A,B or '["A","B"]'""")
    return items


def _word(name: str, text: str) -> str:
    """The name of a group, which Hydra's grammar knows only without quotes."""
    if not re.fullmatch(r"\w[\w.-]*", name):
        raise ArgumentTypeError(
            f"{_told(text)}: a group called {_told(name)} cannot be given here; put it in a file for --group-file"
        )
    return name


def _json(text: str) -> object:
    """A JSON list or object in which numbers are text: callers may be known by one."""
    try:
        return json.loads(text, parse_int=str, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "it is nested too deeply"
        raise ArgumentTypeError(
            f"""{_told(text)} is no JSON: {reason}; write A,B or '["A","B"]', in single quotes, for the shell"""
        ) from None


def _listed(items: Sequence[str]) -> str:
    return f"[{','.join(quoted(item) for item in items)}]"


def _told(text: str) -> str:
    """A value in a sentence: in one line, and not endless."""
    text = one_line(text)
    return repr(text if len(text) <= LONGEST else f"{text[:LONGEST]}…")
