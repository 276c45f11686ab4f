"""The import as a whole: each source once, whole or absent, whatever happens."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quantray.errors import ConfigError, DataError, LedgerError
from quantray.files.duckdb_file import confined
from quantray.intake import Request, import_data
from tests.builders.intake import content, held, plain_candles, query, states, taken


@pytest.mark.slow
def test_the_same_again_takes_nothing_and_a_copy_is_known(tmp_path: Path) -> None:
    into, file = tmp_path / "m.duckdb", plain_candles(tmp_path / "a.csv")
    assert states(taken(into, file)) == ["taken"]
    before = content(into)
    assert states(taken(into, file)) == ["there already"]
    copy = tmp_path / "copy.csv"
    copy.write_bytes(file.read_bytes())
    (done,) = taken(into, copy).done
    assert (done.state, done.why) == ("there already", f"there already, as {file}")
    assert content(into) == before


@pytest.mark.slow
def test_a_changed_file_replaces_what_it_brought_and_it_is_said(tmp_path: Path) -> None:
    into, file = tmp_path / "m.duckdb", plain_candles(tmp_path / "a.csv", n=10)
    taken(into, file)
    plain_candles(file, first=5, n=3)
    (done,) = taken(into, file).done
    assert (done.state, done.why, done.replaced) == ("taken", "it changed since it was imported", 10)
    assert [minute for _, minute, *_ in held(into)] == [5, 6, 7]


@pytest.mark.slow
def test_a_file_that_is_read_another_way_replaces_what_was_read_wrongly(tmp_path: Path) -> None:
    into, file = tmp_path / "m.duckdb", tmp_path / "a.csv"
    file.write_text(plain_candles(file).read_text().replace("Z,", ","))
    taken(into, file)
    (done,) = taken(into, file, timezone="America/New_York").done
    assert "timezone UTC" in done.why
    assert [minute for _, minute, *_ in held(into)] == list(range(300, 310))


@pytest.mark.slow
def test_parts_of_one_file_add_up(tmp_path: Path) -> None:
    from quantray.intake import Wanted

    into, file = tmp_path / "m.duckdb", tmp_path / "a.csv"
    text = plain_candles(file).read_text() + plain_candles(file, "B").read_text().partition("\n")[2]
    file.write_text(text)
    taken(into, file, wanted=Wanted(symbols=("A",)))
    assert {asset for asset, *_ in held(into)} == {"A"}
    taken(into, file, wanted=Wanted(symbols=("B",)))
    assert {asset for asset, *_ in held(into)} == {"A", "B"}


def test_a_dry_run_and_a_refusal_leave_nothing(tmp_path: Path) -> None:
    file = plain_candles(tmp_path / "a.csv")
    before = sorted(tmp_path.rglob("*"))
    request = Request((str(file),), tmp_path / "new" / "m.duckdb")
    assert states(import_data(request, dry_run=True)) == ["would be taken"]
    for sources, into in (((str(tmp_path / "b.csv"),), "m.duckdb"), ((str(file),), "a.csv"), ((str(file),), ".")):
        with pytest.raises((ConfigError, DataError)):
            import_data(Request(sources, tmp_path / into))
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.slow
def test_one_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    into, good = tmp_path / "m.duckdb", plain_candles(tmp_path / "a.csv")
    bad = tmp_path / "b.csv"
    bad.write_text(good.read_text().replace("Z,", "X,"))
    outcome = taken(into, bad, good, limits=Request((), into).limits)
    assert states(outcome) == ["taken", "failed"]
    assert "line 2" in outcome.done[1].why
    assert len(held(into)) == 10


@pytest.mark.slow
def test_two_at_once_into_one_file(tmp_path: Path) -> None:
    into, file = tmp_path / "m.duckdb", plain_candles(tmp_path / "a.csv")
    taken(into, file)
    program = f"import duckdb, time; c = duckdb.connect({str(into)!r}); print(flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        try:
            with pytest.raises(LedgerError, match=f"process {other.pid}"):
                taken(into, plain_candles(tmp_path / "b.csv", "B"))
        finally:
            other.kill()
    assert len(held(into)) == 10


@pytest.mark.slow
def test_killed_at_any_moment_each_source_is_whole_or_absent(tmp_path: Path) -> None:
    """SIGKILL, and the same command again: the file is the one that nobody disturbed."""
    for k in range(6):
        plain_candles(tmp_path / f"{k}.csv", f"T{k}", n=1000)
    sources = [str(tmp_path / "*.csv")]
    whole, into = tmp_path / "whole.duckdb", tmp_path / "killed.duckdb"
    taken(whole, *sources)
    program = (
        "from pathlib import Path; import quantray.intake.importing as i; i.ITEMS = 1; from quantray.intake import *; "
        f"import_data(Request({tuple(sources)!r}, Path({str(into)!r})), lambda p: print(p.items, flush=True))"
    )
    rng, kills = random.Random(5), 0
    for at in (0, 1, 3, 4, 6):
        with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            for _ in range(at):
                process.stdout.readline()
            time.sleep(rng.random() * (0.05 if at else 1.0))
            kills += process.poll() is None
            process.send_signal(signal.SIGKILL)
        if into.exists():
            rows = query(into, "SELECT * FROM quantray_provenance")
            names = query(into, "SELECT count(DISTINCT asset), count(*) FROM candles") if rows else [(0, 0)]
            assert names == [(len(rows), 1000 * len(rows))]
    assert kills
    taken(into, *sources)
    assert content(into) == content(whole)
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []


def test_a_file_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    theirs, file = tmp_path / "theirs.duckdb", plain_candles(tmp_path / "a.csv")
    connection = confined(database=theirs)
    connection.execute("CREATE TABLE candles (asset VARCHAR, price DOUBLE)")
    connection.close()
    before = theirs.read_bytes()
    with pytest.raises(ConfigError, match="not made by quantray data import"):
        taken(theirs, file)
    assert theirs.read_bytes() == before
