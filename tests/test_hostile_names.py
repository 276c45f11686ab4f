"""A run about callers whose names a terminal would obey and a spreadsheet would run: every file and every line."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from quantray.callers.imports.files import read
from quantray.cli import command
from tests.builders.call_tables import call_rows, candle_rows, write_duckdb

NAMES = ("=cmd|' /C calc'!A0", "\x1b]0;owned\x07\x1b[2Jann", "[bold red]bert[/]", "a\u202ecarla\u2028x", "@SUM(A1)\n-2")
ASSETS = ("=T0", "T\x1b[31m1", "-T2", "[/]T3")
RAW = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


pytestmark = pytest.mark.slow


@pytest.fixture
def overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.chdir(tmp_path)
    rows = [(who, ASSETS[(i + k) % 4], 5 + 50 * i + k) for k, who in enumerate(NAMES) for i in range(12)]
    rows.append((NAMES[0], "=gone", 20.0))
    path = write_duckdb(tmp_path, calls=call_rows(*rows), candles=candle_rows({a: range(900) for a in ASSETS}))
    return [f"data.duckdb={path.name}", "data.cache=cache", "policy.hold=1h", "constraints.min_trades=1"]


def test_no_name_is_obeyed_anywhere(overrides: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    more = ["runner=local", "gates.max_excluded_calls=0.5", "run_dir=out"]
    assert command.main(["run", "+experiment=v1_baseline", *overrides, *more]) == 0
    assert command.main(["calls", "coverage", *overrides, *more, "--worklist", "w.csv", "--listed", "l.csv"]) == 0
    assert command.main(["calls", "plan", *overrides, *more]) == 0
    assert command.main(["study", "show", "--where", "out"]) == 0
    told = capsys.readouterr()
    for text in (told.out, told.err):
        assert not RAW.search(text)
    assert "[bold red]bert[/]" in told.out
    assert r"\x1b]0;owned\x07\x1b[2Jann" in told.out
    assert "owned" in told.out

    out = tmp_path / "out"
    for file in (*out.glob("*.csv"), tmp_path / "w.csv", tmp_path / "l.csv"):
        text = file.read_bytes().decode()
        assert not RAW.search(text)
        for row in csv.reader(io.StringIO(text, newline="")):
            for value in row:
                assert re.fullmatch(r"[+-]?[\d.]+(e[+-]?\d+)?", value) or not value.startswith(tuple("=+-@\t\r\n")), (
                    value
                )
    for file in (*out.glob("*.html"), *out.glob("*.json")):
        assert not RAW.search(file.read_text(encoding="utf-8")), file

    # what is kept, is kept as it was, and what we read back is that again
    calls = pq.read_table(out / "calls.parquet")
    assert set(calls["caller"].to_pylist()) == set(NAMES)
    units = {
        row["caller"] if "caller" in row else next(iter(row.values()))
        for _, row in read(out / "optimal_policies.csv").rows
    }
    assert set(NAMES) <= units
    with duckdb.connect(str(out / "results.duckdb"), read_only=True) as base:
        assert set(NAMES) <= {row[0] for row in base.execute("SELECT DISTINCT caller FROM calls").fetchall()}


def test_a_wrong_name_is_answered_in_one_harmless_line(
    overrides: list[str], capsys: pytest.CaptureFixture[Any]
) -> None:
    lines = ["+experiment=v1_baseline", *overrides, "runner=local", "calls.callers=['=cmd|x']"]
    assert command.main(["run", *lines]) == 2
    told = capsys.readouterr().err
    assert not RAW.search(told)
    assert told.splitlines()[-1].startswith("error: calls.callers")
    assert told.count("\n") == len([line for line in told.splitlines() if line.startswith(("v1_baseline", "error:"))])
