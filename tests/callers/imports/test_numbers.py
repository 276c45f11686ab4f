"""Numbers as people and other tools write them."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from quantray.callers.imports import import_results
from quantray.callers.imports.numbers import number, style_of
from tests.builders.imported import imported, refused


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


COMMAS = {
    "0,125": 0.125, "12,5": 12.5, "1.250,50": 1250.5, "1,250.50": 1250.5, "1,250,000": 1_250_000, "10'250.50": 10250.5,
    "10 250,50": 10250.5, "10\u202f250": 10250, "\u22125.5": -5.5, "1.250.000": 1_250_000, "1e3": 1000, ".5": 0.5,
}  # fmt: skip


@pytest.mark.parametrize("text", COMMAS)
def test_a_number_that_can_only_be_read_one_way_is(text: str) -> None:
    assert number("x", text, style_of("x", [text])) == COMMAS[text]


@pytest.mark.parametrize(
    "text", ["1_000", "0x10", "١٢", "1,2,3", "1,25,000", "--5", "(5)", "1e999", "Infinity", "5k", "12.5.1"]
)
def test_what_is_no_number_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        number("x", text, "point")


def test_one_comma_and_three_digits_are_asked_for_unless_the_column_shows_it() -> None:
    said = refused("caller;final_capital\nA;1,250\n")
    assert "final_capital: '1,250' may be 1250 or 1.25; say which: --decimal point or --decimal comma" in said
    for style, value in (("point", 1250), ("comma", 1.25)):
        assert imported("caller;final_capital\nA;1,250\n", decimal=style).rows[0][1].final_capital == value
    seen = imported("caller;final_capital\nA;1,250\nB;10,250.50\n")
    assert [row.final_capital for _, row in seen.rows] == [1250, 10250.5]
    seen = imported("caller;final_capital\nA;1.250\nB;99,5\n")
    assert [row.final_capital for _, row in seen.rows] == [1250, 99.5]
    said = refused("caller;final_capital\nA;12,5\nB;0.5\n")
    assert "'12,5' has a decimal comma and '0.5' a decimal point" in said
    assert imported("caller;n\nA;1,250\n").rows[0][1].n_trades == 1250, "a count has no decimals"


def test_odd_values_are_kept_beside_and_stored_as_json() -> None:
    rows = [
        {"caller": "A\ud800", "n": 1, "more": [1, float("nan"), {"a": float("inf"), "b": "\ud800\x00"}], "u": "é\u2028"}
    ]
    Path("x.json").write_text(json.dumps(rows))
    (file,) = import_results([Path("x.json")], Path("r.duckdb"))
    assert len(file.rows) == 1
    with duckdb.connect("r.duckdb", read_only=True) as c:
        ((caller, more),) = c.execute("SELECT caller, extra->'$.more' FROM imported_results").fetchall()
    assert caller == "A\\ud800"
    assert json.loads(more)[:2] == [1, None]
    again = import_results([Path("x.json")], Path("r.duckdb"))
    assert again[0].skipped == 1
