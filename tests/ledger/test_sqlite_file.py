"""What is not a ledger is refused in one sentence and left as it is."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from quantray.errors import LedgerError
from quantray.ledger import open_ledger
from quantray.settings import Storage
from quantray.testing.ledger import make_batch
from tests.builders.drivers import ROOT
from tests.builders.fakes import SPACE, filled, opened


def _text(path: Path) -> None:
    path.write_text("this is a note, not a database\n" * 100)


def _program(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE invoices (id INTEGER)")


def _optuna(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        for table in ("studies", "trials", "alembic_version"):
            connection.execute(f"CREATE TABLE {table} (id INTEGER)")


def _torn(path: Path) -> None:
    _program(path)
    path.write_bytes(path.read_bytes()[:16] + b"\xff" * 4000)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_text, "is not a SQLite database"),
        (_program, "another program's database (tables invoices)"),
        (_optuna, "is an Optuna study"),
        (_torn, "is damaged"),
    ],
)
def test_foreign_and_corrupt_files(tmp_path: Path, make: Callable[[Path], None], words: str) -> None:
    file = tmp_path / "ledger.db"
    make(file)
    before = file.read_bytes()
    with pytest.raises(LedgerError) as caught:
        opened(tmp_path)
    assert words in str(caught.value)
    assert "storage.url" in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(LedgerError):
        opened(tmp_path, fresh=True)
    assert file.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["ledger.db"]


def test_a_ledger_torn_in_the_middle_is_an_error_of_ours(tmp_path: Path) -> None:
    filled(tmp_path, 200).close()
    file = tmp_path / "ledger.db"
    file.write_bytes(file.read_bytes()[:4096] + b"\x5a" * 60_000)
    with pytest.raises(LedgerError, match=r"damaged|malformed"):
        list(opened(tmp_path).trials())


def test_an_empty_file_becomes_a_ledger(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").touch()
    filled(tmp_path, 20).close()


@pytest.mark.parametrize(
    ("found", "words"), [("99", "newer quantray"), ("0", "older"), ("x", "does not say its scheme")]
)
def test_another_scheme_is_refused(tmp_path: Path, found: str, words: str) -> None:
    opened(tmp_path).close()
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        connection.execute("UPDATE quantray_meta SET value = ?", (found,))
    with pytest.raises(LedgerError, match=words):
        opened(tmp_path)


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below", Path("/proc/quantray")):
        with pytest.raises(LedgerError, match="choose a writable run_dir"):
            opened(folder)
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(LedgerError, match="is a directory"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("storage", "words"),
    [
        (Storage("postgres"), "storage.url"),
        (Storage("postgres", "mysql://host/db"), "not in 'mysql'"),
        (Storage("postgres", "not an address"), "no database address"),
    ],
)
def test_addresses_that_cannot_be(tmp_path: Path, storage: Storage, words: str) -> None:
    with pytest.raises(LedgerError, match=words):
        open_ledger(storage, tmp_path, "s", {}, described={})


@pytest.mark.parametrize("prefix", ["", "sqlite:///"])
def test_a_file_elsewhere(tmp_path: Path, prefix: str) -> None:
    storage = Storage("sqlite", f"{prefix}{tmp_path}/elsewhere/mine.db")
    open_ledger(storage, tmp_path / "run", "s", {}, described={}).close()
    assert (tmp_path / "elsewhere" / "mine.db").is_file()
    assert not (tmp_path / "run").exists()


def test_another_writer_that_holds_the_file_for_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quantray.ledger.database.TIMEOUT_S", 0.05)
    ledger = opened(tmp_path)
    with sqlite3.connect(tmp_path / "ledger.db") as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="another program held it"):
            ledger.claim(make_batch(0, [1], SPACE))
        other.rollback()
    assert ledger.claim(make_batch(0, [1], SPACE)) == (True,)
    ledger.close()


@pytest.mark.slow
@pytest.mark.parametrize("kilobytes", [1, 8, 24])
def test_a_file_without_room_beside_it_is_not_called_damaged(tmp_path: Path, kilobytes: int) -> None:
    """SQLite needs room even to read: what fails then is the room, and nobody should restore an old copy."""
    resource = pytest.importorskip("resource")
    opened(tmp_path).close()
    before = (tmp_path / "ledger.db").read_bytes()
    # -B: Python would keep byte code that the limit cut, and read it the next time
    command = [sys.executable, "-B", "-m", "quantray", "study", "list", "--where", str(tmp_path)]
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes << 10,) * 2)  # noqa: E731
    ended = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit, cwd=ROOT)
    assert ended.returncode == 1, ended.stderr
    assert "free some space" in ended.stderr
    assert "damaged" not in ended.stderr
    assert subprocess.run(command, capture_output=True, cwd=ROOT).returncode == 0
    assert (tmp_path / "ledger.db").read_bytes() == before
