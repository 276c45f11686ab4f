"""The Optuna study of a ledger holds what ``add_trial`` would have written, whole, once, and nothing of others."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import pytest
import sqlalchemy as sa

from quantray.errors import LedgerError
from quantray.ledger import open_reader, optuna_study
from quantray.ledger.mirror_queue import Queue, read
from quantray.ledger.optuna_rows import COPIED, distributions
from quantray.ledger.optuna_study import MARK, OptunaStudy, delete_mirrored, identity, make_tables
from quantray.settings import Storage
from tests.builders.drivers import ROOT
from tests.builders.fakes import filled, url_of
from tests.builders.odd_trials import ODD, mirrored, odd_ledger
from tests.builders.servers import Server
from tests.reference import optuna_trials

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture(params=["sqlite", "postgres"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """A ledger's storage, new for each test."""
    if request.param == "sqlite":
        return Storage("sqlite", str(tmp_path / "ledger.db"))
    server: Server = request.getfixturevalue("server")
    return Storage("postgres", server.database(f"optuna_{os.urandom(4).hex()}"))


def _fill(reader: Any, study: OptunaStudy, limit: int = 10_000) -> int:
    return study.add(read(reader, Queue(limit, None).final(reader, study.done), COPIED))


def _shown(trial: Any) -> dict[str, Any]:
    """Everything that a trial has in Optuna; ``repr`` tells True from 1, 0.0 from -0.0 and 1 from 1.0."""
    names = (
        "number", "state", "params", "distributions", "values", "user_attrs", "system_attrs", "constraints",
        "datetime_start", "datetime_complete", "intermediate_values",
    )  # fmt: skip
    found = {name: getattr(trial, name) for name in names}
    for name in ("user_attrs", "system_attrs"):  # of these the order is nobody's
        found[name] = dict(sorted(found[name].items()))
    return {name: repr(value) for name, value in found.items()}


def _tables(url: str, study: int) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of a study in each of Optuna's tables, without the ids."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        found = {}
        for name, columns in optuna_study.FILLED.items():
            wanted = sorted(c for c in columns if not c.endswith("_id"))
            if name in ("studies", "study_user_attributes"):
                continue
            own = f"study_id = {study}" if "study_id" in columns else (
                f"trial_id IN (SELECT trial_id FROM trials WHERE study_id = {study})"
            )  # fmt: skip
            text = ", ".join(f'"{c}"' for c in wanted)
            rows = connection.execute(sa.text(f"SELECT {text} FROM {name} WHERE {own}"))
            found[name] = sorted((tuple(row) for row in rows), key=repr)
    engine.dispose()
    return found


def test_what_is_read_is_what_add_trial_gives(storage: Storage, tmp_path: Path) -> None:
    """By ``load_study``, by what the dashboard asks for, and in the tables themselves."""
    ledger = odd_ledger(storage, tmp_path, 60)
    url = str(ledger.url)
    reader, study = mirrored(url)
    assert _fill(reader, study) == 60
    twin = optuna.create_study(study_name="twin", storage=url, direction="maximize")
    twin.set_metric_names(["return_on_risk_percent"])
    twin.set_user_attr(MARK, identity(reader))
    space = distributions(ODD)
    for row in read(reader, study.done, COPIED):
        optuna_trials.add(twin, row, space)

    ours = optuna.load_study(study_name="fake", storage=url)
    twin = optuna.load_study(study_name="twin", storage=url)
    assert [_shown(t) for t in ours.get_trials()] == [_shown(t) for t in twin.get_trials()]
    assert [t.number for t in ours.get_trials()] == list(range(60))
    assert _shown(ours.best_trial) == _shown(twin.best_trial)
    assert (ours.directions, ours.metric_names) == (twin.directions, twin.metric_names)
    assert ours.user_attrs == twin.user_attrs
    settings = [s._storage.get_study_system_attrs(s._study_id) for s in (ours, twin)]
    assert settings[0] == settings[1]
    listed = {s.study_name: s for s in optuna.get_all_study_summaries(url)}
    for name in ("n_trials", "directions", "user_attrs", "datetime_start"):
        assert repr(getattr(listed["fake"], name)) == repr(getattr(listed["twin"], name)), name
    assert _shown(listed["fake"].best_trial) == _shown(listed["twin"].best_trial)
    assert _tables(url, ours._study_id) == _tables(url, twin._study_id)
    importance = [optuna.importance.get_param_importances(s) for s in (ours, twin)]
    assert importance[0].keys() == importance[1].keys()
    reader.close()
    ledger.close()


