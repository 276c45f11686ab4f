"""What the report of a study is made of: of one whose search has ended, and of one that is not judged yet."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from quantray.failures import Reason, counted
from quantray.plain import amount
from quantray.protocols import REPORTED, Counts
from quantray.provenance import versions
from quantray.report.ended import ended_of
from quantray.stats.checks import Verdict, Word
from quantray.sweeps.grid.so_far import Stored, stored_parts
from quantray.sweeps.judge import Judgement, best_of, summarised
from quantray.sweeps.loop.share import duplicates_of, retried_of
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.prepare import Opened
from quantray.sweeps.report.tables import table_digest, trials_frame
from quantray.sweeps.results import Results
from quantray.sweeps.scores import sample
from quantray.sweeps.search import Found
from quantray.trial import Trial

#: How a search ended that has not.
GOES_ON = "it has not ended"
LEAST = 10  # trials with a value from which on levels are compared


class Kept(Protocol):
    """What a ledger holds of a study, whoever reads it."""

    def trials(self) -> Iterable[Trial]: ...
    def counts(self) -> Counts: ...
    def notes(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Market:
    """The data of a plan in its two parts, as a report needs them. None is held of what was not loaded."""

    whole: Slice
    train: Slice
    held_out: Slice | None


def concluded(made: Opened, found: Found, judged: Judgement, seconds: float) -> Results:
    """The results of a study whose search has ended and was judged."""
    return Results(
        plan=made.plan, trials=found.trials, counts=found.counts, verdict=judged.verdict,
        duplicates=found.duplicates, best=judged.best, in_sample=judged.in_sample,
        out_of_sample=judged.out_of_sample, pick=judged.pick, surviving=judged.surviving, stress=judged.stress,
        more_sessions=judged.more_sessions, top_oos=judged.top_oos, surface=judged.surface,
        regret=judged.regret, data=described(Market(made.slice, made.train, made.held_out)), quality=made.slice.quality,
        digests=made.digests, versions=versions(), seconds=seconds,
        stop_reason=found.stop_reason, why=found.reasons, notes=found.notes, repeated=found.repeated,
        table=table_digest(trials_frame(found.trials, made.plan.space)),
    )  # fmt: skip


def so_far(
    plan: Plan, kept: Kept, digests: Mapping[str, str], market: Market | None, where: str, *,
    verdict: Verdict | None = None, unread: str = "", began: float | None = None,
) -> Results:  # fmt: skip
    """What a study holds by now. Nothing of the held-out sessions is looked at, nobody survives, nothing is judged.

    ``where`` says what became of it, or a ``verdict`` that it keeps. Without a ``market`` what would be simulated is
    missing, and ``unread`` says why. ``began`` (``time.monotonic()``) is when a run began that is timed by itself.
    """
    noted = kept.notes()
    stored = stored_parts(plan, noted, digests) if plan.search.kind == "exhaustive" else _trials(kept)
    best = best_of(stored.trials)
    levels = None
    if plan.search.kind != "exhaustive" and sum(t.value is not None for t in stored.trials) >= LEAST:
        levels = summarised(plan, stored.trials, None)
    seconds = float(noted.get("seconds", 0.0)) if began is None else time.monotonic() - began
    return Results(
        plan=plan, trials=stored.trials, counts=stored.counts,
        verdict=verdict or unjudged(plan, stored.counts, where), duplicates=duplicates_of(noted),
        best=best, in_sample=None if best is None or market is None else sample(plan, market.train, best.params),
        surface=levels, data={} if market is None else described(market),
        quality={} if market is None else market.whole.quality, digests=dict(digests), versions=versions(),
        seconds=seconds, stop_reason=GOES_ON, why=stored.reasons, notes=(*_earlier(noted, stored), *stored.notes),
        repeated={"worker": retried_of(noted)}, table=table_digest(trials_frame(stored.trials, plan.space)),
        unread=unread,
    )  # fmt: skip


def _earlier(noted: Mapping[str, Any], stored: Stored) -> Iterator[str]:
    """What an earlier run made of the trials that there were then."""
    before = ended_of(noted.get(REPORTED))
    if before is not None and before.verdict and before.trials != len(stored.trials):
        yield f"When it held {amount(before.trials, 'trial')} the study was judged: {before.verdict}."


def _trials(kept: Kept) -> Stored:
    trials = list(kept.trials())
    return Stored(trials, kept.counts(), reasons_of(trials))


def reasons_of(trials: Iterable[Trial]) -> list[Reason]:
    """Why trials did not complete, the commonest first."""
    return counted((t.number, str(t.state), t.why, 1) for t in trials if t.why)


def unjudged(plan: Plan, counts: Counts, where: str) -> Verdict:
    """How far a study is that has not come to its end; ``where`` says what became of it."""
    if plan.search.kind == "exhaustive":
        told = f"{counts.attempts:,} of {amount(plan.space.size or 0, 'point')} so far"
    else:
        told = f"{counts.complete:,} of {amount(plan.search.n_trials, 'trial')} so far"
    rest = "Nothing is judged before the end: the held-out sessions are not looked at, and the best by now may be luck."
    return Verdict(Word.UNJUDGED, f"Incomplete: {told}; {where}. {rest}")


def described(market: Market) -> dict[str, Any]:
    """What the data is, and which sessions are searched and held out."""
    from quantray.sweeps.data import describe

    held_out = market.held_out
    return {
        **describe(market.whole),
        "sessions_searched": list(market.train.dates),
        "sessions_held_out": [] if held_out is None else list(held_out.dates),
    }
