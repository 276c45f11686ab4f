"""Failures as values: an exception of somebody's strategy as one sentence, and many sentences as counted reasons."""

from __future__ import annotations

import os
import re
import sysconfig
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from traceback import walk_tb

#: What the code of a strategy may raise without ending a run: it belongs to its candidate, ``sys.exit()`` included.
OWN = (Exception, SystemExit)
#: How the reason begins when a strategy refused the combination of parameters itself: no fault, but its rule.
REFUSED = "refused: "
LONGEST = 400  # characters of a message that are kept

_LIBRARIES = ("stdlib", "platstdlib", "purelib", "platlib")
_OTHERS = ("<", *(f"{p}{os.sep}" for p in (Path(__file__).parent, *map(sysconfig.get_path, _LIBRARIES))))
_PLACE = re.compile(r"(\w+): .*\((\S+), line (\d+)\)", re.DOTALL)
_SESSION = re.compile(r" \(session [^)]*\)$")


def told(error: BaseException, called: object = None) -> str:
    """An exception as ``ValueError: no volume (strategy/mine.py, line 12)``: the line is the user's own.

    Without one (nothing outside quantray and the libraries was running) it is where ``called`` is defined, whose answer
    was refused; else the place is left out.
    """
    try:
        message = " ".join(str(error).split())
    except Exception:  # an exception of somebody's own may not even be printable
        message = "(its message cannot be shown)"
    if len(message) > LONGEST:
        message = f"{message[: LONGEST - 1]}…"
    place = _place(error) or _definition(called)
    return f"{type(error).__name__}: {message}" + (f" ({place})" if place else "")


def _place(error: BaseException) -> str | None:
    """File and line of the innermost frame that belongs neither to quantray nor to a library."""
    found = None
    for frame, line in walk_tb(error.__traceback__):
        file = frame.f_code.co_filename
        if not file.startswith(_OTHERS):
            found = f"{_shown(Path(file))}, line {line}"
    return found


def placed(sentence: str, called: object) -> str:
    """A sentence about a function of the user's own, with the file and line in which it is defined."""
    place = _definition(called)
    return f"{sentence} ({place})" if place else sentence


def _definition(called: object) -> str | None:
    """File and line of a function or method of the user's own."""
    code = getattr(getattr(called, "__func__", called), "__code__", None)
    if code is None or code.co_filename.startswith(_OTHERS):
        return None
    return f"{_shown(Path(code.co_filename))}, line {code.co_firstlineno}"


def _shown(file: Path) -> str:
    """A file as it is called wherever the run goes on: its folder and its name."""
    return "/".join(file.parts[-2:])


@dataclass(frozen=True, slots=True)
class Reason:
    """Why ``n`` candidates did not complete; ``first`` is the whole message of candidate ``number``, the earliest."""

    state: str  # PRUNED | FAIL
    n: int
    first: str
    number: int


def is_fault(why: str | None) -> bool:
    """Whether a failed candidate was no rule's refusal: what ``search.max_failures`` counts."""
    return why is not None and not why.startswith(REFUSED)


def kind_of(why: str) -> str:
    """What equal reasons have in common: the type and the line of an exception, whatever numbers its message has."""
    found = _PLACE.match(why.removeprefix(REFUSED))
    return f"{found[1]} {found[2]} {found[3]}" if found else _SESSION.sub("", why)


def counted(rows: Iterable[tuple[int, str, str, int]]) -> list[Reason]:
    """Reasons with their counts, the commonest first, from rows (number, state, why, count)."""
    kinds: dict[tuple[str, str], Reason] = {}
    for number, state, why, n in rows:
        key = (state, kind_of(why))
        old = kinds.get(key)
        if old is None:
            kinds[key] = Reason(state, n, why, number)
        else:
            first = (old.first, old.number) if old.number <= number else (why, number)
            kinds[key] = Reason(state, old.n + n, *first)
    return sorted(kinds.values(), key=lambda reason: (-reason.n, reason.number))
