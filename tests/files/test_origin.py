"""Where imported rows came from, in the words of a report; never a reason for a run to fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.files.duckdb_file import confined, open_market
from quantray.files.origin import origin_of
from tests.builders.intake import plain_candles, taken


def told(file: Path, table: tuple[str, str] = ("main", "candles")) -> str:
    connection, catalog = open_market(str(file))
    with connection:
        return origin_of(connection, catalog, table)


@pytest.mark.slow
def test_one_sentence_for_each_way_of_reading(tmp_path: Path) -> None:
    into = tmp_path / "m.duckdb"
    taken(into, plain_candles(tmp_path / "a.csv"))
    assert told(into) == "candles imported as plain (stamped start, UTC) from a.csv"
    taken(into, plain_candles(tmp_path / "b.csv", "B"), plain_candles(tmp_path / "c.csv", "C"))
    assert told(into) == "candles imported as plain (stamped start, UTC) from 3 sources"
    for k, zone in enumerate(("Europe/Rome", "Asia/Tokyo", "America/New_York")):
        taken(into, plain_candles(tmp_path / f"{k}.csv", f"N{k}"), timezone=zone)
    assert told(into).endswith(" and 1 other way")
    assert told(into, ("main", "calls")) == told(into, ("raw", "candles")) == ""


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE other (x INTEGER)",
        "CREATE TABLE quantray_provenance (x INTEGER)",
        "CREATE TABLE x (a INTEGER); CREATE VIEW quantray_provenance AS FROM x; DROP TABLE x",
        "CREATE TABLE quantray_provenance AS SELECT 'candles' AS \"table\", E'\\x1b[31m' AS format, "
        "'no JSON' AS reading, 'x' AS name, 1 AS rows, '[1]' AS set_aside",
    ],
)
def test_tables_of_others_are_no_reason_to_fail(statement: str, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs.duckdb"
    connection = confined(database=theirs)
    connection.execute(statement)
    connection.close()
    assert "\x1b" not in told(theirs)
