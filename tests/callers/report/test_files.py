"""Every file of a run of the optimiser, for every shape of results."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import duckdb
import pandas
import pytest

from quantray.callers.report.files import write_all
from quantray.callers.report.html import report_html
from tests.builders.caller_pages import page
from tests.builders.caller_results import SHAPES, results
from tests.builders.pages import fetched

FILES = {"optimal_policies.csv", "trades.parquet", "calls.parquet", "worklist.csv", "summary.json", "report.html",
         "results.duckdb", "policies", "survivors.parquet", "trades.csv"}  # fmt: skip
KINDS = [pytest.param(s, marks=pytest.mark.slow) if s == "thousand callers" else s for s in SHAPES]
COMPARED = ("optimal_policies.csv", "survivors.parquet", "trades.parquet", "trades.csv", "calls.parquet",
            "worklist.csv")  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("shape", KINDS)
def test_every_file_is_written_and_reads_back(shape: str, tmp_path: Path):
    r = SHAPES[shape]()
    files = write_all(r, tmp_path / "run")
    assert set(files) == FILES
    left = {p.name for p in (tmp_path / "run").iterdir()}
    assert left == FILES - {"policies"} | {".quantray"}  # and nothing is left beside them
    found = json.loads(files["summary.json"].read_text(), parse_constant=lambda name: pytest.fail(name))
    assert list(found["units"]) == [u.name for u in r.units]
    assert len(pandas.read_csv(files["optimal_policies.csv"])) == len(r.units)
    assert len(pandas.read_parquet(files["calls.parquet"])) == len(r.coverage)
    with duckdb.connect(str(files["results.duckdb"]), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM best").fetchone() == (len(r.units),)


@pytest.mark.slow
@pytest.mark.parametrize("shape", KINDS)
def test_the_page_stands_alone_and_prints_no_nothing(shape: str):
    html, said = page(SHAPES[shape]())
    assert re.findall(r"""(?:src|href|action)\s*=\s*["'](?!data:|#)""", html) == []
    assert fetched(html) == []
    assert not re.findall(r"\b(?:None|nan|NaN|inf|NaT|<NA>)\b", said)
    drawn = re.findall(r'(?:points|x|y|x1|y1|x2|y2|width|height|cx|cy)="([^"]*)"', html)
    assert not [value for value in drawn if "nan" in value or "inf" in value]
    assert len(html) < 3_000_000


@pytest.mark.slow
def test_the_same_results_give_the_same_bytes(tmp_path: Path):
    one, two = write_all(results(), tmp_path / "a"), write_all(results(), tmp_path / "b")
    for name in COMPARED:
        assert one[name].read_bytes() == two[name].read_bytes(), name
    assert report_html(results()) == report_html(results())


@pytest.mark.slow
def test_what_took_how_long_is_in_no_compared_file(tmp_path: Path):
    one = write_all(results(), tmp_path / "a")
    two = write_all(replace(results(), seconds=99.0, reused=7), tmp_path / "b")
    for name in COMPARED:
        assert one[name].read_bytes() == two[name].read_bytes(), name
