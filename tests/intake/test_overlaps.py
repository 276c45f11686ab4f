"""Rows that came more than once: what is held follows from the set of rows, not from their order."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.builders.intake import Candle, candles, held, query, taken
from tests.reference.imported import settled


def some_files(rng: random.Random) -> dict[str, list[Candle]]:
    files = {}
    for k in range(3):
        rows = [
            (rng.choice("AB"), rng.randint(0, 9), float(rng.choice([1, 1, 2])), rng.choice([10.0, 20.0]))
            for _ in range(rng.randint(1, 20))
        ]
        files[f"{k}.csv"] = sorted(rows) if rng.random() < 0.5 else rows
    return files


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_files_and_a_way_back_change_nothing(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    files = some_files(rng)
    paths = {name: candles(tmp_path / name, rows) for name, rows in files.items()}
    together, apart = tmp_path / "together.duckdb", tmp_path / "apart.duckdb"
    taken(together, *paths.values())
    assert held(together) == settled(files.values())
    names = rng.sample(sorted(paths), len(paths))
    for name in names:
        taken(apart, paths[name])
    assert held(apart) == held(together)
    candles(paths[names[0]], [("A", 3, 9.0, 99.0)])  # it changes, and changes back
    taken(apart, paths[names[0]])
    assert held(apart) == settled([[("A", 3, 9.0, 99.0)], *(files[name] for name in names[1:])])
    candles(paths[names[0]], files[names[0]])
    taken(apart, paths[names[0]])
    assert held(apart) == held(together)


def test_each_batch_is_in_time_order_of_every_name(tmp_path: Path) -> None:
    rows = [("B", 5, 1.0, 1.0), ("A", 7, 1.0, 1.0), ("B", 2, 1.0, 1.0), ("A", 1, 1.0, 1.0)]
    into = tmp_path / "m.duckdb"
    taken(into, candles(tmp_path / "a.csv", rows))
    got = query(into, "SELECT asset, epoch(ts) FROM candles")
    for name in "AB":
        times = [t for asset, t in got if asset == name]
        assert times == sorted(times)


@pytest.mark.slow
def test_what_is_there_and_what_contradicts_is_counted(tmp_path: Path) -> None:
    into, first = tmp_path / "m.duckdb", [("A", m, 1.0, 5.0) for m in range(10)]
    taken(into, candles(tmp_path / "a.csv", first))
    again = [*first[:8], ("A", 8, 2.0, 5.0), ("A", 9, 2.0, 6.0), ("A", 10, 1.0, 5.0)]
    (done,) = taken(into, candles(tmp_path / "b.csv", again)).done
    assert (done.taken[0].rows, done.taken[0].equal, done.taken[0].contradicting) == (11, 8, 2)
    assert [row[1:3] for row in held(into)] == [*((m, 1.0) for m in range(8)), (9, 2.0), (10, 1.0)]


@pytest.mark.slow
def test_another_vendors_file_is_refused(tmp_path: Path) -> None:
    from quantray.intake import Limits

    into = tmp_path / "m.duckdb"
    taken(into, candles(tmp_path / "a.csv", [("A", m, 1.0, 5.0) for m in range(10)]))
    before = held(into)
    other = candles(tmp_path / "b.csv", [("A", m, 1.01, 7.0) for m in range(10)])
    (done,) = taken(into, other, limits=Limits()).done
    assert done.state == "failed"
    assert "10 rows of 10 contradict" in done.why
    assert held(into) == before
