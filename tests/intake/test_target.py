"""The file that an import writes is its own from the first byte on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from quantray.errors import ConfigError, DiskError
from quantray.files.duckdb_file import confined
from quantray.files.durable import unfinished_name
from quantray.intake import target
from tests.builders.intake import content, plain_candles, query, taken


def made(path: Path, *statements: str) -> Path:
    connection = confined(database=path)
    for statement in statements:
        connection.execute(statement)
    connection.close()
    return path


@pytest.mark.parametrize(
    "statements",
    [
        (),
        ("CREATE TABLE options (x INTEGER)",),
        ("CREATE TABLE quantray_provenance (id INTEGER)",),
        ("CREATE VIEW quantray_provenance AS SELECT 1 AS id",),
    ],
)
def test_a_file_of_others_is_refused_and_not_touched(statements: tuple[str, ...], tmp_path: Path) -> None:
    theirs = made(tmp_path / "theirs.duckdb", *statements)
    before = theirs.read_bytes()
    with pytest.raises(ConfigError, match="not made by quantray data import"):
        taken(theirs, plain_candles(tmp_path / "a.csv"))
    assert theirs.read_bytes() == before


@pytest.mark.slow
@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("ALTER TABLE candles DROP COLUMN quantray_file", "was changed"),
        ("ALTER TABLE candles ALTER volume TYPE VARCHAR", "was changed"),
        ("UPDATE quantray_provenance SET version = 99", "newer quantray"),
    ],
)
def test_one_that_was_changed_or_is_newer_is_refused(statement: str, said: str, tmp_path: Path) -> None:
    into = tmp_path / "m.duckdb"
    taken(into, plain_candles(tmp_path / "a.csv"))
    made(into, statement)
    with pytest.raises(ConfigError, match=said):
        taken(into, plain_candles(tmp_path / "b.csv", "B"))


def test_links_folders_and_other_files_are_refused(tmp_path: Path) -> None:
    file = plain_candles(tmp_path / "a.csv")
    (tmp_path / "link.duckdb").symlink_to(tmp_path / "real.duckdb")
    (tmp_path / "zero.duckdb").touch()
    (tmp_path / "lite.db").write_bytes(b"SQLite format 3\0" + bytes(100))
    for into in ("link.duckdb", ".", "zero.duckdb", "lite.db", "a.csv", "a.csv/m.duckdb"):
        with pytest.raises(ConfigError):
            taken(tmp_path / into, file)
    assert not (tmp_path / "real.duckdb").exists()


def test_what_a_killed_import_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    gone = unfinished_name("import").replace(f"~{os.getpid()}~", "~999999~")
    for name in (gone, gone.replace("~import", "~unpacked"), unfinished_name("import"), "mine~import"):
        (tmp_path / name).mkdir()
    taken(tmp_path / "m.duckdb", plain_candles(tmp_path / "a.csv"))
    left = {p.name for p in tmp_path.iterdir() if p.is_dir()}
    assert len(left) == 2
    assert "mine~import" in left


@pytest.mark.slow
def test_a_full_disk_leaves_what_was_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    into = tmp_path / "m.duckdb"
    taken(into, plain_candles(tmp_path / "a.csv"))
    before = content(into)

    def full(*_: object, **__: object) -> object:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("quantray.intake.importing.take", full)
        with pytest.raises(DiskError, match="free some space"):
            taken(into, plain_candles(tmp_path / "b.csv", "B"))
    assert content(into) == before
    taken(into, tmp_path / "b.csv")
    assert query(into, "SELECT count(*) FROM candles") == [(20,)]


@pytest.mark.slow
def test_columns_that_a_later_file_has_are_added(tmp_path: Path) -> None:
    into, bars = tmp_path / "m.duckdb", "ts,symbol,open,high,low,close,volume{}\n2025-01-0{}T15:00:00Z,X,1,1,1,1,5{}\n"
    for name, texts in (("a.csv", ("", 2, "")), ("b.csv", (",vwap", 3, ",1.5"))):
        (tmp_path / name).write_text(bars.format(*texts))
        taken(into, tmp_path / name)
    assert query(into, "SELECT vwap FROM underlying ORDER BY ts") == [(None,), (1.5,)]
    assert target.FORMAT == 1
