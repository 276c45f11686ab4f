"""What can go wrong, by who must act: every message names what is wrong, the value, and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from quantray.outlets import clean
from quantray.plain import one_line


class QuantrayError(Exception):
    """Root of every error that quantray raises on purpose; its message shows no password, whoever prints it."""

    def __str__(self) -> str:
        return clean(super().__str__())


class UserError(QuantrayError):
    """The request cannot be carried out as written. Exit code 2; nothing was written."""


class ConfigError(UserError):
    """A key or value of the configuration is wrong."""


class DataError(UserError):
    """Market data is missing, malformed or insufficient for the request."""


class LedgerError(UserError):
    """The study database cannot be used: foreign, corrupt, newer, or of another plan."""


class LedgerStalled(LedgerError):
    """The study database is in order and gave out: no room, held too long by another program. Exit code 1."""


class Unfinished(QuantrayError):
    """A run that had begun cannot go on. Exit code 1; what is stored stays, and the same command goes on."""


class TooManyFailures(QuantrayError):
    """More candidates failed than ``search.max_failures`` allows, or all of them. Exit code 1."""


class DiskError(QuantrayError):
    """A file of ours cannot be written: a full disk, a quota, a limit. What is stored stays. Exit code 1."""


class Interrupted(QuantrayError):
    """The run was stopped from outside after a clean store. Exit code 130."""


@contextmanager
def begun() -> Iterator[None]:
    """Around what is done once something is stored: what would have been refused before it leaves the run unfinished.

    Exit code 2 promises that nothing was written, so no UserError passes.
    """
    try:
        yield
    except UserError as error:
        raise Unfinished(f"{error}\nWhat is stored stays stored; the same command goes on with it.") from error


def near_miss(name: str, known: Iterable[str], *, what: str = "name") -> str:
    """Return the sentence that answers a wrong ``name``: the closest known one, else all of them.

    >>> near_miss("stop_los", ["stop_loss", "take_profit"], what="parameter")
    "unknown parameter 'stop_los'; did you mean 'stop_loss'?"
    """
    options = sorted({str(item) for item in known})
    close = difflib.get_close_matches(str(name), options, n=1, cutoff=0.6)
    if close:
        return f"unknown {what} {name!r}; did you mean {close[0]!r}?"
    return f"unknown {what} {name!r}; known: {', '.join(map(one_line, options)) or 'none'}"
