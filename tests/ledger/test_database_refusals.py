"""A database that cannot be used is refused in seconds, in one sentence with its remedy and without a password."""

from __future__ import annotations

import os
import shutil
import socket
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
from quantray.ledger import open_reader
from quantray.ledger.probe import answers
from quantray.settings import Storage
from quantray.space import parse_space
from tests.builders.drivers import ROOT
from tests.builders.fakes import SPEC, described, filled, opened_in
from tests.builders.servers import Server

PASSWORD = "corr:ct/h@rse%20"


def _refused(url: str, **options: object) -> str:
    began = time.monotonic()
    with pytest.raises(LedgerError) as caught:
        opened_in(Storage("postgres", url), Path("unused"), **options)
    assert time.monotonic() - began < 20
    text = str(caught.value)
    assert "\n" not in text or "another plan" in text
    assert PASSWORD not in text
    assert "secret" not in text
    assert "%40rse" not in text
    return text


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a machine that accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(listener.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        for each in held:
            each.close()


@pytest.mark.slow
def test_a_host_that_does_not_answer_is_given_up_in_seconds(silent: int) -> None:
    pytest.importorskip("psycopg2")
    said = _refused(f"postgresql://ann:secret@127.0.0.1:{silent}/studies")
    assert f"postgresql://ann:***@127.0.0.1:{silent}/studies" in said
    assert "timeout expired" in said
    assert "reachable from here" in said


def test_a_port_where_nobody_listens() -> None:
    pytest.importorskip("psycopg2")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert "is the server running" in _refused(f"postgres://ann:secret@127.0.0.1:{port}/studies")


def test_a_name_that_does_not_exist() -> None:
    pytest.importorskip("psycopg2")
    assert "check the host and port" in _refused("postgresql://ann:secret@nowhere.invalid/studies")


@pytest.fixture(scope="module")
def ann(server: Server) -> str:
    """The URL of a role that has to give a password, and may write."""
    server.ask(f"CREATE ROLE ann LOGIN PASSWORD '{PASSWORD}'")
    server.ask("CREATE DATABASE hers OWNER ann")
    server.ask_passwords_of("ann")
    url = sa.make_url(server.url).set(username="ann", password=PASSWORD, database="hers")
    return url.render_as_string(hide_password=False)


@pytest.mark.slow
def test_a_wrong_password_is_refused_and_not_shown(ann: str) -> None:
    opened_in(Storage("postgres", ann), Path("unused")).close()
    url = sa.make_url(ann)
    wrong = url.set(password=f"{PASSWORD}!").render_as_string(hide_password=False)
    assert 'authentication failed for user "ann"; check the user and the password' in _refused(wrong)
    without = sa.URL.create("postgresql", "ann", database="hers", query=url.query)
    assert "check the user and the password" in _refused(without.render_as_string())


@pytest.mark.slow
def test_the_password_may_stay_with_libpq(ann: str, monkeypatch: pytest.MonkeyPatch) -> None:
    url = sa.make_url(ann)
    monkeypatch.setenv("PGHOST", str(url.query["host"]))
    monkeypatch.setenv("PGUSER", "ann")
    monkeypatch.setenv("PGDATABASE", "hers")
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    for name in ("QUANTRAY_STORAGE_URL", "DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    with opened_in(Storage("postgres"), Path("unused")) as ledger:
        assert ledger.counts().attempts == 0
        assert PASSWORD not in f"{ledger.url} {ledger.database.name}"
    monkeypatch.setenv("PGPASSWORD", "secret")
    with pytest.raises(LedgerError, match="PGPASSWORD") as caught:
        opened_in(Storage("postgres"), Path("unused"))
    assert "secret" not in str(caught.value)


@pytest.mark.slow
def test_a_role_that_may_only_read(server: Server, ann: str) -> None:
    opened_in(Storage("postgres", ann), Path("unused")).close()
    server.ask("CREATE ROLE reader LOGIN")
    hers = sa.make_url(server.url).set(database="hers", username="reader").render_as_string(hide_password=False)
    assert "permission denied" in _refused(hers)
    admin = sa.create_engine(sa.make_url(server.url).set(drivername="postgresql+psycopg2", database="hers"))
    with admin.begin() as connection:
        connection.exec_driver_sql("GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader")
    admin.dispose()
    assert "grant the role CONNECT" in _refused(hers)
    with open_reader(hers, "fake") as study:  # looking is what it may
        assert study.counts().attempts == 0
    with pytest.raises(LedgerError, match="may only be read"):
        answers(hers)
    server.ask("ALTER ROLE ann SET default_transaction_read_only = on")
    try:
        assert "read-only transaction; the ledger writes" in _refused(ann)
    finally:
        server.ask("ALTER ROLE ann RESET default_transaction_read_only")
    assert PASSWORD not in answers(ann)
    assert "scheme 3" in answers(ann)


@pytest.mark.slow
def test_a_study_of_another_plan_is_refused(server: Server) -> None:
    storage = Storage("postgres", server.database("plans"))
    opened_in(storage, Path("unused")).close()
    other = {**SPEC, "depth": [1, 2]}
    digests = {"space": parse_space(other).digest}
    said = _refused(str(storage.url), digests=digests, described=described(space=other))
    assert "was made by another plan" in said
    assert "space.depth: [1] -> [1, 2]" in said
    opened_in(storage, Path("unused"), "objective", digests={"objective": "a"}).close()
    said = _refused(str(storage.url), name="objective", digests={"objective": "b"})
    assert "objective: a -> b" in said


@pytest.mark.slow
def test_a_database_that_does_not_exist(server: Server) -> None:
    url = server.url.replace("/postgres?", "/nothing?")
    assert "create the database and the role first" in _refused(url)


NOBODY = 65534

AS_NOBODY = """\
import os, sys
from pathlib import Path
from quantray.errors import LedgerError
from quantray.ledger import open_reader
from quantray.settings import Storage
from quantray.testing.ledger import make_batch, make_trials
from tests.builders.fakes import SPACE, opened_in
opened_in(Storage("memory"), Path("unused")).close()  # everything is imported before the rights are given away
os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    opened_in(Storage(), Path(sys.argv[1])).close()
except LedgerError as error:
    print(error)
with open_reader(f"sqlite:///{sys.argv[1]}/ledger.db") as study:
    print(study.counts().attempts)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="rights can only be given away by root")
def test_a_file_that_may_only_be_read() -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        filled(folder, 20).close()
        folder.chmod(0o555)
        (folder / "ledger.db").chmod(0o444)
        before = (folder / "ledger.db").read_bytes()
        command = [sys.executable, "-c", AS_NOBODY, str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert done.returncode == 0, done.stderr
        refused, attempts = done.stdout.splitlines()
        assert "choose a writable run_dir or storage.url" in refused
        assert attempts == "20"
        assert (folder / "ledger.db").read_bytes() == before
    finally:
        shutil.rmtree(folder)
