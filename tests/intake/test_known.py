"""What an imported file notes of its sources."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quantray.files import digest_of_file
from quantray.intake import Wanted
from tests.builders.intake import candles, plain_candles, query, states, taken


def test_how_each_source_was_read_is_kept_with_the_data(tmp_path: Path) -> None:
    into, file = tmp_path / "m.duckdb", plain_candles(tmp_path / "a.csv")
    taken(into, file, wanted=Wanted(from_="2025-01-01"))
    ((name, path, size, digest, wanted, table, format, reading, rows, aside),) = query(
        into,
        'SELECT name, path, bytes, digest, filter, "table", format, reading, rows, set_aside FROM quantray_provenance',
    )
    assert (name, path, size, digest) == (str(file), str(file), *digest_of_file(file))
    assert (wanted, table, format, rows, json.loads(aside)) == ("from 2025-01-01", "candles", "plain", 10, {})
    assert json.loads(reading) == {"stamp": "start", "timezone": "UTC", "filter": "from 2025-01-01"}


@pytest.mark.slow
def test_nothing_that_is_noted_depends_on_the_day(tmp_path: Path) -> None:
    file = plain_candles(tmp_path / "a.csv")
    for name in ("m.duckdb", "n.duckdb"):
        taken(tmp_path / name, file)
    told = [query(tmp_path / name, "FROM quantray_provenance") for name in ("m.duckdb", "n.duckdb")]
    assert told[0] == told[1]


@pytest.mark.slow
def test_an_archive_and_its_members_are_known_each(tmp_path: Path) -> None:
    import zipfile

    into, archive = tmp_path / "m.duckdb", tmp_path / "z.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for asset in "AB":
            packed.write(plain_candles(tmp_path / f"{asset}.csv", asset), f"{asset}.csv")
    assert states(taken(into, archive)) == ["taken", "taken"]
    assert states(taken(into, archive)) == ["there already", "there already"]
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(plain_candles(tmp_path / "A.csv"), "A.csv")
        packed.write(candles(tmp_path / "B.csv", [("B", 99, 1.0, 1.0)]), "B.csv")
    outcome = taken(into, archive)
    assert [done.replaced for done in outcome.done] == [10, 10]
    assert outcome.tables == {"candles": 11}
