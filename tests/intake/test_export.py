"""What was imported gives the slice of the original, and so does what was exported from it."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from quantray.errors import QuantrayError
from quantray.intake.export import export_data
from quantray.sweeps.data import load
from quantray.sweeps.data.settings import DataSettings
from tests.builders.intake import content, plain_candles, states, taken
from tests.builders.market_files import frames, write, write_csv

RUN = DataSettings(kind="duckdb")


def in_days(folder: Path) -> list[Path]:
    """The option rows and the bars a day, in files of their own, in no order of time."""
    made = frames()
    write(folder, {"chain": made["chain"]})
    paths = [folder / "chain.parquet"]
    for name in ("underlying", "options"):
        for day, rows in made[name].groupby(made[name]["ts"].dt.date):
            paths.append(folder / f"{name}_{day}.csv")
            rows.to_csv(paths[-1], index=False)
    random.Random(3).shuffle(paths)
    return paths


@pytest.mark.slow
def test_the_slice_is_that_of_the_original_however_it_was_cut_up(tmp_path: Path) -> None:
    digest = load(write(tmp_path, frames())).digest
    into, apart = tmp_path / "m.duckdb", tmp_path / "apart.duckdb"
    taken(into, *tmp_path.glob("*.parquet"))
    assert load(replace(RUN, duckdb=str(into))).digest == digest
    (tmp_path / "days").mkdir()
    for path in in_days(tmp_path / "days"):
        taken(apart, path)
    made = load(replace(RUN, duckdb=str(apart)))
    assert made.digest == digest
    assert "options imported as plain (stamped start) from 3 sources" in made.source
    assert content(apart) == content(into)


@pytest.mark.slow
def test_out_and_in_again(tmp_path: Path) -> None:
    write_csv(tmp_path, frames())
    first, second, out = tmp_path / "a.duckdb", tmp_path / "b.duckdb", tmp_path / "out"
    taken(first, *tmp_path.glob("*.csv"))
    made = export_data(first, out)
    assert [m.table for m in made] == ["underlying", "options", "chain"]
    assert states(taken(second, out)) == ["taken"] * 3
    assert content(second) == content(first)
    assert load(replace(RUN, duckdb=str(second))).digest == load(replace(RUN, duckdb=str(first))).digest


@pytest.mark.slow
def test_what_is_there_is_not_replaced(tmp_path: Path) -> None:
    into, out = tmp_path / "m.duckdb", tmp_path / "out"
    taken(into, plain_candles(tmp_path / "a.csv"))
    export_data(into, out)
    before = (out / "candles.parquet").read_bytes()
    for given in (
        (into, out),
        (into, tmp_path / "new", ("candels",)),
        (tmp_path / "n", out),
    ):
        with pytest.raises(QuantrayError):
            export_data(*given)  # type: ignore[arg-type]
    assert (out / "candles.parquet").read_bytes() == before
    assert not (tmp_path / "new").exists()
