"""Create, resume, refuse, start over."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from quantray.errors import LedgerError
from quantray.ledger import open_reader
from quantray.ledger.schema import drivers, evaluations
from quantray.protocols import Counts
from quantray.space import parse_space
from quantray.testing.ledger import make_batch, make_trials
from quantray.trial import TrialState
from tests.builders.fakes import SPACE, SPEC, described, filled, opened


def test_the_ledger_lies_in_the_run_directory(tmp_path: Path) -> None:
    opened(tmp_path / "outputs" / "fake").close()
    assert (tmp_path / "outputs" / "fake" / "ledger.db").is_file()


def test_a_closed_driver_leaves_its_claims_to_the_next(tmp_path: Path) -> None:
    first = opened(tmp_path)
    batch = make_batch(0, [3, 1, 2], SPACE)
    first.claim(batch)
    first.store(0, make_trials(batch)[:1])
    first.close()
    with pytest.raises(LedgerError, match="closed"):
        first.store(0, make_trials(batch)[1:])
    second = opened(tmp_path)
    (pending,) = second.batches()
    assert pending.digests == batch.digests
    assert set(pending.stored) == {batch.digests[0]}
    second.store(0, make_trials(batch)[1:])
    assert [t.digest for t in second.trials()] == list(batch.digests)
    with second.database.read() as connection:
        tries = connection.execute(sa.select(evaluations.c.attempts).order_by(evaluations.c.number)).scalars().all()
    assert tries == [1, 2, 2]
    second.close()


def test_another_live_driver_keeps_its_claims(tmp_path: Path) -> None:
    said: list[str] = []
    first, second = opened(tmp_path), opened(tmp_path, say=said.append)
    assert "also driven by process" in said[0]
    mine, other = make_batch(0, [1, 2], SPACE), make_batch(0, [2, 3], SPACE)
    assert first.claim(mine) == (True, True)
    assert second.claim(other) == (False, True)
    assert [p.digests for p in second.batches()] == [(other.digests[1],)]
    with pytest.raises(LedgerError, match="another driver"):
        second.store(0, make_trials(other)[:1])
    first.store(0, make_trials(mine))
    second.store(0, make_trials(other)[1:])
    assert [p.digests for p in second.batches()] == [(*mine.digests, other.digests[1])]
    first.close()
    second.close()


def test_an_expired_lease_is_taken_over_and_what_comes_late_is_dropped(tmp_path: Path) -> None:
    first, second = opened(tmp_path), opened(tmp_path, say=lambda _: None)
    batch = make_batch(0, [1, 2, 3], SPACE)
    first.claim(batch)
    first.store(0, make_trials(batch)[2:])
    with first.database.write() as connection:
        connection.execute(sa.update(drivers).where(drivers.c.id == first.driver).values(lease=1.0))
    again = make_batch(5, [2, 9], SPACE)
    assert second.claim(again) == (True, True)
    second.store(5, make_trials(again)[:1])
    late = [replace(trial, why="late", value=None, state=TrialState.FAIL) for trial in make_trials(batch)[:2]]
    assert first.store(0, late) == (True, False)  # nobody wanted the first one: it is still its own
    assert [t.number for t in first.trials()] == [0, 1, 2]
    assert [t.why == "late" for t in first.trials()] == [True, False, False]
    assert (first.late, second.late) == (1, 0)
    second.store(5, make_trials(again)[1:])
    with open_reader(f"sqlite:///{tmp_path}/ledger.db") as study:
        assert (study.late(), study.repeated()) == (1, 1)
    assert first.counts().claimed == 0
    first.close()
    second.close()


def test_a_changed_plan_is_refused_with_the_difference(tmp_path: Path) -> None:
    filled(tmp_path, 20).close()
    spec = {**SPEC, "take_profit_percent": [25, 50]}
    digests = {"space": parse_space(spec).digest, "costs": "1" * 32}
    with pytest.raises(LedgerError) as caught:
        opened(tmp_path, digests=digests, described=described(space=spec, fees={"broker_per_contract": 1.0}))
    text = str(caught.value)
    assert f"space: {SPACE.digest[:8]} -> {digests['space'][:8]}" in text
    assert "space.take_profit_percent: [25, 50, 75, 100] -> [25, 50]" in text
    assert "costs: absent -> 11111111" in text
    assert "seed" not in text
    assert "fresh=true" in text
    assert "study.name" in text
    with open_reader(f"sqlite:///{tmp_path}/ledger.db") as study:
        assert study.counts().attempts == 20


def test_described_sections_alone_do_not_decide(tmp_path: Path) -> None:
    opened(tmp_path).close()
    opened(tmp_path, described=described(seed=1)).close()


def test_fresh_says_what_it_deletes_and_starts_over(tmp_path: Path) -> None:
    old = filled(tmp_path, 40)
    old.note("n", 1)
    old.close()
    filled(tmp_path, 20, "neighbour").close()
    said: list[str] = []
    new = opened(tmp_path, digests={"space": "other"}, fresh=True, say=said.append)
    assert len(said) == 1
    assert "deleting study 'fake'" in said[0]
    assert "40 evaluations" in said[0]
    assert "1 note" in said[0]
    assert new.counts() == Counts()
    assert new.notes() == {}
    new.close()
    with open_reader(f"sqlite:///{tmp_path}/ledger.db", "neighbour") as study:
        assert study.counts().attempts == 20


def test_fresh_on_nothing_says_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    opened(tmp_path, fresh=True, say=said.append).close()
    assert said == []


def test_fresh_is_refused_while_a_driver_works(tmp_path: Path) -> None:
    running = filled(tmp_path, 20)
    with pytest.raises(LedgerError, match="being driven by process"):
        opened(tmp_path, fresh=True, say=lambda _: None)
    assert running.counts().attempts == 20
    running.close()


def test_a_study_deleted_under_its_driver_says_so(tmp_path: Path) -> None:
    running = opened(tmp_path)
    with running.database.write() as connection:
        connection.execute(sa.text("DELETE FROM quantray_studies"))
    with pytest.raises(LedgerError, match="deleted"):
        running.note("n", 1)
    running.close()
