"""Which column of a file is which of ours: by a name that can mean nothing else, or as it is told."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from quantray.callers.imports.names import AROUND, BEGINS, ENDS, NAMES, OF_A_TRADE
from quantray.callers.imports.units import ENDINGS, SECONDS, UNITS, named
from quantray.errors import ConfigError, DataError, near_miss

CLOSE = 0.8  # how alike a name must be to be told of


@dataclass(frozen=True, slots=True)
class Match:
    """Our column is theirs; ``unit`` is what its name or ``--map`` says of it, '' for nothing."""

    ours: str
    theirs: str
    unit: str = ""
    ours_alone: bool = False  # the unit is that of a column of ours of this name: its values may say otherwise

    def __str__(self) -> str:
        return f"{self.ours} <- {self.theirs}{f' ({self.unit})' if self.unit else ''}"


def match(columns: Iterable[str], told: Mapping[str, str], trades: bool = False) -> dict[str, Match]:
    """Our column -> the file's. ``told`` names some by hand, empty: none; ``trades``: a row is one trade.

    ConfigError for a name that neither has, DataError where two columns go by one of our names.
    """
    known = list(dict.fromkeys(columns))
    found = {ours: _told(ours, theirs, known) for ours, theirs in told.items() if theirs}
    for ours in set(told) - set(found):
        if ours not in NAMES:
            raise ConfigError(f"--map {ours}=: {near_miss(ours, NAMES, what='column')}")
    for ours in NAMES:
        if ours not in told:
            free = [name for name in known if name not in {m.theirs for m in found.values()}]
            best = _named(ours, free, trades)
            if best is not None:
                found[ours] = best
    return found


def is_of_trades(columns: Iterable[str]) -> bool:
    """Whether a row is one trade: it says when or at what it was entered, and when or at what it was left."""
    stems = {_words(_parts(name)[-1]) for name in columns}
    return bool(stems & set(BEGINS)) and bool(stems & set(ENDS))


def hints(columns: Sequence[str], matches: Mapping[str, Match]) -> list[str]:
    """What was not taken though its name is near one of ours, and how to take it."""
    taken, said = {m.theirs for m in matches.values()}, []
    for theirs in (name for name in columns if name not in taken):
        stem, ending = _split(theirs)
        if stem in OF_A_TRADE:
            unit = named("captured_return", ending) or "UNIT"
            told = shlex.quote(f"captured_return={theirs}:{unit}")
            said.append(
                f"{theirs} may be of the account or of a trade: --map {told} takes it as the mean of its trades"
            )
            continue
        for ours in (name for name in NAMES if name not in matches):
            if any(difflib.SequenceMatcher(None, stem, name).ratio() >= CLOSE for name in NAMES[ours] if len(name) > 3):
                said.append(f"{theirs} is not taken for {ours}: --map {shlex.quote(f'{ours}={theirs}')} does")
                break
    return said


def _told(ours: str, theirs: str, known: Sequence[str]) -> Match:
    if ours not in NAMES:
        raise ConfigError(f"--map {ours}={theirs}: {near_miss(ours, NAMES, what='column')}")
    if theirs in known:
        return Match(ours, theirs, named(ours, _split(theirs)[1]))
    column, colon, unit = theirs.rpartition(":")
    if colon and column in known:
        allowed = UNITS.get(ours, ())
        if unit not in allowed:
            why = near_miss(unit, allowed, what="unit") if allowed else f"{ours} has no units"
            raise ConfigError(f"--map {ours}={theirs}: {why}")
        return Match(ours, column, unit)
    raise ConfigError(f"--map {ours}={theirs}: {near_miss(theirs, known, what='column of the file')}")


def _named(ours: str, columns: Sequence[str], trades: bool) -> Match | None:
    """The column that goes by one of our names, the clearest name first."""
    of_a_trade = OF_A_TRADE if trades and ours == "captured_return" else ()
    split = [(theirs, *_split(theirs)) for theirs in columns if _plainly(theirs)]
    for name in (*NAMES[ours], *of_a_trade):
        mine = [(theirs, ending) for theirs, stem, ending in split if name in (stem, _words(_parts(theirs)[-1]))]
        mine = [(theirs, ending) for theirs, ending in mine if name != "profit" or named(ours, ending)]
        mine = [(theirs, ending) for theirs, ending in mine if name != "pnl" or named(ours, ending)]
        if len(mine) > 1:
            flags = " or ".join(f"--map {shlex.quote(f'{ours}={theirs}')}" for theirs, _ in mine)
            raise DataError(f"{' and '.join(theirs for theirs, _ in mine)} may both be {ours}; give {flags}")
        if mine:
            theirs, ending = mine[0]
            own = name == "captured_return" and not ending
            return Match(ours, theirs, "gain" if own else named(ours, ending), own)
    return None


def _plainly(theirs: str) -> bool:
    """Whether no object around the name says that it is the figure of something else: ``buy_and_hold.return``."""
    return all(_words(part) in AROUND for part in _parts(theirs)[:-1])


def _split(theirs: str) -> tuple[str, str]:
    """(name without its unit, ending): ``metrics.winRatePct`` is (win_rate, pct), ``hold_hours`` (hold, hours)."""
    words = _words(_parts(theirs)[-1])
    stem, _, ending = words.rpartition("_")
    return (stem, ending) if stem and (ending in ENDINGS or ending in SECONDS) else (words, "")


def _parts(theirs: str) -> list[str]:
    """Names of the objects around a figure, and its own: ``metrics.winRate``, but not ``Max. Drawdown``."""
    return re.split(r"\.(?=\w)", theirs)


def _words(name: str) -> str:
    """``winRatePct`` and ``Win Rate [pct]`` are win_rate_pct."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).replace("%", " % ")
    return "_".join(part for part in re.split(r"[^a-z0-9%]+", spaced.casefold()) if part)
