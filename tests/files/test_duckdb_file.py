import glob
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from quantray.callers.data import CallsData, CallSettings, load_calls
from quantray.errors import ConfigError, DataError
from quantray.files.duckdb_file import confined, open_market, parts_of
from quantray.sweeps.data.settings import DataSettings
from quantray.sweeps.data.sources import open_tables
from tests.builders.hostile import COLUMNS, WANTING, patched, wrote

CALLS = f"CREATE TABLE calls AS SELECT {COLUMNS}"


def calls_of(path: Path, **settings):
    return load_calls(CallsData("duckdb", duckdb=str(path), **settings))


def every_row(settings: DataSettings):
    return open_tables(settings)["underlying"].fetch("SELECT * FROM {t}")


@pytest.mark.parametrize("source", WANTING)
def test_a_view_that_wants_more_is_refused_by_name(tmp_path, monkeypatch, source):
    monkeypatch.chdir(tmp_path)
    path = wrote(tmp_path / "f.duckdb", f"CREATE VIEW calls AS SELECT {COLUMNS}, t AS chain FROM {source} AS t")
    with pytest.raises(DataError) as refused:
        calls_of(path)
    said = str(refused.value)
    assert WANTING[source] in said
    assert "f.duckdb (calls) reads" in said
    assert ("download it" if "://" in source else "data.allow_paths=[") in said
    with pytest.raises(DataError, match="reads"):
        every_row(DataSettings("duckdb", duckdb=str(path), underlying="calls", chain="synthetic"))


def test_a_macro_or_a_table_of_macros_has_no_more_rights(tmp_path):
    path = wrote(
        tmp_path / "f.duckdb",
        "CREATE MACRO stolen() AS TABLE FROM read_text('/etc/hostname')",
        f"CREATE VIEW calls AS SELECT {COLUMNS}, content AS chain FROM stolen()",
    )
    with pytest.raises(DataError, match=r"reads /etc/hostname, .*data\.allow_paths"):
        calls_of(path)


def test_nothing_is_loaded_installed_or_unlocked(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    connection, _ = open_market(str(wrote(tmp_path / "f.duckdb", CALLS)))
    for query in (
        "SET enable_external_access = true", "SET allowed_directories = ['/']", "SET threads = 1", "RESET threads",
        "INSTALL httpfs", "LOAD httpfs", "ATTACH '/etc/hostname' AS h", f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
        "EXPORT DATABASE 'out'", "CREATE PERSISTENT SECRET s (TYPE http)", 'DROP TABLE "f".main.calls',
        "SET SESSION python_enable_replacements = true",
    ):  # fmt: skip
        with pytest.raises(duckdb.Error):
            connection.execute(query)
    assert connection.execute("FROM duckdb_secrets()").fetchall() == []
    connection.close()
    assert not (tmp_path / "home").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["f.duckdb"]


def test_variables_of_the_program_are_no_tables(tmp_path):
    path = wrote(
        tmp_path / "f.duckdb", f"CREATE TABLE hidden AS SELECT {COLUMNS}", "CREATE VIEW calls AS FROM hidden",
        "DROP TABLE hidden",
    )  # fmt: skip
    hidden = duckdb.connect().sql(f"SELECT {COLUMNS}").to_arrow_table()
    with pytest.raises(DataError, match="hidden does not exist"):
        calls_of(path)
    assert hidden is not None


def test_names_of_the_file_shadow_nothing_of_ours(tmp_path):
    shadows = [f"CREATE MACRO {name}(x) AS 'shadow'" for name in ("lower", "count", "epoch_ns", "coalesce", "hash")]
    path = wrote(
        tmp_path / "f.duckdb", CALLS, "CREATE SCHEMA market", "CREATE SCHEMA memory",
        "CREATE TABLE market.calls AS SELECT 1 AS call_id", "CREATE SCHEMA temp",
        "CREATE TABLE wanted_spans AS SELECT 1 AS i", *shadows,
    )  # fmt: skip
    plain = wrote(tmp_path / "plain.duckdb", CALLS)
    assert calls_of(path).digest == calls_of(plain).digest


@pytest.mark.parametrize(
    "name", ["memory", "system", "temp", "main", "market", "a b", "it's", 'q"q', "x.y", "pg_catalog"]
)
def test_a_file_may_have_any_name(tmp_path, name):
    assert len(calls_of(wrote(tmp_path / f"{name}.duckdb", CALLS))) == 1


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("calls", "main"), ("main.calls", "main"), ("MAIN.Calls", "main"), ("raw.calls", "raw"), ("f.raw.calls", "raw"),
        ('raw."my calls"', "my calls"), ("my calls", "my calls"), ('"my calls"', "my calls"), ("a.b", "dotted"),
        ('"raw"."a.b"', "dotted"),
    ],
)  # fmt: skip
def test_tables_of_any_schema_can_be_named(tmp_path, asked, found):
    def made(name, mark):
        return f"CREATE TABLE {name} AS SELECT {COLUMNS}, '{mark}' AS chain"

    path = wrote(
        tmp_path / "f.duckdb", made("calls", "main"), "CREATE SCHEMA raw", made("raw.calls", "raw"),
        made('raw."my calls"', "my calls"), made('raw."a.b"', "dotted"),
    )  # fmt: skip
    assert calls_of(path, calls=asked).chain == (found,)


