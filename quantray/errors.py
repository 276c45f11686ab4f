"""What can go wrong, by who must act: every message names what is wrong, the value, and the remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb

from quantray.outlets import clean
from quantray.plain import amount, one_line

#: Names that a sentence lists; of a thousand callers nobody reads all.
MOST = 30
_PACKAGE = str(Path(__file__).parent)


class QuantrayError(Exception):
    """Root of every error that quantray raises on purpose; its message shows no password, whoever prints it.

    A notebook shows the sentence and the line that asked, not the way through this package.
    """

    def __str__(self) -> str:
        return clean(super().__str__())

    def _render_traceback_(self) -> list[str]:
        """What IPython prints in place of a traceback."""
        steps = list(extract_tb(self.__traceback__))
        inside = next((i for i, step in enumerate(steps) if step.filename.startswith(_PACKAGE)), len(steps))
        asked = steps[inside - 1] if inside else None
        where = [f"line {asked.lineno}: {asked.line}"] if asked is not None and asked.line else []
        return [*(clean(one_line(line)) for line in where), f"{type(self).__name__}: {self}"]


class UserError(QuantrayError):
    """The request cannot be carried out as written. Exit code 2; nothing was written."""


class ConfigError(UserError):
    """A key or value of the configuration is wrong."""


class UnknownName(ConfigError, KeyError):
    """A name that nothing has, with the near miss: a ConfigError, and the KeyError that a mapping owes."""

    def __str__(self) -> str:
        return clean(Exception.__str__(self))


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


#: How what an interruption says ends; whoever knows the command says it instead.
GOES_ON = "; the same command goes on there"


class Interrupted(QuantrayError):
    """The run was stopped from outside after a clean store. Exit code 130.

    ``report`` is the page of what was found by then, where one was written; else ``command`` writes it.
    """

    def __init__(self, sentence: str, *, report: Path | None = None, command: str = "") -> None:
        super().__init__(sentence)
        self.report, self.command = report, command


@contextmanager
def begun() -> Iterator[None]:
    """Around what is done once something is stored: what would have been refused before it leaves the run unfinished.

    Exit code 2 promises that nothing was written, so no UserError passes.
    """
    try:
        yield
    except UserError as error:
        raise Unfinished(f"{error}\nWhat is stored stays stored; the same command goes on with it.") from error


def near_miss(
    name: str, known: Iterable[str], *, what: str = "name", counts: Mapping[str, int] | None = None, of: str = "call"
) -> str:
    """Return the sentence that answers a wrong ``name``: the closest known one, else all of them, up to MOST.

    ``counts`` says how many things (called ``of``) each has; those with the most are told first.

    >>> near_miss("stop_los", ["stop_loss", "take_profit"], what="parameter")
    "unknown parameter 'stop_los'; did you mean 'stop_loss'?"
    >>> near_miss("Bret", ["Brett"], what="caller", counts={"Brett": 1})
    "unknown caller 'Bret'; did you mean 'Brett' (1 call)?"
    """

    def told(option: str) -> str:
        return f" ({amount(counts[option], of)})" if counts and option in counts else ""

    options = sorted({str(item) for item in known})
    close = difflib.get_close_matches(str(name), options, n=1, cutoff=0.6) or [
        option for option in options if option.casefold() == str(name).casefold()
    ]
    if close:
        return f"unknown {what} {name!r}; did you mean {close[0]!r}{told(close[0])}?"
    if counts:
        options.sort(key=lambda option: -counts.get(option, 0))
    listed = [f"{one_line(option)}{told(option)}" for option in options[:MOST]]
    more = f" and {len(options) - MOST:,} more" if len(options) > MOST else ""
    return f"unknown {what} {name!r}; known: {', '.join(listed) or 'none'}{more}"
