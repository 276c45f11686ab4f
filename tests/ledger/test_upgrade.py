"""A ledger of the first release, made by its own SQL, is upgraded in one transaction; a newer one is refused."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from quantray.errors import LedgerError
from quantray.ledger import open_ledger, open_reader, schema, upgrade
from quantray.ledger.sql_ledger import SqlLedger
from quantray.protocols import Counts
from quantray.settings import Storage
from quantray.testing.ledger import make_batch, make_trials
from tests.builders.fakes import SPACE, described
from tests.builders.servers import Server

#: Scheme 1 as release 0.1.0 made it; {id}, {big} and {double} are what the two databases call their types.
FIRST = """
CREATE TABLE quantray_meta (key VARCHAR(64) NOT NULL, value TEXT NOT NULL, PRIMARY KEY (key));
CREATE TABLE quantray_studies (id {id} NOT NULL, name VARCHAR(512) NOT NULL, digests TEXT NOT NULL,
  described TEXT NOT NULL, created_at {double} NOT NULL, PRIMARY KEY (id), UNIQUE (name));
CREATE TABLE quantray_drivers (id {id} NOT NULL, study {big} NOT NULL, host VARCHAR(256) NOT NULL,
  pid INTEGER NOT NULL, born VARCHAR(64) NOT NULL, lease {double} NOT NULL, PRIMARY KEY (id));
CREATE INDEX ix_quantray_drivers_study ON quantray_drivers (study);
CREATE TABLE quantray_evaluations (id {id} NOT NULL, study {big} NOT NULL, digest VARCHAR(64) NOT NULL,
  number INTEGER NOT NULL, batch INTEGER NOT NULL, state VARCHAR(8) NOT NULL, feasible BOOLEAN, value {double},
  driver {big} NOT NULL, attempts INTEGER NOT NULL, claimed_at {double} NOT NULL, stored_at {double}, why TEXT,
  violations TEXT, params TEXT NOT NULL, metrics TEXT, session_net TEXT, PRIMARY KEY (id),
  CONSTRAINT quantray_one_evaluation_a_candidate UNIQUE (study, digest),
  CONSTRAINT quantray_one_candidate_a_number UNIQUE (study, number));
CREATE INDEX quantray_rank ON quantray_evaluations (study, state, feasible DESC, value DESC, number ASC);
CREATE TABLE quantray_notes (study {big} NOT NULL, key VARCHAR(512) NOT NULL, value TEXT NOT NULL,
  PRIMARY KEY (study, key));
