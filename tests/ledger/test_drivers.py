"""Several drivers on one study, each a process: who is alive is the database's to say, and nothing gets lost."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from quantray.ledger import open_reader
from quantray.ledger.addresses import address
from quantray.ledger.schema import drivers, evaluations
from quantray.ledger.sql_ledger import SqlLedger
from quantray.settings import Storage
from quantray.testing.ledger import make_batch, make_trials
from tests.builders.drivers import Driver
from tests.builders.fakes import SPACE, opened, opened_in
from tests.builders.servers import Server

pytestmark = pytest.mark.slow


@pytest.fixture(params=["sqlite", "postgres"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "sqlite":
        return Storage("sqlite", str(tmp_path / "ledger.db"), lease_s=2.0)
    server: Server = request.getfixturevalue("server")
    return Storage("postgres", server.database(f"leases_{abs(hash(tmp_path)) % 10**9}"), lease_s=2.0)


def _joined(storage: Storage, folder: Path) -> SqlLedger:
    return opened_in(storage, folder, say=lambda _: None)


def _column(storage: Storage, folder: Path, column: str) -> list[float]:
    with open_reader(address(storage, folder)) as study, study.database.read() as connection:
        return [row[0] for row in connection.execute(sa.select(evaluations.c[column]).order_by(evaluations.c.number))]


def test_the_claims_of_a_killed_driver_are_adopted_at_once(storage: Storage, tmp_path: Path) -> None:
    ledger = _joined(storage, tmp_path)
    with Driver(storage, tmp_path) as other:
        assert other.do("claim", 0, [4, 2, 7]) == [True] * 3
        assert other.do("store", 0, [2]) == [True]
        assert ledger.adopt(3).digests == ()
        other.kill()
        first, rest = ledger.adopt(3, limit=1), ledger.adopt(4)
    assert first.digests + rest.digests == tuple(make_batch(0, [4, 7], SPACE).digests)
    assert [p["hold"] for p in first.params] == [SPACE.point(4)["hold"]]
    assert ledger.store(3, make_trials(make_batch(3, [4], SPACE))) == (True,)
    assert ledger.store(4, make_trials(make_batch(4, [7], SPACE))) == (True,)
    assert [(t.number, t.batch) for t in ledger.trials()] == [(0, 3), (1, 0), (2, 4)]
    assert ledger.counts().claimed == 0
    ledger.close()
    assert _column(storage, tmp_path, "attempts") == [2, 1, 2]


def test_a_batch_longer_than_the_lease_stays_its_drivers(storage: Storage, tmp_path: Path) -> None:
    ledger = _joined(storage, tmp_path)
    with Driver(storage, tmp_path) as other:
        other.do("claim", 0, [1, 2])
        other.say("compute", 0, [3.5])  # the batch computes for longer than the lease of 2 s
        for _ in range(7):
            time.sleep(0.5)
            assert ledger.adopt(9).digests == ()
        assert [other.hear(), other.hear()] == ["begun", "done"]
        assert other.do("store", 0, [1, 2]) == [True, True]
    assert ledger.counts().claimed == 0
    ledger.close()
    assert _column(storage, tmp_path, "attempts") == [1, 1]


def test_a_driver_that_stood_still_is_taken_over_and_goes_on_without_harm(storage: Storage, tmp_path: Path) -> None:
    ledger = _joined(storage, tmp_path)
    with Driver(storage, tmp_path) as other:
        other.do("claim", 0, [1, 2, 3])
        other.signal(signal.SIGSTOP)
        assert ledger.adopt(9).digests == ()
        deadline = time.monotonic() + 20
        while not (orphans := ledger.adopt(9, limit=2)).digests:
            assert time.monotonic() < deadline, "a lease of 2 s did not end"
            time.sleep(0.2)
        ledger.store(9, make_trials(make_batch(9, [1], SPACE)))
        other.signal(signal.SIGCONT)
        assert len(orphans.digests) == 2
        assert other.do("store", 0, [1, 2, 3]) == [False, False, True]  # stored, taken over, still its own
        assert other.do("claim", 1, [2, 8]) == [False, True]
        assert other.do("store", 1, [8]) == [True]
        assert other.leave() == 0
    ledger.store(9, make_trials(make_batch(9, [2], SPACE)))
    assert [t.number for t in ledger.trials()] == [0, 1, 2, 3]
    ledger.close()
    assert _column(storage, tmp_path, "attempts") == [2, 2, 1, 1]
    with open_reader(address(storage, tmp_path)) as study:
        assert (study.late(), study.repeated(), study.counts().claimed) == (2, 2, 0)


@pytest.mark.parametrize("wrong", [-7200.0, 7200.0])
def test_only_the_clock_of_the_database_counts(storage: Storage, tmp_path: Path, wrong: float) -> None:
    ledger = _joined(storage, tmp_path)
    right = make_batch(0, [1], SPACE)
    ledger.claim(right)
    with Driver(storage, tmp_path, wrong=wrong) as other:
        assert other.do("claim", 0, [1, 2]) == [False, True]
        assert other.do("adopt", 5, []) == []  # nothing looks expired to it
        assert ledger.adopt(5).digests == ()  # nor does it to others
        with ledger.database.read() as connection:
            now = ledger.database.now(connection)
            leases = connection.execute(sa.select(drivers.c.lease).order_by(drivers.c.id)).scalars().all()
        assert all(0 < lease - now <= 2.1 for lease in leases)
        time.sleep(2.5)  # longer than the lease, which it keeps renewing
        assert ledger.adopt(5).digests == ()
        assert other.do("store", 0, [2]) == [True]
        assert other.leave() == 0
    ledger.store(0, make_trials(right))
    ledger.close()
    stamps = [*_column(storage, tmp_path, "claimed_at"), *_column(storage, tmp_path, "stored_at")]
    assert max(stamps) - min(stamps) < 600
    assert abs(max(stamps) - time.time()) < 600


def test_a_lease_is_the_drivers_own(tmp_path: Path) -> None:
    """A driver with a long lease and one with a short one: each is given the time it asked for."""
    long, short = opened(tmp_path), _joined(Storage(lease_s=2.0), tmp_path)
    with long.database.read() as connection:
        now = long.database.now(connection)
        left = [lease - now for lease in connection.execute(sa.select(drivers.c.lease)).scalars()]
    assert left == pytest.approx([60, 2], abs=1.5)
    short.close()
    long.close()


def test_the_embedded_server_serves_many_and_ends_with_the_last(tmp_path: Path, server: Server) -> None:
    """The session's own server shows that this one is another."""
    storage = Storage("postgres_embedded", str(tmp_path / "pg"), lease_s=2.0)
    pid = tmp_path / "pg" / "data" / "postmaster.pid"
    with Driver(storage, tmp_path) as one, Driver(storage, tmp_path) as two:
        began = pid.read_text().split()[0]
        assert one.do("claim", 0, [1, 2]) == [True, True]
        assert two.do("claim", 0, [2, 3]) == [False, True]
        assert one.leave() == 0
        assert two.do("store", 0, [3]) == [True]
        assert pid.read_text().split()[0] == began
        two.kill()  # it cannot say goodbye: the server stays
        assert pid.exists()
    ledger = opened_in(storage, tmp_path, say=lambda _: None)
    assert pid.read_text().split()[0] == began
    assert ledger.database.name == str(tmp_path / "pg")
    assert [p.digests for p in ledger.batches()] == [make_batch(0, [1, 2, 3], SPACE).digests]
    second = opened_in(storage, tmp_path, say=lambda _: None)
    ledger.close()
    assert second.counts().attempts == 1
    second.close()
    assert not pid.exists()  # the last one stopped it, the killed one notwithstanding
    with open_reader(address(storage, tmp_path), "fake") as study:
        assert study.counts().attempts == 1
    assert not pid.exists()
    assert server.ask("SELECT 1") == [(1,)]


def test_drivers_that_start_together_start_one_server(tmp_path: Path) -> None:
    storage = Storage("postgres_embedded", str(tmp_path / "pg"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Driver, "hear", lambda self: 0)  # start all of them before the first has an answer
        three = [Driver(storage, tmp_path) for _ in range(3)]
    try:
        ids = [json.loads(driver.process.stdout.readline()) for driver in three if driver.process.stdout]
        assert sorted(ids) == [1, 2, 3]
        won = [driver.do("claim", 0, [1, 2, 3]) for driver in three]
        assert [sum(row) for row in zip(*won, strict=True)] == [1, 1, 1]
        assert [driver.leave() for driver in three] == [0, 0, 0]
    finally:
        for driver in three:
            driver.__exit__(None, None, None)
    assert not (tmp_path / "pg" / "data" / "postmaster.pid").exists()
