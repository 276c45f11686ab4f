"""What a row of a file means, or why it cannot be used."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from quantray.cli import command
from tests.builders.imported import imported, refused


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_return_of_an_account_is_no_trades_return(capsys: pytest.CaptureFixture[str]) -> None:
    text = "caller,Return [%],Win Rate [%],# Trades\nA,120,55,30\n"
    file = imported(text)
    ((_, row),) = file.rows
    assert (row.captured_return, row.win_rate, row.n_trades) == (None, 0.55, 30)
    assert "Return [%] may be of the account or of a trade" in file.hints[0]
    flag = next(part for part in shlex.split(file.hints[0]) if part.startswith("captured_return="))
    assert imported(text, told=dict([flag.split("=", 1)])).rows[0][1].captured_return == pytest.approx(1.2)
    assert command.main(["import-results", "x.csv", "--dry-run", "--into", "d.duckdb"]) == 0
    assert "not taken: Return [%] may be of the account" in capsys.readouterr().out


def test_a_file_of_trades_is_one_by_its_columns_or_by_hand() -> None:
    trades = "caller,entry_time,exit_time,return_pct\nA,1,2,10\nA,2,3,-4\n"
    rows = [row for _, row in imported(trades).rows]
    assert [(r.n_trades, r.win_rate, r.captured_return) for r in rows] == [(1, 1, 0.1), (1, 0, -0.04)]
    plain = imported("caller,avg_return_pct\nA,10\n")
    assert (plain.rows[0][1].n_trades, plain.rows[0][1].win_rate) == (None, None)
    assert imported("caller,avg_return_pct\nA,10\n", trades=True).rows[0][1].n_trades == 1
    assert "a trade without its return" in imported(trades + "A,3,4,\n").failed[0][1]


def test_rows_under_names_are_nobodys_until_it_is_said() -> None:
    content = json.dumps({"strategy": {"n": 3, "winrate": 0.5}, "baseline": {"n": 4, "winrate": 0.4}})
    said = refused(content, "x.json")
    assert "rows stand under names (strategy, baseline, …)" in said
    assert "--map caller=@key or --map policy=@key" in said
    file = imported(content, "x.json", told={"caller": "@key"})
    assert [row.caller for _, row in file.rows] == ["strategy", "baseline"]
    said = refused(json.dumps({"results": [{"caller": "A", "n": 1}], "trades": [{"caller": "A", "n": 2}]}), "x.json")
    assert "holds several lists of rows: results, trades" in said


HOSTILE = {
    "a header twice": ("x.csv", "caller,n,n\nA,1,2\n", "names 'n' 2 times"),
    "a name twice in an object": ("x.json", '[{"caller": "A", "n": 1, "n": 2}]', "names 'n' twice"),
    "one name by two ways": ("x.json", '[{"caller": "A", "a.b": 1, "a": {"b": 2}, "n": 3}]', "it names 'a.b' twice"),
    "too deep": ("x.json", "[" * 100_000, "nested too deep"),
    "a count beyond all": ("x.json", '[{"caller": "A", "n": 1' + "0" * 400 + "}]", "is no"),
    "a list for a number": ("x.json", '[{"caller": "A", "n": [1, 2]}]', "is no number"),
    "true for a number": ("x.json", '[{"caller": "A", "n": true}]', "is no number"),
    "a list for a caller": ("x.json", '[{"caller": ["A"], "n": 1}]', "is no name"),
    "infinity": ("x.json", '[{"caller": "A", "final_capital": Infinity}]', "is no number"),
    "NaN alone": ("x.json", '[{"caller": "A", "final_capital": NaN}]', "no figure"),
    "a long field": ("x.csv", "caller,n\n" + "A" * 200_000 + ",1\n", "no CSV"),
    "no archive": ("x.zip", "not a zip", "cannot be read as an archive"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_in_one_sentence(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    file, content, said = HOSTILE[name]
    Path(file).write_text(content)
    assert command.main(["import-results", file]) == 2
    assert said in capsys.readouterr().err
    assert not Path("results.duckdb").exists()
