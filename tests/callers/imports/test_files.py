"""Files of rows: JSON in its forms, fields between commas, semicolons or tabs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quantray.callers.imports import import_results
from quantray.callers.imports.files import read
from quantray.cli import command
from tests.builders.imported import CSV


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.csv").write_text(CSV)


JSON_FORMS = {
    "list": [{"caller": "A", "trades": 3, "winRate": 0.5}],
    "container": {"generated": "2025", "results": [{"caller": "A", "trades": 3, "winRate": 0.5}]},
    "by name": {"A": {"trades": 3, "winRate": 0.5}},
    "lists by name": {"A": [{"trades": 3, "winRate": 0.5}]},
    "container by caller": {"callers": {"A": {"trades": 3, "win_rate": 0.5}}},
    "nested": [{"caller": "A", "metrics": {"num_trades": 3, "win_rate": 0.5}}],
    "one": {"caller": "A", "metrics": {"num_trades": 3, "win_rate": 0.5}, "policy": {"tp": 2}},
}


@pytest.mark.parametrize("form", JSON_FORMS)
def test_forms_of_json(form: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(json.dumps(JSON_FORMS[form]))
    told = {"caller": "@key"} if "name" in form else {"tp": "policy.tp:multiple"} if form == "one" else {}
    (file,) = import_results([path], tmp_path / "r.duckdb", told=told)
    ((_, row),) = file.rows
    assert (row.caller, row.n_trades, row.win_rate, row.tp) == ("A", 3, 0.5, 2.0 if form == "one" else None)


def test_lines_of_json_and_members_that_are_no_rows(tmp_path: Path) -> None:
    lines = tmp_path / "other.jsonl"
    lines.write_text('{"caller": "A", "n": 3}\n\nnot json\n[]\n{"caller": "B", "n": 2.5}\n')
    (file,) = import_results([lines], tmp_path / "r.duckdb")
    assert [number for number, _ in file.rows] == [1]
    assert [number for number, _ in file.failed] == [3, 4, 5]
    assert "n_trades=2.5 is no count" in file.failed[2][1]
    by_caller = tmp_path / "by.json"
    by_caller.write_text('{"A": {"n": 3}, "B": {"n": 4}, "C": 7}')
    (file,) = import_results([by_caller], tmp_path / "r.duckdb", told={"caller": "@key"})
    assert [row.caller for _, row in file.rows] == ["A", "B"]
    assert file.failed == [(3, "it is no object with names and values")]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("missing.csv", None, "cannot be read"),
        ("empty.csv", b"", "holds no row"),
        ("header.csv", b"caller,n\n", "holds no row"),
        ("broken.json", b"{", "is no JSON"),
        ("bytes.csv", b"\xff\xfe\x00", "no UTF-8"),
        ("results.xlsx", b"", "results are read from .csv"),
    ],
)
def test_a_file_that_cannot_be_read(
    name: str, content: bytes | None, said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    assert command.main(["import-results", name]) == 2
    assert said in capsys.readouterr().err
    assert command.main(["import-results", name, "other.csv"]) == 0, "the other file is taken"
    assert "1 file unread" in capsys.readouterr().out


def test_a_semicolon_or_tab_between_fields(tmp_path: Path) -> None:
    for name, mark in (("a.csv", ";"), ("b.tsv", "\t")):
        (tmp_path / name).write_text(f"caller{mark}n\nA, the first{mark}3\n")
        assert read(tmp_path / name).rows == [(2, {"caller": "A, the first", "n": "3"})]
