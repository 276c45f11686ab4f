"""Tables of databases are sources like files."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from quantray.files.duckdb_file import confined
from quantray.intake import Done, Wanted
from tests.builders.intake import held, plain_candles, query, taken

ROWS = [("Z", f"2025-01-01 00:{m:02d}:00", 1 if m % 2 else 1.5, 2, 1, 1, m) for m in range(60)]


@pytest.fixture
def sqlite(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "s.db")) as connection:
        connection.execute('CREATE TABLE "my bars" (asset, ts, open, high, low, close, volume)')
        connection.executemany('INSERT INTO "my bars" VALUES (?, ?, ?, ?, ?, ?, ?)', ROWS)
        connection.commit()
    return tmp_path / "s.db"


def only(into: Path, *sources: object, **told: Any) -> Done:
    (done,) = taken(into, *sources, **told).done
    return done


@pytest.mark.slow
def test_a_table_of_sqlite_and_a_query(sqlite: Path, tmp_path: Path) -> None:
    into, before = tmp_path / "m.duckdb", sqlite.read_bytes()
    assert only(into, f"{sqlite}#my bars").rows == 60
    assert only(into, f"sqlite:///{sqlite}#my bars").state == "there already"
    assert [row[1] for row in held(into)] == list(range(60))
    half = tmp_path / "half.duckdb"
    only(half, f'{sqlite}#SELECT * FROM "my bars" WHERE volume < 30')
    assert len(held(half)) == 30
    assert sqlite.read_bytes() == before


@pytest.mark.parametrize(
    ("part", "said"),
    [("my bras", "did you mean 'my bars'"), ("SELECT * FROM x; DROP TABLE y", "cannot be read"),
     ("WITH x AS (DELETE FROM y) SELECT 1", "cannot be read")],
)  # fmt: skip
def test_what_a_database_refuses_is_a_sentence(part: str, said: str, sqlite: Path, tmp_path: Path) -> None:
    done = only(tmp_path / "m.duckdb", f"{sqlite}#{part}")
    assert done.state == "failed"
    assert said in done.why
    assert not (tmp_path / "m.duckdb").exists()


@pytest.mark.slow
def test_a_table_that_grew_replaces_itself(sqlite: Path, tmp_path: Path) -> None:
    into = tmp_path / "m.duckdb"
    only(into, f"{sqlite}#my bars")
    with closing(sqlite3.connect(sqlite)) as connection:
        connection.execute(
            'INSERT INTO "my bars" VALUES (?, ?, ?, ?, ?, ?, ?)', ("Z", "2025-01-01 01:00:00", 1, 2, 1, 1, 9)
        )
        connection.commit()
    done = only(into, f"{sqlite}#my bars")
    assert (done.why, done.replaced) == ("it changed since it was imported", 60)
    assert len(held(into)) == 61


def test_a_table_of_another_duckdb_file(tmp_path: Path) -> None:
    theirs, into = tmp_path / "theirs.duckdb", tmp_path / "m.duckdb"
    plain_candles(tmp_path / "a.csv", n=30)
    connection = confined([tmp_path / "a.csv"], database=theirs)
    connection.execute(f"CREATE SCHEMA raw; CREATE TABLE raw.bars AS FROM read_csv('{tmp_path / 'a.csv'}')")
    connection.close()
    assert only(into, f"{theirs}#raw.bars", wanted=Wanted(symbols=("A",))).rows == 30
    assert "did you mean 'raw.bars'" in only(into, f"{theirs}#raw.bar").why
    assert len(held(into)) == 30


@pytest.mark.slow
def test_a_table_of_postgres_and_no_password_anywhere(server: Any, tmp_path: Path) -> None:
    server.ask("CREATE SCHEMA IF NOT EXISTS raw")
    server.ask("DROP TABLE IF EXISTS raw.bars")
    server.ask(
        "CREATE TABLE raw.bars AS SELECT 'Z'::text AS asset, "
        "timestamptz '2025-01-01 00:00:00Z' + m * interval '1 minute' "
        "AS ts, 1.5::numeric AS open, 2::float8 AS high, 1::int AS low, 1::real AS close, m AS volume "
        "FROM generate_series(0, 59) m"
    )
    into = tmp_path / "m.duckdb"
    done = only(into, f"{server.url}#raw.bars")
    assert (done.state, done.rows) == ("taken", 60)
    assert only(into, f"{server.url}#raw.bars").state == "there already"
    assert [row[1] for row in held(into)] == list(range(60))
    half = tmp_path / "half.duckdb"
    only(half, f"{server.url}#SELECT * FROM raw.bars WHERE volume < 30")
    assert len(held(half)) == 30
    assert "did you mean 'raw.bars'" in only(into, f"{server.url}#raw.bras").why
    refused = only(into, "postgresql://ann:hunter2secret@127.0.0.1:9/db#t")
    assert refused.state == "failed"
    assert "hunter2secret" not in f"{refused.why}{refused.item.name}{query(into, 'FROM quantray_provenance')}"
