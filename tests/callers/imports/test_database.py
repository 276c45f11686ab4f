"""Results of other tools: each row once, each failure with its reason, nothing written by a dry run."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from quantray.callers.imports import import_results
from quantray.cli import command
from tests.builders.imported import CSV, table


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.csv").write_text(CSV)


def test_a_row_arrives_in_our_columns_and_units(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["import-results", "other.csv"]) == 0
    first, second = table()
    assert first == {
        "source": "other.csv", "row": 2, "caller": "A", "policy": "sl=0.9 tp=2 hold=2d", "tp": 2.0, "sl": 0.9,
        "hold_s": 172_800.0, "n_trades": 12, "win_rate": 0.55, "captured_return": None, "final_capital": 10_250.5,
        "max_drawdown": None, "imported_from": "other.csv", "extra": '{"note": "x"}',
    }  # fmt: skip
    assert (second["caller"], second["sl"], second["n_trades"], second["win_rate"]) == ("C", None, 0, None)
    said = capsys.readouterr().out
    assert "2 migrated, 0 skipped (there already), 3 failed" in said
    assert "row 3: sl='1.2' is no multiple between 0 and 1" in said
    assert "row 4: no caller" in said
    assert "row 5: 9 fields, the header has 8" in said
    assert "kept in extra: note" in said


def test_the_same_file_twice_is_there_already(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["import-results", "other.csv"]) == 0
    before = table()
    assert command.main(["import-results", "other.csv", "other.csv"]) == 0
    assert table() == before
    assert "0 migrated, 4 skipped (there already), 6 failed" in capsys.readouterr().out


def test_a_file_that_grew_adds_its_new_rows_and_equal_rows_stay_several(tmp_path: Path) -> None:
    trades = tmp_path / "trades.csv"
    trades.write_text("caller,net_return_pct,asset\nA,10,T\nA,10,T\nA,-5,U\n")
    (first,) = import_results([trades], tmp_path / "r.duckdb", trades=True)
    trades.write_text("caller,net_return_pct,asset\nB,1,T\nA,10,T\nA,10,T\nA,10,T\nA,-5,U\n")
    (second,) = import_results([trades], tmp_path / "r.duckdb", trades=True)
    assert (len(first.rows), first.skipped) == (3, 0)
    assert (len(second.rows), second.skipped) == (2, 3)
    rows = table("r.duckdb")
    assert sum(row["captured_return"] == 0.1 for row in rows) == 3
    assert [(row["n_trades"], row["win_rate"]) for row in rows if row["captured_return"] == -0.05] == [(1, 0.0)]


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["import-results", "other.csv", "--dry-run"]) == 0
    assert "2 migrated" in capsys.readouterr().out
    assert [path.name for path in tmp_path.iterdir()] == ["other.csv"]
    assert command.main(["import-results", "other.csv"]) == 0
    bytes_before = (tmp_path / "results.duckdb").read_bytes()
    capsys.readouterr()
    assert command.main(["import-results", "other.csv", "--dry-run"]) == 0
    assert "0 migrated, 2 skipped" in capsys.readouterr().out
    assert (tmp_path / "results.duckdb").read_bytes() == bytes_before


def test_other_tables_of_the_file_stay(tmp_path: Path) -> None:
    with duckdb.connect("results.duckdb") as connection:
        connection.execute("CREATE TABLE best AS SELECT 'A' AS caller, 2.0 AS tp")
    import_results([tmp_path / "other.csv"], tmp_path / "results.duckdb")
    with duckdb.connect("results.duckdb", read_only=True) as connection:
        query = "SELECT count(*) FROM best JOIN imported_results USING (caller, tp)"
        assert connection.execute(query).fetchone() == (1,)


REFUSED = {
    "caller,win_rate\nA,55\n": "(55 as percent: 55 %); give --map win_rate=win_rate:percent",
    "caller,tp,n\nA,.5,3\n": "(0.5 as gain: +50 %; percent: +0.5 %); give --map tp=tp:gain or --map tp=tp:percent",
    "caller,tp_mult,n\nA,.5,3\n": "tp='.5' is no multiple above 1",
    "caller,n\nA,many\n": "n_trades='many' is no number",
    "caller,n\nA,-1\n": "n_trades='-1' is no count",
    "caller,hold,n\nA,soon,3\n": "hold='soon' must be a duration",
    "caller,note\nA,hello\n": "no figure",
    "caller,n\n ,3\n": "no caller",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_row_that_cannot_be_used_says_why(text: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text(text)
    assert command.main(["import-results", "bad.csv"]) == 2
    said = capsys.readouterr().err
    assert REFUSED[text] in said
    assert ("bad.csv: " if "--map" in REFUSED[text] else "bad.csv row 2") in said
    assert not (tmp_path / "results.duckdb").exists()


def test_what_is_no_database_is_left_alone(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "results.duckdb").write_text("this is no database, and long enough to be looked at " * 10)
    before = (tmp_path / "results.duckdb").read_bytes()
    assert command.main(["import-results", "other.csv"]) == 2
    assert "cannot be opened" in capsys.readouterr().err
    assert (tmp_path / "results.duckdb").read_bytes() == before


def test_a_table_of_text_is_not_taken_for_a_database(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["import-results", "other.csv", "--into", "other.csv"]) == 2
    assert "other.csv cannot be opened: it is no DuckDB file" in capsys.readouterr().err
    assert Path("other.csv").read_text() == CSV


def test_a_negative_drawdown_and_a_percent_sign_in_the_value(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("caller,max_drawdown,win_rate,sl_pct\nA,-0.25,55%,-15\n")
    (file,) = import_results(
        [tmp_path / "x.csv"], tmp_path / "r.duckdb", told={"max_drawdown": "max_drawdown:fraction"}
    )
    ((_, row),) = file.rows
    assert (row.max_drawdown, row.win_rate, row.sl) == (0.25, 0.55, 0.85)
