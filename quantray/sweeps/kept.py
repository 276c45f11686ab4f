"""The results of a finished sweep, kept with its study and read again: all but its prices, which stand in its files.

Of the sessions their times and contracts are kept, so that trades and pictures need no file of the market; prices are
read where somebody asks for them, as charts of trades do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantray.errors import DataError
from quantray.protocols import Say
from quantray.sweeps.holdout import load_slice, split
from quantray.sweeps.market import Session, Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.results import Results

if TYPE_CHECKING:
    from quantray.files.objects import Objects
    from quantray.ledger.sql_ledger import SqlLedger

#: What of a slice, and of each of its sessions, is kept as it is.
_SAME = ("underlying", "dates", "source", "quality", "session_digests", "reading", "has_quotes")
_OF_SESSION = (
    "date", "open_ns", "interval_s", "open_s", "symbol", "strike", "right", "expiry", "multiplier", "ends", "n_bars",
    "has_quotes",
)  # fmt: skip


def keep(results: Results, ledger: SqlLedger, files: Mapping[str, Path], say: Say) -> None:
    """Keep the results with the study; ``files`` are those of its report."""
    from quantray.ledger import ending

    plan = results.plan
    if plan.storage.kind == "memory":
        return
    stand_ins = {Plan: lambda plan: None, Slice: _told}
    ending.keep(ledger, plan.run_dir, results, files, stand_ins, say)


def _told(market: Slice) -> dict[str, object]:
    sessions = [[_own(getattr(session, name)) for name in _OF_SESSION] for session in market.sessions]
    return {**{name: getattr(market, name) for name in _SAME}, "sessions": sessions}


def _own(value: object) -> object:
    """Without the rest of its session: a column is a view of the whole file where a market lies in files."""
    return value.copy() if isinstance(value, np.ndarray) else value


def results_of(stored: Objects, plan: Plan, home: Callable[[], AbstractContextManager[None]]) -> Results:
    """The results that :func:`keep` kept; ``home`` is where paths of the plan's data are relative to."""
    market = _Market(plan, home)
    return stored.part("results", {"Plan": lambda _: plan, "Slice": market.part})  # type: ignore[no-any-return]


@dataclass(slots=True)
class _Market:
    """The data of a plan, loaded when a session is asked for."""

    plan: Plan
    home: Callable[[], AbstractContextManager[None]]
    whole: Slice | None = field(default=None, init=False)

    def part(self, kept: Mapping[str, Any]) -> Slice:
        dates, digests = tuple(kept["dates"]), tuple(kept["session_digests"])
        known = [_Session.of(told, partial(self.session, k, dates, digests)) for k, told in enumerate(kept["sessions"])]
        found = _Sessions(known, dates, has_quotes=kept["has_quotes"])
        return Slice(kept["underlying"], found, kept["source"], kept["quality"], digests, kept["reading"])

    def session(self, k: int, dates: Sequence[str], digests: Sequence[str]) -> Session:
        """Number ``k`` of those of the ``dates``. DataError where the data are gone, or are not what they were."""
        if self.whole is None:
            with self.home():
                self.whole = load_slice(self.plan)
        for half in split(self.whole, self.plan.oos.fraction):
            if half is not None and half.dates == dates and half.session_digests == digests:
                return half.sessions[k]
        raise DataError(
            f"the data of {self.plan.study} are not what they were when it ran ({self.plan.data.in_words}); what it "
            f"found stands in {self.plan.run_dir}"
        )


class _Session(Session):
    """A session whose prices are read as soon as one is asked for."""

    __slots__ = ("_bars", "_quotes", "_read")

    @classmethod
    def of(cls, told: Sequence[object], read: Callable[[], Session]) -> Session:
        made = object.__new__(cls)
        for name, value in zip((*_OF_SESSION[:-2], "_bars", "_quotes", "_read"), (*told, read), strict=True):
            object.__setattr__(made, name, value)
        return made

    @property
    def n_bars(self) -> int:
        return int(self._bars)

    @property
    def has_quotes(self) -> bool:
        return bool(self._quotes)

    def __getattr__(self, name: str) -> Any:
        if name not in Session.__dataclass_fields__:
            raise AttributeError(name)
        value = getattr(self._read(), name)
        object.__setattr__(self, name, value)
        return value


class _Sessions(tuple[Session, ...]):
    """Sessions that say of themselves what would otherwise be asked of their prices."""

    dates: tuple[str, ...]
    has_quotes: bool

    def __new__(cls, sessions: Sequence[Session], dates: tuple[str, ...], *, has_quotes: bool) -> _Sessions:
        made = super().__new__(cls, sessions)
        made.dates, made.has_quotes = dates, has_quotes
        return made
