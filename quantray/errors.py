"""What can go wrong, by who must act: every message names what is wrong, the value, and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class QuantrayError(Exception):
    """Root of every error that quantray raises on purpose."""


class UserError(QuantrayError):
    """The request cannot be carried out as written. Exit code 2; nothing was written."""


class ConfigError(UserError):
    """A key or value of the configuration is wrong."""


class DataError(UserError):
    """Market data is missing, malformed or insufficient for the request."""


class LedgerError(UserError):
    """The study database cannot be used: foreign, corrupt, newer, or of another plan."""


class TooManyFailures(QuantrayError):
    """More candidates failed than ``search.max_failures`` allows, or all of them. Exit code 1."""


class Interrupted(QuantrayError):
    """The run was stopped from outside after a clean store. Exit code 130."""


def near_miss(name: str, known: Iterable[str], *, what: str = "name") -> str:
    """Return the sentence that answers a wrong ``name``: the closest known one, else all of them.

    >>> near_miss("stop_los", ["stop_loss", "take_profit"], what="parameter")
    "unknown parameter 'stop_los'; did you mean 'stop_loss'?"
    """
    options = sorted({str(item) for item in known})
    close = difflib.get_close_matches(str(name), options, n=1, cutoff=0.6)
    if close:
        return f"unknown {what} {name!r}; did you mean {close[0]!r}?"
    return f"unknown {what} {name!r}; known: {', '.join(options) or 'none'}"
