"""The same contract on a real Postgres server, with two drivers and the mirror."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from quantray.errors import LedgerError
from quantray.ledger import open_ledger, open_reader, start_mirror
from quantray.ledger.sql_ledger import SqlLedger
from quantray.settings import Mirror, Storage
from quantray.sweeps.report.studies.stored import delete_study, list_studies, show_study
from quantray.testing import LedgerContract
from quantray.testing.ledger import make_batch, make_trials
from tests.builders.fakes import SPACE, described
from tests.builders.servers import Server

pytestmark = pytest.mark.slow

SETTINGS = {
    "idle_in_transaction_session_timeout": "30s",
    "lock_timeout": "2min",
    "application_name": "quantray",
}


def _open(url: str, name: str, say: list[str] | None = None) -> SqlLedger:
    heard = [] if say is None else say
    return open_ledger(Storage("postgres", url), Path("unused"), name, {}, described=described(), say=heard.append)


class TestPostgres(LedgerContract):
    @pytest.fixture(autouse=True)
    def _server(self, server: Server) -> None:
        self.url = server.url

    def make_ledger(self, study: str = "contract") -> SqlLedger:
        return _open(self.url, f"{study}-{uuid.uuid4().hex[:8]}")


def test_two_drivers_share_and_resume(server: Server) -> None:
    said: list[str] = []
    one, two = _open(server.url, "shared"), _open(server.url, "shared", said)
    assert "also driven" in said[0]
    first, second = make_batch(0, [1, 2, 3], SPACE), make_batch(0, [3, 4], SPACE)
    assert one.claim(first) == (True, True, True)
    assert two.claim(second) == (False, True)
    one.store(0, make_trials(first))
    two.close()
    assert [p.digests for p in one.batches()] == [(*first.digests, second.digests[1])]
    one.store(0, make_trials(second)[1:])
    assert [t.number for t in one.trials()] == [0, 1, 2, 3]
    one.close()


def test_mirror_and_tools(server: Server) -> None:
    import optuna

    ledger = _open(server.url, "mirrored")
    batch = make_batch(0, range(20), SPACE)
    ledger.claim(batch)
    ledger.store(0, make_trials(batch))
    mirror = start_mirror(ledger, Mirror(), expected=20)
    assert mirror is not None
    report = mirror.finish()
    assert (report.mirrored, report.error) == (20, None)
    assert ledger.url is not None
    assert len(optuna.load_study(study_name="mirrored", storage=ledger.url).trials) == 20
    with open_reader(server.url, "mirrored") as study:
        assert show_study(server.url, "mirrored").best == study.ranked(1)[0]
    ledger.close()
    assert "and its Optuna study" in delete_study(server.url, "mirrored", yes=True)
    assert "mirrored" not in [row.name for row in list_studies(server.url)]


def test_a_session_gives_up_what_would_block_the_others(server: Server) -> None:
    ledger = _open(server.url, "session")
    with ledger.database.read() as connection:
        shown = [connection.exec_driver_sql(f"SHOW {name}").scalar_one() for name in SETTINGS]
        connect = connection.connection.dbapi_connection.info.dsn_parameters  # type: ignore[union-attr]
    assert dict(zip(SETTINGS, shown, strict=True)) == SETTINGS
    assert connect["connect_timeout"] == "5"
    row = "SELECT 1 FROM quantray_studies WHERE name = 'session' FOR UPDATE"
    with ledger.database.write() as holder:
        holder.exec_driver_sql(row)
        with pytest.raises(LedgerError, match="end that program"), ledger.database.write() as connection:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '100ms'; {row}")
    assert ledger.claim(make_batch(0, [1], SPACE)) == (True,)
    ledger.close()
