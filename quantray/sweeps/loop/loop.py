"""The driver's state machine: what is asked, claimed, stored and told, in which order, and when it ends.

Everything that decides is done in the order of batch numbers, never in the order of arrival: batch k is asked
after exactly the batches up to k - in_flight were told (more only when nothing else may be asked). So the stored
trials are the same for any number of workers and for any point at which a run was interrupted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from quantray.errors import GOES_ON, Interrupted, TooManyFailures
from quantray.failures import is_fault
from quantray.plain import amount
from quantray.protocols import Batch, Counts, Ledger, Outcome, Pending, Searcher
from quantray.space import Candidates
from quantray.sweeps.loop.flight import Flight, part
from quantray.sweeps.loop.pace import Pace
from quantray.sweeps.loop.progress import Progress, better
from quantray.sweeps.loop.share import Share, key_of, note_of, seed_of
from quantray.sweeps.plan import Plan
from quantray.trial import Trial, TrialState

_PROGRESS_S, _NOTES_S = 0.25, 2.0


class Sweep:
    """Used by one thread. ``next_batch`` and ``finish`` until ``finished``, then ``close``.

    With a ``share``, and as soon as another driver works on the study, the trials of all of them count towards its
    end, and one that did not begin alone keeps its notes apart. Which driver gets what then depends on timing.
    """

    def __init__(
        self,
        plan: Plan,
        searcher: Searcher,
        ledger: Ledger,
        on_progress: Callable[[Progress], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
        share: Share | None = None,
    ) -> None:
        self.plan, self.searcher, self.ledger, self.clock, self.share = plan, searcher, ledger, clock, share
        self.interrupted = False
        self.repeated = 0  # results that came a second time and were not stored
        self.retried = 0  # candidates that were given to another worker because theirs died
        self._on_progress = on_progress
        self._stop = ""
        self._next = self._told = self._asked = 0  # next batch to ask, batches told, candidates asked
        self._told_complete = self._told_failed = 0
        self._flights: dict[int, Flight] = {}
        self._tally, self._pace = dict.fromkeys(TrialState, 0), Pace()
        self._best: Trial | None = None
        self._why = ""  # of the first failure that was told
        self._faults = 0  # candidates that failed and were not refused, told or not
        self._began, self._said, self._noted = clock(), float("-inf"), clock()
        self._earlier = {pending.number: pending for pending in ledger.batches()}
        self._key = share.key if share is not None else key_of(ledger.driver) if ledger.shared else None
        notes = ledger.notes() if self._key is None else ledger.notes().get(self._key, {})
        self._seconds_before = float(notes.get("seconds", 0.0))
        self._duplicates_before = notes.get("duplicates", {})
        self._mine_before, self._retried_before = int(notes.get("stored", 0)), int(notes.get("retried", 0))
        for pending in self._earlier.values():
            self._count(list(pending.stored.values()))
        self._before = dict(self._tally)
        if self._nothing_to_do():
            self._stop, self._earlier = "n_trials", {}
        else:
            ledger.expect(plan.search.batch)

    def next_batch(self) -> Batch | None:
        """The next candidates to evaluate, claimed; None when there are none now (see :attr:`finished`)."""
        while not self.interrupted:
            number = self._next
            while self._told <= number - self.plan.search.in_flight:
                if not self._tell():
                    return None
            flight = self._replay(number) if self._earlier else self._ask(number)
            if flight is None:
                return None
            self._flights[number] = flight
            self._next += 1
            self._asked += len(flight.batch.digests)
            if not flight.done:
                return flight.open
        return None

    def finish(self, number: int, trials: Sequence[Trial]) -> None:
        """Store the results of a batch, in one transaction. Results that come again are counted, not stored."""
        flight = self._flights.get(number)
        if flight is None or flight.done:
            self.repeated += len(trials)
            return
        trials = flight.numbered(trials)
        kept = self.ledger.store(number, trials)
        flight.results.update({trial.digest: trial for trial in trials})
        self._count([trial for trial, mine in zip(trials, kept, strict=True) if mine])
        self._speak()

    def fail(self, number: int, why: str) -> None:
        """The batch could not be evaluated: every candidate of it FAILs."""
        flight = self._flights.get(number)
        if flight is not None and not flight.done:
            self.finish(number, flight.failures(why))

    @property
    def in_flight(self) -> int:
        """Batches that were handed out and have no results yet."""
        return sum(not flight.done for flight in self._flights.values())

    @property
    def finished(self) -> bool:
        """True when nothing is in flight and nothing more will be asked: ``next_batch`` decides that."""
        return bool(self._stop or self.interrupted) and self.in_flight == 0

    @property
    def counts(self) -> Counts:
        if self.shared and self.share is None:
            return self.ledger.counts()
        claimed = sum(len(f.batch.digests) - len(f.results) for f in self._flights.values())
        complete, pruned, failed = self._tally.values()
        return Counts(complete, pruned, failed, claimed)

    @property
    def shared(self) -> bool:
        """Whether the study has, or had, another driver."""
        return self.share is not None or self.ledger.shared

    @property
    def stored(self) -> Counts:
        """What this run itself has stored."""
        return Counts(*(self._tally[s] - self._before[s] for s in (*TrialState,)))

    @property
    def duplicates(self) -> dict[str, int]:
        """By source, of all runs of this study (of this driver, when it is one of several) together."""
        return {k: v + int(self._duplicates_before.get(k, 0)) for k, v in self.searcher.duplicates.items()}

    @property
    def progress(self) -> Progress:
        counts, stored, elapsed = self.counts, self.stored, self.clock() - self._began
        rate, share = self._pace.rate, counts.complete / counts.attempts if counts.attempts else 0.0
        missing = max(self.plan.search.n_trials - counts.complete, 0)
        eta = missing / (rate * share) if rate is not None and share > 0 else None
        best, target, beside = self._best, self.plan.search.n_trials, self.ledger.others if self.shared else 0
        return Progress(counts, self.duplicates, best, target, rate, elapsed, eta, stored=stored, others=beside)

    def close(self) -> Outcome:
        """Notes and the last progress; then how it ended.

        Raises :class:`Interrupted` when it was stopped from outside and :class:`TooManyFailures`; what was
        finished is stored in both cases.
        """
        self._speak(last=True)
        self.ledger.expect(0)
        counts, search = self.ledger.counts() if self.shared else self.counts, self.plan.search
        if self.interrupted:
            raise Interrupted(
                f"stopped with {counts.complete:,} of {amount(search.n_trials, 'trial')} complete, all of them stored"
                f"{GOES_ON}"
            )
        if self._stop == "failures":
            raise TooManyFailures(
                f"{amount(self._faults, 'candidate')} failed, more than search.max_failures={search.max_failures}; "
                f"the first one: {self._why}. All results are stored; repair the strategy, or raise max_failures"
            )
        seconds = self._seconds_before + self.clock() - self._began
        return Outcome(self._stop, self._sentence(counts), counts, self.duplicates, self._best, seconds)

    def _ask(self, number: int) -> Flight | None:
        room = 0
        while not self._stop:
            room = self._room()
            if room > 0:
                break
            if self._told == number:
                if (orphans := self._orphans(number)) is not None:
                    return orphans
                self._stop = "max_attempts" if self._attempted() else "n_trials"
            elif not self._tell():
                return None
        limit = self.plan.search.timeout_s
        if not self._stop and limit is not None and self.clock() - self._began >= limit:
            self._stop = "timeout"
        if self._stop:
            return None
        batch = self.searcher.ask(number, min(self.plan.search.batch, room))
        if not batch.digests:
            self._stop = "exhausted"
            self.ledger.expect(0)
            return None
        return Flight(self._claimed(batch), self._asked)

    def _orphans(self, number: int) -> Flight | None:
        """What another driver had claimed before it died: evaluated before this one leaves."""
        if not self.shared:
            return None
        pending = self.ledger.adopt(number, self.plan.search.batch)
        if not pending.digests:
            return None
        batch = Batch(number, Candidates.of(pending.params), pending.digests)
        self.searcher.replay(number, batch)
        return Flight(batch, self._asked)

    def _replay(self, number: int) -> Flight:
        """A batch of an earlier run; its number is missing when all of it was another driver's."""
        pending = self._earlier.pop(number, Pending(number, (), ()))
        batch = Batch(pending.number, Candidates.of(pending.params), pending.digests)
        self.searcher.replay(batch.number, batch)
        flight = Flight(batch, self._asked, dict(pending.stored))
        if not flight.done:
            mine = set(self._claimed(flight.open).digests) | set(pending.stored)
            flight.batch = part(batch, [i for i, d in enumerate(batch.digests) if d in mine])
        return flight

    def _claimed(self, batch: Batch) -> Batch:
        """What this driver owns of the batch now; the rest is another driver's."""
        won = self.ledger.claim(batch)
        if all(won):
            return batch
        self.searcher.refuse(batch.number, [d for d, mine in zip(batch.digests, won, strict=True) if not mine])
        return part(batch, [i for i, mine in enumerate(won) if mine])

    def _room(self) -> int:
        """How many candidates may be asked now without passing n_trials or max_attempts, whatever becomes of them."""
        search = self.plan.search
        if self.shared:
            return self.ledger.reserve(search.batch, search.n_trials, search.attempts)
        waiting = sum(len(flight.batch.digests) for flight in self._flights.values())
        missing = search.n_trials - self._told_complete - waiting
        return min(missing, search.attempts - self._asked)

    def _attempted(self) -> bool:
        """Nothing may be asked any more: because of max_attempts?"""
        search, counts = self.plan.search, self.ledger.counts() if self.shared else None
        if counts is None:
            return self._told_complete < search.n_trials
        return counts.attempts >= search.attempts and counts.complete < search.n_trials

    def _tell(self) -> bool:
        """Tell the next batch; False when it has no results yet."""
        flight = self._flights[self._told]
        if not flight.done:
            return False
        trials = flight.trials
        self.searcher.tell(self._told, trials)
        del self._flights[self._told]
        self._told += 1
        self._told_complete += sum(t.state is TrialState.COMPLETE for t in trials)
        faults = [t.why for t in trials if t.state is TrialState.FAIL and is_fault(t.why)]
        self._told_failed += len(faults)
        self._why = self._why or (faults[0] or "" if faults else "")
        target = self.plan.search.target
        if self._told_failed > self.plan.search.max_failures:
            self._stop = "failures"
        elif target is not None and any(t.feasible and t.value is not None and t.value >= target for t in trials):
            self._stop = self._stop or "target"
        return True

    def _nothing_to_do(self) -> bool:
        """Resuming what is complete does not need to teach the searcher again."""
        stored = all(len(p.stored) == len(p.digests) for p in self._earlier.values())
        return stored and self._tally[TrialState.COMPLETE] >= self.plan.search.n_trials

    def _count(self, trials: Sequence[Trial]) -> None:
        for trial in trials:
            self._tally[trial.state] += 1
            self._faults += trial.state is TrialState.FAIL and is_fault(trial.why)
            self._best = better(self._best, trial)

    def _speak(self, last: bool = False) -> None:
        now = self.clock()
        self._pace.see(now, self.stored.attempts)
        if last or now - self._noted >= _NOTES_S:
            self._noted = now
            self._note(round(self._seconds_before + now - self._began, 3))
        if self._on_progress is not None and (last or now - self._said >= _PROGRESS_S):
            self._said = now
            self._on_progress(self.progress)

    def _note(self, seconds: float) -> None:
        retried = self._retried_before + self.retried
        if self._key is not None:
            seed = seed_of(self.plan.seed, 0 if self.share is None else self.share.driver)
            stored = self._mine_before + self.stored.attempts
            self.ledger.note(self._key, note_of(seed, seconds, stored, self.duplicates, retried))
            return
        for key, value in (("duplicates", self.duplicates), ("seconds", seconds), ("retried", retried)):
            self.ledger.note(key, value)

    def _sentence(self, counts: Counts) -> str:
        search, tried = self.plan.search, amount(self.plan.search.attempts, "candidate was", "candidates were")
        return {
            "n_trials": f"{amount(counts.complete, 'trial is', 'trials are')} complete",
            "max_attempts": f"search.max_attempts={tried} tried; {counts.complete:,} of them are complete",
            "exhausted": f"exhausted: every point of the space was tried; {counts.complete:,} are complete",
            "timeout": f"search.timeout_s={search.timeout_s} passed with {amount(counts.complete, 'trial')} complete",
            "target": f"search.target={search.target} was reached",
        }[self._stop]