def test_somebody_else_adds_trials_meanwhile(storage: Storage, tmp_path: Path) -> None:
    """Theirs stay as they are, and all numbers are consecutive; deleting the study keeps theirs."""
    ledger = odd_ledger(storage, tmp_path, 30)
    url = str(ledger.url)
    reader, study = mirrored(url)
    digests = Queue(100, 30).final(reader, study.done)
    theirs = optuna.load_study(study_name="fake", storage=url)
    for start in range(0, 30, 10):
        assert study.add(read(reader, digests[start : start + 10], COPIED)) == 10
        trial = theirs.ask()
        theirs.tell(trial, float(start))
    trials = optuna.load_study(study_name="fake", storage=url).get_trials()
    assert [t.number for t in trials] == list(range(33))
    assert [t.number for t in trials if "digest" not in t.user_attrs] == [10, 21, 32]
    assert theirs.ask().number == 33
    reader.close()
    assert delete_mirrored(ledger.database, "fake") == "fake.kept-1"
    assert len(optuna.load_study(study_name="fake.kept-1", storage=url).get_trials()) == 34
    assert optuna.get_all_study_names(url) == ["fake.kept-1"]
    assert delete_mirrored(ledger.database, "fake.kept-1") is None  # by now it is theirs
    reader, study = mirrored(url)
    assert _fill(reader, study) == 30
    reader.close()
    ledger.close()


def _race(url: str, seed: int, start: Any) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    make_tables(url)
    with open_reader(url, "fake") as reader:
        start.wait()
        study = OptunaStudy(reader)
        digests = Queue(1000, None).final(reader, set())
        random.Random(seed).shuffle(digests)
        for k in range(0, len(digests), 7):
            study.add(read(reader, digests[k : k + 7], COPIED))


def test_two_fill_it_at_once(storage: Storage, tmp_path: Path) -> None:
    """Both write all of it in other orders: every trial is there once, with consecutive numbers."""
    ledger = odd_ledger(storage, tmp_path, 56)
    url = str(ledger.url)
    make_tables(url)
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(2)
    processes = [context.Process(target=_race, args=(url, seed, start)) for seed in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0, 0]
    trials = optuna.load_study(study_name="fake", storage=url).get_trials()
    assert [t.number for t in trials] == list(range(56))
    assert {t.user_attrs["digest"] for t in trials} == {t.digest for t in ledger.trials()}
    ledger.close()


#: Fills the study, and dies at the statement or commit that is asked for (0: says how many there are).
PROGRAM = """\
import os, signal, sys
import sqlalchemy as sa
from sqlalchemy import event
from quantray.ledger.mirror_queue import Queue, read
from quantray.ledger.optuna_rows import COPIED
from tests.builders.odd_trials import mirrored
at, n = int(sys.argv[2]), 0
def step(*_):
    global n
    n += 1
    if n == at:
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(sa.Engine, "before_cursor_execute", step)
event.listen(sa.Engine, "after_cursor_execute", step)
event.listen(sa.Engine, "commit", step)
reader, study = mirrored(sys.argv[1])
digests = Queue(100, None).final(reader, study.done)
for k in range(0, len(digests), 10):
    study.add(read(reader, digests[k : k + 10], COPIED))
print(n)
"""


def _killed(url: str, at: int) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM, url, str(at)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)


