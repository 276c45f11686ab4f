"""What every :class:`quantray.protocols.Ledger` keeps, as tests a plug-in author can run.

>>> class TestMine(LedgerContract):
...     def make_ledger(self, study="contract"):
...         return MyLedger(study)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from quantray.errors import LedgerError
from quantray.protocols import Batch, Counts, Ledger
from quantray.space import Space, candidate_digest, parse_space
from quantray.trial import Trial, TrialState

SPACE: Space = parse_space({"window": ["am", "pm"], "stretch": [0.001, 0.1 + 0.2, 1 / 3], "hold": list(range(50))})


def make_batch(number: int, points: Sequence[int], space: Space = SPACE) -> Batch:
    """A batch of the numbered points of a finite space."""
    candidates = space.candidates(np.asarray(points, np.int64))
    digests = tuple(candidate_digest(candidates.params(i)) for i in range(len(candidates)))
    return Batch(number, candidates, digests)


def make_trials(batch: Batch) -> list[Trial]:
    """Outcomes that depend on the candidate alone: most COMPLETE, some infeasible, some PRUNED, some FAIL."""
    trials = []
    for i, digest in enumerate(batch.digests):
        params, kind = batch.candidates.params(i), int(digest[:4], 16)
        if kind % 10 == 0:
            trials.append(Trial(digest, params, TrialState.FAIL, why="ZeroDivisionError: division by zero"))
        elif kind % 10 == 1:
            trials.append(Trial(digest, params, TrialState.PRUNED, why="too_few_trades", metrics={"n_trades": 3}))
        else:
            metrics = {"n_trades": kind % 97, "win_rate": kind / 65536, "profit_factor": None}
            value, violation = float(np.sin(kind)) * 10, -1.0 if kind % 3 else kind / 7
            nets = (kind / 3, -0.1, 5e-324)
            trials.append(Trial(digest, params, TrialState.COMPLETE, value, (violation,), metrics, nets))
    return trials


def refuses(call: Callable[..., object], *arguments: object) -> str:
    """The message with which ``call`` raises :class:`LedgerError`; an assertion fails if it does not."""
    try:
        call(*arguments)
    except LedgerError as error:
        return str(error)
    raise AssertionError(f"{call} accepted what it must refuse")


class LedgerContract:
    """Override :meth:`make_ledger`; each call must give an empty ledger."""

    def make_ledger(self, study: str = "contract") -> Ledger:
        raise TypeError(f"{type(self).__name__} must override make_ledger")

    def test_a_new_ledger_is_empty(self) -> None:
        ledger = self.make_ledger()
        assert ledger.counts() == Counts()
        assert list(ledger.batches()) == []
        assert list(ledger.trials()) == []
        assert dict(ledger.notes()) == {}
        ledger.close()

    def test_a_candidate_is_claimed_once(self) -> None:
        ledger = self.make_ledger()
        assert ledger.claim(make_batch(0, [5, 3, 9])) == (True, True, True)
        assert ledger.claim(make_batch(1, [3, 4, 9, 7])) == (False, True, False, True)
        assert ledger.counts() == Counts(claimed=5)
        ledger.close()

    def test_claiming_a_batch_again_keeps_what_it_owns(self) -> None:
        ledger = self.make_ledger()
        batch = make_batch(0, [5, 3])
        ledger.claim(batch)
        assert ledger.claim(batch) == (True, True)
        ledger.store(0, make_trials(batch)[:1])
        assert ledger.claim(batch) == (False, True)
        assert ledger.counts().claimed == 1
        ledger.close()

    def test_a_repeated_candidate_in_a_batch_is_claimed_once(self) -> None:
        ledger = self.make_ledger()
        assert ledger.claim(make_batch(0, [5, 5, 6])) == (True, False, True)
        assert ledger.counts().claimed == 2
        ledger.close()

    def test_numbers_follow_batch_and_position(self) -> None:
        ledger = self.make_ledger()
        first, second = make_batch(0, [9, 1, 5]), make_batch(1, [8, 1, 2])
        ledger.claim(first)
        ledger.claim(second)
        ledger.store(1, [t for t in make_trials(second) if t.digest != second.digests[1]])
        ledger.store(0, make_trials(first)[::-1])
        found = [(t.number, t.batch, t.digest) for t in ledger.trials()]
        digests = [*first.digests, second.digests[0], second.digests[2]]
        assert found == [(i, 0 if i < 3 else 1, digest) for i, digest in enumerate(digests)]
        ledger.close()

    def test_a_trial_comes_back_bit_for_bit(self) -> None:
        ledger = self.make_ledger()
        batch = make_batch(0, range(0, 120, 2))
        trials = make_trials(batch)
        ledger.claim(batch)
        ledger.store(0, trials)
        assert {t.state for t in trials} == set(TrialState)
        for number, (was, now) in enumerate(zip(trials, ledger.trials(), strict=True)):
            assert (now.digest, now.state, now.value, now.why) == (was.digest, was.state, was.value, was.why)
            assert list(now.params.items()) == list(was.params.items())
            assert [type(v) for v in now.params.values()] == [type(v) for v in was.params.values()]
            assert list(now.metrics.items()) == list(was.metrics.items())
            assert (now.violations, now.session_net) == (was.violations, was.session_net)
            assert (now.number, now.batch) == (number, 0)
        ledger.close()

    def test_counts_by_state(self) -> None:
        ledger = self.make_ledger()
        batch, waiting = make_batch(0, range(60)), make_batch(1, range(60, 64))
        trials = make_trials(batch)
        ledger.claim(batch)
        ledger.claim(waiting)
        ledger.store(0, trials)
        states = [t.state for t in trials]
        complete, pruned, failed = (states.count(s) for s in TrialState)
        assert ledger.counts() == Counts(complete, pruned, failed, claimed=4)
        assert ledger.counts().attempts == 60
        ledger.close()

    def test_storing_twice_is_refused_and_changes_nothing(self) -> None:
        ledger = self.make_ledger()
        batch = make_batch(0, [1, 2, 3])
        trials = make_trials(batch)
        ledger.claim(batch)
        ledger.store(0, trials[:1])
        before = list(ledger.trials())
        assert trials[0].digest[:8] in refuses(ledger.store, 0, [trials[1], trials[0]])
        refuses(ledger.store, 0, [trials[2], trials[2]])
        assert list(ledger.trials()) == before
        assert ledger.counts().claimed == 2
        ledger.close()

    def test_store_says_what_it_kept(self) -> None:
        ledger = self.make_ledger()
        batch = make_batch(0, [1, 2, 3])
        ledger.claim(batch)
        assert list(ledger.store(0, make_trials(batch))) == [True, True, True]
        ledger.close()

    def test_nothing_is_adopted_from_the_living(self) -> None:
        ledger = self.make_ledger()
        ledger.claim(make_batch(0, [1, 2]))
        orphans = ledger.adopt(1)
        assert (orphans.number, orphans.digests, dict(orphans.stored)) == (1, (), {})
        assert ledger.counts() == Counts(claimed=2)
        ledger.close()

    def test_a_reason_may_hold_anything(self) -> None:
        ledger = self.make_ledger()
        batch = make_batch(0, [1])
        ledger.claim(batch)
        trial = Trial(batch.digests[0], batch.candidates.params(0), TrialState.FAIL, why="a\0b\udc80 'c' \\ é %s")
        ledger.store(0, [trial])
        (found,) = ledger.trials()
        assert found.why == "a\\0b\\udc80 'c' \\ é %s"
        ledger.close()

    def test_storing_what_was_not_claimed_is_refused(self) -> None:
        ledger = self.make_ledger()
        claimed, other = make_batch(0, [1]), make_batch(0, [2])
        ledger.claim(claimed)
        refuses(ledger.store, 0, make_trials(other))
        refuses(ledger.store, 1, make_trials(claimed))
        assert ledger.counts() == Counts(claimed=1)
        ledger.close()

    def test_nan_and_infinity_are_refused(self) -> None:
        ledger = self.make_ledger()
        batch = make_batch(0, [1])
        ledger.claim(batch)
        for bad in (float("nan"), float("inf"), -float("inf")):
            made = make_trials(make_batch(0, [1]))[0]
            assert "sharpe" in refuses(ledger.store, 0, [replace(made, metrics={"sharpe": bad})])
            refuses(ledger.store, 0, [replace(made, session_net=(0.0, bad))])
            refuses(ledger.note, "n", {"x": bad})
        assert ledger.counts() == Counts(claimed=1)
        assert dict(ledger.notes()) == {}
        ledger.close()

    def test_batches_come_back_with_what_is_stored(self) -> None:
        ledger = self.make_ledger()
        full, part, none = make_batch(0, [4, 2]), make_batch(1, [7, 5, 6]), make_batch(2, [1])
        for batch in (full, part, none):
            ledger.claim(batch)
        ledger.store(0, make_trials(full))
        ledger.store(1, make_trials(part)[1:2])
        pending = list(ledger.batches())
        assert [p.number for p in pending] == [0, 1, 2]
        assert [p.digests for p in pending] == [full.digests, part.digests, none.digests]
        assert [len(p.stored) for p in pending] == [2, 1, 0]
        assert pending[1].params == tuple(part.candidates.params(i) for i in range(3))
        assert pending[1].stored[part.digests[1]].value == make_trials(part)[1].value
        ledger.close()

    def test_notes_are_kept_and_replaced(self) -> None:
        ledger = self.make_ledger()
        ledger.note("surface/part/0001", {"rows": 3, "file": "part-0001.parquet", "x": [0.1 + 0.2, None, True]})
        ledger.note("duplicates", {"memory": 1})
        ledger.note("duplicates", {"memory": 2})
        assert ledger.notes()["duplicates"] == {"memory": 2}
        assert ledger.notes()["surface/part/0001"]["x"] == [0.1 + 0.2, None, True]
        ledger.close()

    def test_empty_calls_are_harmless(self) -> None:
        ledger = self.make_ledger()
        assert ledger.claim(make_batch(0, [])) == ()
        ledger.store(0, [])
        assert ledger.counts() == Counts()
        ledger.close()
        ledger.close()
