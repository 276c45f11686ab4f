"""The Optuna study beside the ledger when its server goes away, and when an earlier study of its name has left one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from quantray.ledger import open_reader, start_mirror
from quantray.ledger.optuna_study import MARK, OptunaStudy, identity
from quantray.ledger.sql_ledger import SqlLedger
from quantray.settings import Mirror, Storage
from quantray.testing.ledger import make_batch, make_trials
from tests.builders.fakes import SPACE, filled, opened, opened_in
from tests.builders.servers import Server

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def _store(ledger: SqlLedger, batches: range) -> None:
    for k in batches:
        batch = make_batch(k, range(8 * k, 8 * k + 8), SPACE)
        ledger.claim(batch)
        ledger.store(k, make_trials(batch))


def _mirrored(url: str, name: str = "fake") -> Any:
    import optuna

    return optuna.load_study(study_name=name, storage=url)


def _wait(until: Callable[[], bool], seconds: float = 90.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.2)


def _count(url: str) -> int:
    try:
        return len(_mirrored(url).get_trials())
    except Exception:  # not there yet, or the server is away
        return 0


@pytest.mark.parametrize("when", ["while it starts", "while it fills", "while it finishes"])
def test_a_restart_of_the_server_is_waited_for(server: Server, when: str) -> None:
    """Afterwards every trial is there once, and nothing is said."""
    database = f"mirror_{when.rpartition(' ')[2]}"
    url = server.database(database).replace("postgresql://", "postgresql+psycopg2://")
    ledger = opened_in(Storage("postgres", url), Path("unused"))
    _store(ledger, range(5))
    mirror = start_mirror(ledger, Mirror(), expected=80)
    assert mirror is not None
    if when == "while it starts":
        server.restart_after(3).join()
    else:
        _wait(lambda: _count(url) >= 10)
    if when == "while it fills":
        server.restart_after(3).join()
    _store(ledger, range(5, 10))
    if when == "while it finishes":
        mirror.hurry()
        server.restart_after(3).join()
    report = mirror.finish()
    assert (report.mirrored, report.error) == (80, None)
    digests = [trial.user_attrs["digest"] for trial in _mirrored(url).trials]
    assert sorted(digests) == sorted(trial.digest for trial in ledger.trials())
    ledger.close()


def test_a_server_that_stays_away_is_named_in_one_sentence(server: Server) -> None:
    url = server.database("mirror_gone").replace("postgresql://", "postgresql+psycopg2://")
    ledger = opened_in(Storage("postgres", url), Path("unused"))
    ledger.database.patience = 2.0
    _store(ledger, range(5))
    mirror = start_mirror(ledger, Mirror(), expected=80)
    assert mirror is not None
    server.ask("SELECT 1")
    server.stop()
    try:
        report = mirror.finish()
    finally:
        server.start()
    assert report.error is not None
    assert "sqlalche.me" not in report.error
    assert "\n" not in report.error
    assert "No such file" in report.error or "refused" in report.error or "closed the connection" in report.error
    ledger.close()


def test_the_mirror_of_an_earlier_study_of_the_name_is_replaced(tmp_path: Path) -> None:
    """Whatever left it: a fresh=true that was killed, or a mirror that was still starting then."""
    ledger = filled(tmp_path, 20)
    mirror = start_mirror(ledger, Mirror(), expected=20)
    assert mirror is not None
    assert mirror.finish().mirrored == 20
    url = str(ledger.url)
    with ledger.database.write() as connection:  # all that the killed one came to
        for table in ("quantray_evaluations", "quantray_notes", "quantray_drivers", "quantray_studies"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    ledger.database.close()
    again = opened(tmp_path)
    _store(again, range(2))
    mirror = start_mirror(again, Mirror(), expected=16)
    assert mirror is not None
    assert mirror.finish().mirrored == 16
    study = _mirrored(url)
    assert {t.user_attrs["digest"] for t in study.trials} == {t.digest for t in again.trials()}
    again.close()


def test_the_mirror_of_release_0_1_0_is_kept(tmp_path: Path) -> None:
    ledger = filled(tmp_path, 20)
    mirror = start_mirror(ledger, Mirror(), expected=20)
    assert mirror is not None
    mirror.finish()
    url = str(ledger.url)
    study = _mirrored(url)
    study.set_user_attr(MARK, "mirror of the ledger in this database")
    with open_reader(url, "fake") as reader:
        assert len(OptunaStudy(reader).done) == 0  # looked at with the first trial that is added
    kept = _mirrored(url)
    assert kept._study_id == study._study_id
    assert kept.user_attrs[MARK] == identity(reader)
    ledger.close()