def test_killed_at_any_statement_the_next_one_completes_it(tmp_path: Path) -> None:
    """What is there is whole: each trial has all of its parameters and attributes, and the study has its mark."""
    ledger = odd_ledger(Storage("sqlite", str(tmp_path / "ledger.db")), tmp_path, 40)
    url = str(ledger.url)
    make_tables(url)
    said = _killed(url, 0)
    assert said.returncode == 0, said.stderr
    whole = [_shown(t) for t in optuna.load_study(study_name="fake", storage=url).get_trials()]
    counts = set()
    for at in random.Random(4).sample(range(1, int(said.stdout) + 1), 3):
        assert delete_mirrored(ledger.database, "fake") is None
        assert _killed(url, at).returncode == -signal.SIGKILL
        if "fake" in optuna.get_all_study_names(url):
            left = optuna.load_study(study_name="fake", storage=url)
            assert MARK in left.user_attrs
            assert [_shown(t) for t in left.get_trials()] == whole[: len(left.get_trials())]
            counts.add(len(left.get_trials()))
        reader, study = mirrored(url)
        _fill(reader, study)
        assert [_shown(t) for t in optuna.load_study(study_name="fake", storage=url).get_trials()] == whole
        reader.close()
    assert counts <= set(range(0, 41, 10))
    ledger.close()


@pytest.mark.parametrize("trials", [0, 1])
def test_a_study_of_somebody_else_is_refused(storage: Storage, tmp_path: Path, trials: int) -> None:
    """With trials or without any."""
    ledger = odd_ledger(storage, tmp_path, 5)
    url = str(ledger.url)
    theirs = optuna.create_study(study_name="fake", storage=url, direction="minimize")
    for _ in range(trials):
        theirs.add_trial(optuna.trial.create_trial(value=1.0))
    with pytest.raises(LedgerError, match="of its own; it was left as it is"):
        mirrored(url)
    assert delete_mirrored(ledger.database, "fake") is None
    left = optuna.load_study(study_name="fake", storage=url)
    assert (len(left.get_trials()), left.user_attrs, left.direction.name) == (trials, {}, "MINIMIZE")
    ledger.close()


def test_a_study_deleted_meanwhile_is_named(tmp_path: Path) -> None:
    """As the dashboard's button does."""
    ledger = filled(tmp_path, 20)
    reader, study = mirrored(url_of(tmp_path))
    optuna.delete_study(study_name="fake", storage=url_of(tmp_path))
    with pytest.raises(LedgerError, match="'fake' was deleted while it was filled"):
        _fill(reader, study)
    reader.close()
    ledger.close()


def test_tables_of_another_optuna_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path}/other.db"
    make_tables(url)
    with monkeypatch.context() as patch:
        patch.setattr(optuna_study, "FILLED", {**optuna_study.FILLED, "trials": frozenset({"trial_id", "extra"})})
        with pytest.raises(LedgerError, match=r"other columns in trials.*install optuna==5\.0"):
            make_tables(url)
    monkeypatch.setattr(optuna_study, "REVISION", "v9.9.9")
    with pytest.raises(LedgerError, match=r"revision v3\.2\.0\.a, and quantray fills those of v9\.9\.9"):
        make_tables(url)


def test_a_database_of_an_older_optuna_is_refused_in_its_words(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/older.db"
    make_tables(url)
    with closing(sqlite3.connect(tmp_path / "older.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'v3.0.0.d'")
        connection.commit()
    with pytest.raises(RuntimeError, match="no longer compatible with the table schema"):
        make_tables(url)


def test_deleting_asks_once_for_each_table(tmp_path: Path) -> None:
    """However many trials there are."""
    ledger = odd_ledger(Storage("sqlite", str(tmp_path / "ledger.db")), tmp_path, 60)
    reader, study = mirrored(str(ledger.url))
    _fill(reader, study)
    asked: list[str] = []
    sa.event.listen(ledger.database.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    delete_mirrored(ledger.database, "fake")
    assert sum(text.startswith("DELETE") for text in asked) <= len(optuna_study.models.BaseModel.metadata.tables)
    with ledger.database.read() as connection:
        for table in optuna_study.FILLED:
            assert connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar() == 0, table
    reader.close()
    ledger.close()