def test_a_name_in_several_schemas_is_asked_for(tmp_path):
    path = wrote(
        tmp_path / "f.duckdb", "CREATE SCHEMA a", "CREATE SCHEMA b", f"CREATE TABLE a.calls AS SELECT {COLUMNS}",
        f"CREATE TABLE b.calls AS SELECT {COLUMNS}",
    )  # fmt: skip
    with pytest.raises(DataError, match=r"several schemas have a table 'calls': a\.calls, b\.calls; name one"):
        calls_of(path)
    with pytest.raises(DataError, match=r"unknown table 'a\.cals'; did you mean 'a\.calls'"):
        calls_of(path, calls="a.cals")
    assert len(calls_of(path, calls="b.calls")) == 1


def test_a_view_by_the_files_own_name_works(tmp_path):
    path = wrote(tmp_path / "f.duckdb", f"CREATE TABLE t AS SELECT {COLUMNS}", "CREATE VIEW calls AS FROM f.main.t")
    assert len(calls_of(path)) == 1


@pytest.mark.slow
def test_views_over_ones_own_files_work_through_allow_paths(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("own", "own2"):
        (tmp_path / folder).mkdir()
        duckdb.sql(f"COPY (SELECT {COLUMNS}) TO '{tmp_path}/{folder}/a.parquet'")
    here = wrote(
        tmp_path / "f.duckdb", "CREATE VIEW calls AS FROM 'own/a.parquet'", "CREATE VIEW many AS FROM 'own/*.parquet'",
        f"CREATE VIEW far AS FROM '{tmp_path}/own/a.parquet'", "CREATE VIEW beside AS FROM 'own2/a.parquet'",
        "CREATE VIEW climbing AS FROM 'own/../own2/a.parquet'",
    )  # fmt: skip
    for allowed in ("own", str(tmp_path / "own"), ("own",), ("own/",), (f"{tmp_path}/own2/../own",)):
        for table in ("calls", "many", "far"):
            assert len(calls_of(here, calls=table, allow_paths=allowed)) == 1
        for table in ("beside", "climbing"):
            with pytest.raises(DataError, match=r"own2/a\.parquet, which no setting allows"):
                calls_of(here, calls=table, allow_paths=allowed)
    assert len(calls_of(here, allow_paths=("own/a.parquet",))) == 1
    with pytest.raises(DataError, match=r"data\.allow_paths=\[own\]"):
        calls_of(here, calls="many", allow_paths=("own/a.parquet",))
    with pytest.raises(DataError, match=r"data\.allow_paths=onw does not exist.*did you mean 'own'"):
        calls_of(here, allow_paths=("onw",))
    with pytest.raises(ConfigError, match=r"data\.allow_paths is for views of a DuckDB file"):
        CallsData("parquet", calls="x", allow_paths=("own",))


def test_a_link_inside_an_allowed_folder_leads_nowhere_else(tmp_path):
    (tmp_path / "own").mkdir()
    duckdb.sql(f"COPY (SELECT {COLUMNS}) TO '{tmp_path}/secret.parquet'")
    os.symlink(tmp_path / "secret.parquet", tmp_path / "own" / "a.parquet")
    path = wrote(tmp_path / "f.duckdb", f"CREATE VIEW calls AS FROM '{tmp_path}/own/a.parquet'")
    with pytest.raises(DataError, match="which no setting allows"):
        calls_of(path, allow_paths=(str(tmp_path / "own"),))


@pytest.mark.parametrize(
    "name", ["a.parquet", "a[1].parquet", "it's.parquet", "a*b?.parquet", "two words.parquet", "é💀.parquet"]
)
def test_a_declared_file_of_any_name_is_read_linked_or_not(tmp_path, name):
    duckdb.sql(f"COPY (SELECT {COLUMNS}) TO '{tmp_path}/plain.parquet'")
    (tmp_path / "plain.parquet").rename(tmp_path / name)
    os.symlink(tmp_path / name, tmp_path / "link.parquet")
    for given in (name, "link.parquet"):
        assert len(load_calls(CallsData("parquet", calls=str(tmp_path / given)))) == 1
    aliases = tmp_path / "names[1].csv"
    aliases.write_text("alias,caller\nx,y\n")
    settings = CallSettings(aliases=str(aliases))
    assert load_calls(CallsData("parquet", calls=str(tmp_path / name)), settings).callers == ("y",)


def other_files(folder: Path) -> dict[str, str]:
    """A file that is no usable DuckDB file -> what has to be said of it."""
    (folder / "empty.duckdb").touch()
    (folder / "text.duckdb").write_text("call_id,caller\n1,2\n")
    (folder / "zeros.duckdb").write_bytes(bytes(9000))
    sqlite3.connect(folder / "lite.duckdb").execute("CREATE TABLE calls (a)").connection.commit()
    duckdb.sql(f"COPY (SELECT 1) TO '{folder}/parquet.duckdb' (FORMAT parquet)")
    good = wrote(folder / "good.duckdb", CALLS).read_bytes()
    (folder / "cut.duckdb").write_bytes(good[: len(good) // 2])
    (folder / "damaged.duckdb").write_bytes(good[:13000] + bytes(len(good) - 13000))
    patched(wrote(folder / "newer.duckdb", CALLS), 12, 200)
    wrote(
        folder / "maker.duckdb", "SET force_mbedtls_unsafe = 'true'",
        f"ATTACH '{folder}/locked.duckdb' AS l (ENCRYPTION_KEY 'k')", "CREATE TABLE l.calls (a INT)",
    )  # fmt: skip
    (folder / "folder.duckdb").mkdir()
    os.mkfifo(folder / "pipe.duckdb")
    return {
        "empty": "it is empty; .*write it again", "text": "it is no DuckDB file but text; .*data=parquet",
        "zeros": "it is no DuckDB file", "lite": "it is an SQLite database; copy its tables",
        "parquet": "it is a Parquet file; read it with data=parquet", "cut": "cut off; copy it again",
        "damaged": "damaged; restore it", "newer": "newer DuckDB: install that version",
        "locked": "quantray has no key", "folder": "is a folder", "pipe": "is no regular file",
    }  # fmt: skip


def test_what_is_no_duckdb_file_is_told_what_it_is(tmp_path):
    for name, said in other_files(tmp_path).items():
        with pytest.raises(DataError, match=f"{name}.duckdb.*{said}"):
            calls_of(tmp_path / f"{name}.duckdb")


@pytest.mark.slow
def test_a_file_open_elsewhere_says_so_and_a_log_beside_it_is_read(tmp_path):
    path = wrote(tmp_path / "f.duckdb", CALLS)
    program = (
        "import duckdb, sys\n"
        f"c = duckdb.connect({str(path)!r}, config={{'wal_autocheckpoint': '1TB'}})\n"
        "c.execute(\"INSERT INTO calls SELECT 'c2', 'x', 'A', ts + INTERVAL 1 DAY FROM calls\")\n"
        "print('there', flush=True); sys.stdin.read()\n"
        "import os; os._exit(1)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(DataError, match="another program has it open for writing; close it there"):
            calls_of(path)
        other.communicate()
    assert path.with_name("f.duckdb.wal").is_file()
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    assert len(calls_of(path)) == 2
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


@pytest.mark.slow
def test_work_that_spills_leaves_nothing_of_the_users_touched(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".tmp").mkdir()
    (tmp_path / ".tmp" / "mine.csv").write_text("a\n1\n")
    connection = confined(memory_limit="60MB")
    many = "SELECT count(*) FROM (SELECT a, random() AS r FROM range(5000000) t(a) ORDER BY r)"
    assert connection.execute(many).fetchone() == (5_000_000,)
    assert glob.glob(".quantray-*.tmp")
    with pytest.raises(duckdb.PermissionException):
        connection.execute("FROM '.tmp/mine.csv'")
    connection.close()
    assert [p.name for p in tmp_path.iterdir()] == [".tmp"]


def test_limits_stay_those_of_duckdb_unless_they_are_given():
    def limits(connection):
        return connection.execute("SELECT current_setting('memory_limit'), current_setting('threads')").fetchone()

    assert limits(confined()) == limits(duckdb.connect())
    assert limits(confined(memory_limit="512MB", threads=1)) == ("488.2 MiB", 1)


def test_names_in_parts():
    assert parts_of("calls") == ["calls"]
    assert parts_of('raw."my calls"') == ["raw", "my calls"]
    assert parts_of('a."b.""c""".d') == ["a", 'b."c"', "d"]
