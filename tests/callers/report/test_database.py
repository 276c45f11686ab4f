"""The database among the results."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from quantray.callers.report.database import check_database, write_database
from quantray.callers.report.files import write_all
from quantray.errors import ConfigError, DataError
from tests.builders.caller_results import results


@pytest.mark.slow
def test_the_database_keeps_what_was_imported(tmp_path: Path):
    r = results()
    path = write_all(r, tmp_path)["results.duckdb"]
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE imported_results AS SELECT 42 AS answer")
        connection.execute("CREATE TABLE scribbles AS SELECT 1 AS x")
    assert write_all(r, tmp_path)["results.duckdb"] == path
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
        assert tables == {"policies", "best", "survivors", "trades", "calls", "imported_results", "scribbles"}
        assert connection.execute("SELECT answer FROM imported_results").fetchone() == (42,)
        n = connection.execute("SELECT count(*) FROM policies WHERE part = 'train'").fetchone()
    assert n == (len(r.units) * len(r.plan.policies),)


def test_a_database_that_cannot_be_read_is_not_overwritten(tmp_path: Path):
    path = tmp_path / "results.duckdb"
    path.write_bytes(b"not a database" * 1000)
    with pytest.raises(DataError, match="move it away"):
        write_database(path, {}, tmp_path)
    with pytest.raises(ConfigError, match="move it away"):
        check_database(path)
    assert path.read_bytes().startswith(b"not a database")
    assert [p.name for p in tmp_path.iterdir()] == ["results.duckdb"]
