"""The results of a finished sweep, kept with its study and read again: all but its market, which stands in its files.

What a report shows is kept. Of the sessions only what names them is; their prices are read where somebody asks for
them, as the list of trades does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from quantray.errors import DataError
from quantray.files import Pieces
from quantray.protocols import Say
from quantray.sweeps.holdout import load_slice, split
from quantray.sweeps.market import Session, Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.results import Results

if TYPE_CHECKING:
    from quantray.files.objects import Objects
    from quantray.ledger.sql_ledger import SqlLedger

#: What of a slice is kept as it is.
_SAME = ("underlying", "dates", "source", "quality", "session_digests", "reading", "has_quotes")


def keep(results: Results, ledger: SqlLedger, files: Mapping[str, Path], say: Say) -> None:
    """Keep the results with the study; ``files`` are those of its report."""
    from quantray.ledger import ending

    plan = results.plan
    if plan.storage.kind == "memory":
        return
    stand_ins = {Plan: lambda plan: None, Slice: lambda market: {name: getattr(market, name) for name in _SAME}}
    ending.keep(ledger, Pieces(plan.run_dir, plan.study), results.digests, results, files, stand_ins, say)


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
        found = _Sessions(self, kept["dates"], kept["session_digests"], has_quotes=kept["has_quotes"])
        return Slice(
            kept["underlying"], found, kept["source"], kept["quality"], tuple(kept["session_digests"]), kept["reading"]
        )

    def sessions(self, dates: Sequence[str], digests: Sequence[str]) -> Sequence[Session]:
        """Those of the ``dates``. DataError where the data are gone, or are not what they were."""
        if self.whole is None:
            with self.home():
                self.whole = load_slice(self.plan)
        for half in split(self.whole, self.plan.oos.fraction):
            if half is not None and half.dates == tuple(dates) and half.session_digests == tuple(digests):
                return half.sessions
        raise DataError(
            f"the data of {self.plan.study} are not what they were when it ran ({self.plan.data.in_words}); what it "
            f"found stands in {self.plan.run_dir}"
        )


class _Sessions(Sequence[Session]):
    """Sessions of ``dates`` that are read from the plan's data as soon as one is asked for."""

    def __init__(self, market: _Market, dates: Sequence[str], digests: Sequence[str], *, has_quotes: bool) -> None:
        self.dates, self.has_quotes = tuple(dates), has_quotes
        self._market, self._digests = market, digests

    def __len__(self) -> int:
        return len(self.dates)

    @overload
    def __getitem__(self, k: int) -> Session: ...
    @overload
    def __getitem__(self, k: slice) -> Sequence[Session]: ...
    def __getitem__(self, k: int | slice) -> Session | Sequence[Session]:
        return self._market.sessions(self.dates, self._digests)[k]
