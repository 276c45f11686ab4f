"""What a plug-in must offer. Structural: no class has to inherit from these."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import Field, dataclass, field
from typing import Any, ClassVar, Protocol, TypeVar, runtime_checkable

from quantray.settings import Runner, Search
from quantray.space import Candidates
from quantray.trial import Trial


class Record(Protocol):
    """Any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


#: Who is told a sentence while work goes on.
Say = Callable[[str], object]
#: Who is told the name of each stage as it begins.
Reached = Callable[[str], object]
#: Under which a study notes what its complete table came to: counts by state, and reasons.
TABLE = "table"
#: Under which it notes what its last report came to (``report.ended.Ended``).
REPORTED = "reported"
#: Under which it notes the request that its last run carried out (``ledger.difference.request_of``).
REQUEST = "request"


@dataclass(frozen=True, slots=True)
class Batch:
    """Candidates that are claimed, evaluated and stored together. ``digests[i]`` identifies candidate i."""

    number: int
    candidates: Candidates
    digests: tuple[str, ...]


#: Digests that an earlier run or another driver has; with their trials, they count as points of the space too.
Known = Iterable[str] | Mapping[str, Trial]


class Searcher(Protocol):
    """Pure ask and tell: no I/O, no clock. The caller asks for batch k after telling batches <= k - in_flight.

    ``ask`` never returns a digest that is in ``known`` or that it returned before; what it drew and dropped is
    counted in ``duplicates`` by source. It returns an empty batch when the space is exhausted.
    """

    duplicates: Mapping[str, int]  # source -> count: sampler | memory | database

    def ask(self, number: int, size: int | None = None) -> Batch:
        """The candidates of batch ``number``, asked from a generator seeded (seed, number).

        ``size`` asks for fewer than ``search.batch``: near the end of a sweep, so that no target is passed.
        """
        ...

    def tell(self, number: int, trials: Sequence[Trial]) -> None:
        """Results of a batch, told in batch order, trials in the order they were asked in."""
        ...

    def refuse(self, number: int, digests: Sequence[str]) -> None:
        """Candidates of an asked batch that another driver has: they are known now, and nothing is learned."""
        ...

    def replay(self, number: int, batch: Batch) -> None:
        """Take a batch that an earlier run claimed: as if it had just been asked."""
        ...


@dataclass(frozen=True, slots=True)
class Counts:
    """How many candidates of a study are in which state. ``attempts`` = complete + pruned + failed."""

    complete: int = 0
    pruned: int = 0
    failed: int = 0
    claimed: int = 0  # claimed and not yet stored

    @property
    def attempts(self) -> int:
        return self.complete + self.pruned + self.failed


@dataclass(frozen=True, slots=True)
class Pending:
    """A batch that was claimed and not stored, or stored in part: what resume evaluates first."""

    number: int
    params: tuple[Mapping[str, Any], ...]
    digests: tuple[str, ...]
    stored: Mapping[str, Trial] = field(default_factory=dict)


class Ledger(Protocol):
    """The truth about one study: a candidate is STORED exactly once.

    A ledger object belongs to one study and one driver. ``claim`` and ``store`` are one transaction each.
    """

    def claim(self, batch: Batch) -> tuple[bool, ...]:
        """Claim every candidate of the batch that nobody has; True where this driver now owns it."""
        ...

    driver: int  # of this ledger, unlike any other's of the study
    others: int  # drivers that lived beside it when they were last counted

    @property
    def shared(self) -> bool:
        """Whether another driver has worked on the study since this one began: nobody then counts alone."""
        ...

    def expect(self, candidates: int) -> None:
        """As many candidates are claimed at a time: who joins leaves room for them; 0 gives back what is set aside."""
        ...

    def reserve(self, most: int, n_trials: int, attempts: int) -> int:
        """Set room for ``most`` candidates aside, of a study that is shared, until the next claim; how many there is.

        What is COMPLETE, claimed and set aside by live drivers together never passes ``n_trials``, nor with what was
        pruned and failed ``attempts``. Near the end each driver gets its part.
        """
        ...

    def adopt(self, number: int, limit: int | None = None) -> Pending:
        """Take over claims of drivers that died, at most ``limit``, as batch ``number`` of this driver; may be empty.

        What a driver calls that is about to end while candidates of others are still claimed.
        """
        ...

    def orphans(self) -> bool:
        """Whether there are such claims."""
        ...

    def store(self, number: int, trials: Sequence[Trial]) -> Sequence[bool]:
        """Store the outcomes of claimed candidates. Storing again what this driver stored is an error.

        False where the result was dropped: another driver took the candidate over, because this one gave no sign of
        life in time.
        """
        ...

    def counts(self) -> Counts: ...

    def batches(self) -> Iterable[Pending]:
        """Every batch of the study in order, with the trials that are stored."""
        ...

    def trials(self) -> Iterable[Trial]:
        """Stored trials in the order of their numbers."""
        ...

    def note(self, key: str, value: object) -> None:
        """Keep a JSON value with the study (duplicates by source, versions, surface parts)."""
        ...

    def notes(self) -> Mapping[str, Any]: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a sweep ended. ``reason``: n_trials | max_attempts | exhausted | timeout | target."""

    reason: str
    sentence: str
    counts: Counts
    duplicates: Mapping[str, int]
    best: Trial | None
    seconds: float  # of all runs of this study together


class Data(Protocol):
    """What candidates are measured on: immutable, one copy for all workers of a machine, known by its bytes."""

    @property
    def digest(self) -> str: ...

    @property
    def nbytes(self) -> int: ...


@runtime_checkable
class Filed(Protocol):
    """Data that may lie in files: whoever sees the same files is sent their names alone."""

    def named(self) -> Data | None:
        """The same data as the names of their files, of ``nbytes`` 0; None where they lie in memory."""
        ...

    def whole(self) -> bool:
        """Whether their files are there, with the bytes that the data are known by."""
        ...


class Request(Protocol):
    """What machines read of a plan, whichever wing it is of."""

    @property
    def runner(self) -> Runner: ...

    @property
    def search(self) -> Search: ...

    @property
    def sources(self) -> Mapping[str, str]:
        """The user's own code: ``_target_`` -> digest of the file that a worker must have too."""
        ...


P = TypeVar("P", bound=Request)
D = TypeVar("D", bound=Data)
#: What evaluates a batch: one trial a candidate, in their order. Must be picklable for Ray.
Evaluate = Callable[[P, D, Candidates], Sequence[Trial]]


class Loop(Protocol):
    """What a runner turns: batches to evaluate, and their results. Used by one thread.

    ``next_batch`` and ``finish`` until ``finished``, then ``close``.
    """

    interrupted: bool
    repeated: int  # results that came a second time
    retried: int  # candidates that were given to another worker because theirs died

    @property
    def duplicates(self) -> Mapping[str, int]:
        """Source -> candidates that the search proposed again, of all runs of the study."""
        ...

    @property
    def finished(self) -> bool: ...

    def next_batch(self) -> Batch | None: ...

    def finish(self, number: int, trials: Sequence[Trial]) -> None: ...

    def fail(self, number: int, why: str) -> None: ...

    def close(self) -> Outcome: ...