INSERT INTO quantray_meta VALUES ('scheme', '1');
"""
LITE = {"id": "INTEGER", "big": "INTEGER", "double": "DOUBLE"}
POSTGRES = {"id": "BIGSERIAL", "big": "BIGINT", "double": "DOUBLE PRECISION"}
BATCH = make_batch(0, [5, 3, 9, 1, 7], SPACE)


def first_release(execute: Any, types: dict[str, str], mark: str) -> None:
    """Four stored trials and a claim of a driver that is gone."""
    for statement in FIRST.format(**types).strip().split(";\n"):
        execute(statement.rstrip(";"), ())
    columns = (
        "study, digest, number, batch, state, feasible, value, driver, attempts, claimed_at, stored_at, why, "
        "violations, params, metrics, session_net"
    )
    marks = ", ".join([mark] * 16)
    row = ("fake", json.dumps({"space": SPACE.digest}), json.dumps(described()), 1.5)
    names = "name, digests, described, created_at"
    execute(f"INSERT INTO quantray_studies ({names}) VALUES ({mark}, {mark}, {mark}, {mark})", row)
    names = "study, host, pid, born, lease"
    execute(f"INSERT INTO quantray_drivers ({names}) VALUES (1, 'elsewhere/0', 77, '', {mark})", (2.5,))
    execute(f"INSERT INTO quantray_notes VALUES (1, 'duplicates', {mark})", ('{"sampler":2}',))
    for i, trial in enumerate(make_trials(BATCH)):
        params = json.dumps(trial.params, separators=(",", ":"))
        row = (
            1, trial.digest, i, 0, "CLAIMED", None, None, 1, 1, 1.0, None, None, None, params, None, None,
        )  # fmt: skip
        if i < 4:
            nets = json.dumps(trial.session_net)
            row = (
                1, trial.digest, i, 0, str(trial.state), trial.feasible, trial.value, 1, 1, 1.0, 2.0, trial.why,
                json.dumps(trial.violations), params, json.dumps(trial.metrics), nets,
            )  # fmt: skip
        execute(f"INSERT INTO quantray_evaluations ({columns}) VALUES ({marks})", row)


def _on_sqlite(folder: Path) -> Storage:
    with sqlite3.connect(folder / "ledger.db") as connection:
        first_release(connection.execute, LITE, "?")
    connection.close()
    return Storage("sqlite", str(folder / "ledger.db"))


def _on_postgres(server: Server, name: str) -> Storage:
    storage = Storage("postgres", server.database(name))
    engine = sa.create_engine(_address(storage).replace("postgresql:", "postgresql+psycopg2:"))
    with engine.begin() as connection:
        first_release(connection.exec_driver_sql, POSTGRES, "%s")
    engine.dispose()
    return storage


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "sqlite":
        return _on_sqlite(tmp_path)
    name = f"old_{request.node.name.partition('[')[0][5:45]}"
    return _on_postgres(request.getfixturevalue("server"), name)


def _address(storage: Storage) -> str:
    assert storage.url is not None
    return f"sqlite:///{storage.url}" if storage.kind == "sqlite" else storage.url


def _opened(storage: Storage) -> SqlLedger:
    digests = {"space": SPACE.digest}
    return open_ledger(storage, "unused", "fake", digests, described=described(), say=lambda _: None)


def _scheme(storage: Storage) -> str:
    engine = sa.create_engine(_address(storage).replace("postgresql:", "postgresql+psycopg2:"))
    with engine.begin() as connection:
        found = str(connection.scalar(sa.text("SELECT value FROM quantray_meta WHERE key = 'scheme'")))
    engine.dispose()
    return found


def test_an_older_ledger_is_upgraded_and_goes_on(old: Storage) -> None:
    expected = make_trials(BATCH)
    ledger = _opened(old)
    assert _scheme(old) == str(schema.VERSION)
    stored = list(ledger.trials())
    assert [(t.digest, t.state, t.value, t.session_net) for t in stored] == [
        (t.digest, t.state, t.value, t.session_net) for t in expected[:4]
    ]
    assert [dict(t.metrics) for t in stored] == [dict(t.metrics) for t in expected[:4]]
    assert ledger.notes() == {"duplicates": {"sampler": 2}}
    (pending,) = ledger.batches()
    assert pending.digests == BATCH.digests
    assert ledger.store(0, expected[4:]) == (True,)
    more = make_batch(1, [20, 21], SPACE)
    ledger.claim(more)
    ledger.store(1, make_trials(more))
    assert [t.number for t in ledger.trials()] == list(range(7))
    ledger.close()
    with open_reader(_address(old), "fake") as study:
        assert (study.late(), study.repeated()) == (0, 1)
        with study.database.read() as connection:
            found = {column["name"] for column in sa.inspect(connection).get_columns("quantray_drivers")}
    assert found == {column.name for column in schema.drivers.columns}


def test_looking_at_an_older_ledger_changes_nothing(old: Storage) -> None:
    with open_reader(_address(old), "fake") as study:
        assert study.counts().attempts == 4
        assert (study.late(), study.repeated()) == (0, 0)
        assert len(list(study.trials())) == 4
    assert _scheme(old) == "1"


def test_an_upgrade_that_fails_leaves_the_older_ledger(old: Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = (*upgrade.UPGRADES[1], "ALTER TABLE quantray_nothing ADD COLUMN x INTEGER")
    with monkeypatch.context() as patch:
        patch.setattr(upgrade, "UPGRADES", {1: broken})
        with pytest.raises(LedgerError, match="quantray_nothing"):
            _opened(old)
    assert _scheme(old) == "1"
    ledger = _opened(old)
    assert ledger.counts() == Counts(*_states(4), claimed=1)
    ledger.close()


def _states(n: int) -> list[int]:
    states = [trial.state.value for trial in make_trials(BATCH)[:n]]
    return [states.count(state) for state in ("COMPLETE", "PRUNED", "FAIL")]


def test_a_newer_ledger_is_refused_and_left(old: Storage) -> None:
    engine = sa.create_engine(_address(old).replace("postgresql:", "postgresql+psycopg2:"))
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE quantray_meta SET value = '99' WHERE key = 'scheme'"))
    engine.dispose()
    for opening in (_opened, lambda storage: open_reader(_address(storage))):
        with pytest.raises(LedgerError, match=r"scheme 99, and this one knows schemes 1 to \d+: .* newer quantray"):
            opening(old)
    assert _scheme(old) == "99"
