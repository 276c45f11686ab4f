"""Text that came with the data: shown as codes where it could do harm, harmless in CSV, as it was in Parquet."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantray.callers.data.names import chosen
from quantray.callers.data.settings import CallSettings
from quantray.callers.imports.files import read
from quantray.plain import amount, cell, in_json, one_line, original, shown, write_csv
from quantray.report.tables import write_table_csv
from tests.test_layers import FILES

FORMULAS = [
    "=cmd|' /C calc'!A0",
    "+1+cmd|x",
    "-2+3+cmd|x",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "'=1",
    "''=1",
    "-",
    "=",
    "--1",
]
CONTROLS = [
    "\x1b[31mred",
    "\x1b]0;title\x07",
    "a\x9b31m",
    "a\u202eb",
    "a\u2066b",
    "a\u2028b",
    "a\u2029b",
    "\x00",
    "a\rb",
    "\x7f",
    "\ufeffa",
]
HARMLESS = [
    "ann",
    "",
    "O'Neill",
    "'quoted'",
    "a=b",
    "1.5",
    "-1.5",
    "+3",
    "-1e-9",
    "C:\\users\\x1b",
    "größe",
    "a b",
    "[bold]x",
]


@pytest.mark.parametrize("text", CONTROLS)
def test_controls_are_shown_as_codes(text: str) -> None:
    told = shown(text)
    assert told.isprintable()
    assert re.search(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4})", told)
    assert shown(told) == told
    assert json.loads(in_json(json.dumps(text, ensure_ascii=False))) == text


@pytest.mark.parametrize("text", [*HARMLESS, "two\nlines\tand a tab"])
def test_other_text_is_shown_as_it_is(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text_in_a_cell(text: str) -> None:
    assert cell(text).startswith("'")
    assert original(cell(text)) == text


@pytest.mark.parametrize("value", [*HARMLESS, -1.5, 3, None, True, float("nan")])
def test_numbers_and_names_stay(value: object) -> None:
    told = cell(value)
    assert told is value or told == value or "\\\\x1b" in told
    if isinstance(value, str):
        assert original(told) == value


@given(st.text(st.characters(codec="utf-8")))
def test_reading_undoes_what_writing_did(text: str) -> None:
    told = cell(text)
    assert original(told) == text
    assert not re.match("[=@\t\r\n＝＋－＠]", told)
    assert shown(told) == told
    assert "\n" not in told


@given(st.text("'=+-@\\x1bu202e\x1b\t\r\nab"))
def test_also_where_our_own_marks_stand_in_the_text(text: str) -> None:
    assert original(cell(text)) == text


@given(st.text(st.characters(codec="utf-8", exclude_characters="'\\")))
def test_nothing_else_is_undone(text: str) -> None:
    assert original(text) == text


def test_a_file_of_ours_is_imported_as_it_was(tmp_path: Path) -> None:
    names = [*FORMULAS, *CONTROLS, *HARMLESS]
    rows = [{"caller": name, "win_rate": -0.5, "n_trades": i + 1} for i, name in enumerate(names) if name.strip()]
    write_csv(tmp_path / "rows.csv", ["caller", "win_rate", "n_trades"], rows)
    write_table_csv(pandas.DataFrame(rows), tmp_path / "table.csv")
    for file in ("rows.csv", "table.csv"):
        got = [row for _, row in read(tmp_path / file).rows]
        assert [row["caller"] for row in got] == [row["caller"] for row in rows]
        assert {row["win_rate"] for row in got} == {"-0.5"}
        raw = (tmp_path / file).read_bytes().decode()
        assert not re.search(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029]", raw)
        for cells in csv.reader(io.StringIO(raw, newline="")):
            assert not cells[0].startswith(tuple("=@\t\r＝"))


def test_a_name_is_no_line_of_ours() -> None:
    assert one_line("ann\nerror: none\t\x1b[2J") == r"ann\x0aerror: none\x09\x1b[2J"


def test_a_name_copied_from_our_csv_names_the_caller() -> None:
    settings = CallSettings(callers=("'=cmd|x", "ann"), groups={"two": ["'=cmd|x", "'bob"]})
    callers, groups, _ = chosen(settings, {}, ["=cmd|x", "ann", "'bob"])
    assert callers is not None
    assert {"=cmd|x", "ann"} <= callers
    assert {name: set(who) for name, who in groups.items()} == {"two": {"=cmd|x", "'bob"}}


def test_there_is_one_place_for_each() -> None:
    """No file prints through a console of its own, or writes CSV beside the two writers."""
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        if path.name != "console.py":
            assert not re.search(r"(?<!Plain)Console\(", text), path
        if path.name not in ("tables.py", "plain.py"):
            assert not re.search(r"\.to_csv\(|csv\.(writer|DictWriter)|FORMAT CSV|write_csv\(['\"]", text), path
        if path.name != "outlets.py":
            assert "logging.getLogger(__name__)" not in text, path


#: Where a number before a plural is never one, and why.
NEVER_ONE = (
    "enough for {most:,} points",  # of a table that is refused because it has more
    "All {n:,} callers share",  # the one caller is said in words
    "of {len(silent):,} assets that fall silent",  # three at least
    "of {len(price):,} calls lies in its candle", "of {len(some):,} calls lies in the candle",  # five at least
    "{found.n_tested:,} callers that could be tested",  # of more than one
    "give{'s' if n_tried == 1 else ''}",  # a verb
    "The exact surface of {plan.space.size:,} points",  # of more than the largest that is computed
)  # fmt: skip
COUNTED = re.compile(
    r"\{[^{}]*:,\} (?:trades|calls|callers|assets|candidates|trials|points|sessions|duplicates|drivers|candles|units"
    r"|policies|bars|evaluations|studies|rows of the)\b|\{'' if \w+ == 1 else 's'\}|\{'s' if [^{}]+ else ''\}"
)


def test_no_sentence_says_one_trades() -> None:
    """What is counted goes through ``amount``, which knows the singular."""
    found = {}
    for path in FILES:
        for line in path.read_text(encoding="utf-8").splitlines():
            if COUNTED.search(line) and not any(said in line for said in NEVER_ONE):
                found[f"{path.name}: {line.strip()}"] = path
    assert not found
    assert (amount(1, "trade"), amount(0, "trade"), amount(2, "policy", "policies")) == (
        "1 trade", "0 trades", "2 policies",
    )  # fmt: skip
