"""The database goes away, or has no room, in the middle of a run: nothing is lost and nothing stored twice."""

from __future__ import annotations

import logging
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from quantray.errors import LedgerError
from quantray.ledger import database as database_module
from quantray.ledger import open_reader
from quantray.ledger.schema import evaluations
from quantray.runner.local import run_local
from quantray.settings import Storage
from quantray.testing.ledger import make_batch, make_trials
from tests.builders.drivers import ROOT
from tests.builders.fakes import SPACE, opened_in
from tests.builders.proxy import Door
from tests.builders.runs import EMPTY, Calls, made_plan, rows, run, swept
from tests.builders.servers import Server

pytestmark = pytest.mark.slow


@pytest.fixture
def door(server: Server) -> Iterator[Door]:
    with tempfile.TemporaryDirectory(prefix="quantray-door-") as folder:
        made = Door(str(server.folder / "data" / ".s.PGSQL.5432"), Path(folder))
        yield made
        made.close()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_cut_at_the_commit_is_no_matter(server: Server, door: Door, when: str) -> None:
    """Cut before it, the transaction never was; cut after it, it was, though the driver did not hear so."""
    server.database(f"cut_{when}")
    ledger = opened_in(Storage("postgres", door.url(f"cut_{when}")), Path("unused"))
    batch = make_batch(0, [3, 1, 2], SPACE)
    door.slam(when)
    assert ledger.claim(batch) == (True, True, True)
    door.slam(when)
    assert ledger.store(0, make_trials(batch)) == (True, True, True)
    door.slam(when)
    ledger.note("duplicates", {"memory": 1})
    assert door.slammed == ledger.database.reconnects == 3
    assert [t.digest for t in ledger.trials()] == list(batch.digests)
    assert ledger.notes() == {"duplicates": {"memory": 1}}
    with ledger.database.read() as connection:
        assert connection.execute(sa.select(evaluations.c.attempts)).scalars().all() == [1, 1, 1]
    with pytest.raises(LedgerError, match="stored already"):
        ledger.store(0, make_trials(batch))
    ledger.close()


def test_what_was_adopted_is_heard_of_though_the_answer_was_lost(server: Server, door: Door) -> None:
    server.database("cut_adopted")
    first = opened_in(Storage("postgres", door.url("cut_adopted")), Path("unused"))
    batch = make_batch(0, [3, 1, 2], SPACE)
    first.claim(batch)
    first.close()
    second = opened_in(Storage("postgres", door.url("cut_adopted")), Path("unused"))
    door.slam("after")
    assert second.adopt(7).digests == batch.digests
    assert second.store(7, make_trials(batch)) == (True, True, True)
    second.close()


@pytest.mark.parametrize("kind", ["random", "qmc", "tpe"])
def test_connections_cut_and_the_server_restarted_in_the_middle_of_a_run(
    server: Server, tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    plan = made_plan(Storage(), tmp_path / "straight", kind)
    expected = run(plan)
    storage = Storage("postgres", server.database(f"faulty_{kind}"))
    plan = made_plan(storage, tmp_path / "faulty", kind)
    restarts: list[threading.Thread] = []

    def disturb(call: int) -> None:
        if call in (2, 5):
            assert server.cut() > 0
        if call == 4:
            restarts.append(server.restart_after(1.5))

    calls = Calls(disturb)
    with caplog.at_level(logging.WARNING):
        assert run(plan, calls) == expected
    restarts[0].join()
    assert "trying again" in caplog.text
    assert len(calls.digests) == len(set(calls.digests)) == len(expected)  # nothing was evaluated twice
    with open_reader(server.url.replace("/postgres?", f"/faulty_{kind}?")) as study:
        assert (study.repeated(), study.late(), study.counts().claimed) == (0, 0, 0)


def test_a_server_that_stays_away_ends_the_run_and_resume_goes_on(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run(made_plan(Storage(), tmp_path / "straight", "random"))
    plan = made_plan(Storage("postgres", server.database("away")), tmp_path / "away", "random")
    monkeypatch.setattr(database_module, "PATIENCE_S", 1.0)
    calls = Calls(lambda call: server.stop() if call == 4 else None)
    began = time.monotonic()
    try:
        with pytest.raises(LedgerError, match="is the server running"):
            run(plan, calls)
    finally:
        server.start()
    assert time.monotonic() - began < 30
    again = Calls()
    assert run(plan, again) == expected
    twice = set(calls.digests) & set(again.digests)
    assert 0 < len(twice) <= plan.search.batch * plan.search.in_flight
    with open_reader(server.url.replace("/postgres?", "/away?")) as study:
        assert study.repeated() == len(twice)


def test_a_full_database_says_so_and_resume_goes_on(tmp_path: Path) -> None:
    """SQLite refuses to grow beyond a number of pages, as it does on a full disk."""
    plan = made_plan(Storage(), tmp_path / "straight", "random", n_trials=150)
    expected = run(plan)
    plan = made_plan(Storage(), tmp_path / "full", "random", n_trials=150)
    sweep = swept(plan)
    database = sweep.ledger.database  # type: ignore[attr-defined]
    with database.read() as connection:
        room = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + 8
    sa.event.listen(database.engine, "connect", lambda raw, _: raw.execute(f"PRAGMA max_page_count = {room}"))
    database.engine.dispose()
    with pytest.raises(LedgerError, match="full; nothing of this step was stored: free some space"):
        run_local(plan, EMPTY, sweep, Calls())
    sweep.ledger.close()
    with open_reader(f"sqlite:///{plan.run_dir}/ledger.db") as study:
        assert 0 < study.counts().attempts < 150
        with study.database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    assert run(plan) == expected


LIMITED = """\
import resource, sys
from pathlib import Path
from quantray.errors import LedgerError
from quantray.settings import Storage
from tests.builders.runs import made_plan, run
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)  # Python ignores SIGXFSZ: writes fail instead
try:
    run(made_plan(Storage(), Path(sys.argv[1]), "random", n_trials=150))
except LedgerError as error:
    print(error)
    sys.exit(7)
"""


@pytest.mark.parametrize("limit", [60_000, 100_000, 150_000, 200_000])
def test_a_limit_on_the_size_of_files_says_so_and_resume_goes_on(tmp_path: Path, limit: int) -> None:
    expected = run(made_plan(Storage(), tmp_path / "straight", "random", n_trials=150))
    plan = made_plan(Storage(), tmp_path / "limited", "random", n_trials=150)
    command = [sys.executable, "-B", "-c", LIMITED, str(plan.run_dir), str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 7, done.stderr
    assert "raise the limit on the size of files (ulimit -f)" in done.stdout
    if limit > 60_000:
        with open_reader(f"sqlite:///{plan.run_dir}/ledger.db") as study, study.database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
    assert run(plan) == expected


def test_what_a_server_without_space_says_is_understood(server: Server, tmp_path: Path) -> None:
    """The server raises the error of a full disk, which cannot be had here without one."""
    url = server.database("crowded")
    ledger = opened_in(Storage("postgres", url), tmp_path)
    with pytest.raises(LedgerError, match="free some space on the server"), ledger.database.write() as connection:
        connection.exec_driver_sql(
            "DO $$ BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE='53100'; END $$"
        )
    batch = make_batch(0, [1], SPACE)
    assert ledger.claim(batch) == (True,)
    ledger.close()


def test_rows_tell_studies_apart(tmp_path: Path) -> None:
    """The comparison of the tests above would notice another seed."""
    one, two = (made_plan(Storage(), tmp_path / str(seed), "random", seed=seed) for seed in (1, 2))
    assert run(one) != run(two)
    assert rows(one) == run(one)
