"""Results of other tools: each row once, each failure with its reason, nothing written by a dry run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from quantray.callers.imports import import_results
from quantray.callers.imports.columns import match
from quantray.callers.imports.files import read
from quantray.cli import command
from quantray.cli.imports import ranges
from quantray.errors import DataError

CSV = """Caller Name,TP Mult,sl_mult,Hold Hours,Total Trades,Win Rate [%],finalCapital,note
A,2,.9,48,12,55,"$10,250.50",x
B,2,1.2,48,12,55,10250.50,x
,2,.9,48,12,55,10250.50,x
C,2,.9,48,12,55,10250.50,x,y
C,3,,48,0,,10000,
"""


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other.csv").write_text(CSV)


def table(where: str = "results.duckdb") -> list[dict[str, Any]]:
    with duckdb.connect(where, read_only=True) as connection:
        got = connection.execute("FROM imported_results ORDER BY source, row")
        names = [column[0] for column in got.description]
        return [dict(zip(names, row, strict=True)) for row in got.fetchall()]


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
    ("column", "ours", "unit"),
    [
        ("caller", "caller", ""),
        ("CallerName", "caller", ""),
        ("metrics.winRate", "win_rate", ""),
        ("Win Rate %", "win_rate", "percent"),
        ("win_ratio", "win_rate", "fraction"),
        ("hold_minutes", "hold", "minutes"),
        ("hold_s", "hold", "seconds"),
        ("Max. Drawdown [%]", "max_drawdown", "percent"),
        ("Avg. Trade [%]", "captured_return", "percent"),
        ("captured_return", "captured_return", "gain"),
        ("takeProfit", "tp", ""),
        ("tp_mult", "tp", "multiple"),
        ("sl_ratio", "sl", "gain"),
    ],
)
def test_a_column_is_found_by_its_name(column: str, ours: str, unit: str) -> None:
    (found,) = match([column], {}).values()
    assert (found.ours, found.unit) == (ours, unit)


OTHERS = [
    "pnl", "pnl_pct", "note", "entry_price", "symbol", "min_rate", "win_rte", "Return [%]", "roi", "buy_hold.win_rate",
    "max_drawdown_abs", "profit_ratio", "drawdown",
]  # fmt: skip


@pytest.mark.parametrize("column", OTHERS)
def test_a_column_that_may_be_something_else_is_none_of_ours(column: str) -> None:
    assert match([column], {}) == {}


def test_a_column_is_ours_once_and_by_its_clearest_name() -> None:
    found = match(["avg_return", "mean_return", "trades", "n_trades"], {})
    assert (found["captured_return"].theirs, found["n_trades"].theirs) == ("mean_return", "n_trades")


def test_two_columns_of_one_name_are_not_chosen_from() -> None:
    with pytest.raises(DataError, match=r"win_rate and stats\.win_rate may both be win_rate; give --map"):
        match(["win_rate", "stats.win_rate"], {})
    assert match(["win_rate", "stats.win_rate"], {"win_rate": "stats.win_rate"})["win_rate"].theirs == "stats.win_rate"


def test_columns_may_be_told_and_wrong_names_are_answered(capsys: pytest.CaptureFixture[str]) -> None:
    Path("k.csv").write_text("Kanal,Erfolg %\nA,50\n")
    assert command.main(["import-results", "k.csv", "--map", "caller=Kanal", "--map", "win_rate=Erfolg %"]) == 0
    ((caller, won),) = [(row["caller"], row["win_rate"]) for row in table()]
    assert (caller, won) == ("A", 0.5)
    capsys.readouterr()
    for told, answer in (
        ("callr=Kanal", "did you mean 'caller'"),
        ("caller=Kanl", "did you mean 'Kanal'"),
        ("x", "OURS"),
    ):
        assert command.main(["import-results", "k.csv", "--map", told]) == 2
        assert answer in capsys.readouterr().err


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


def test_a_semicolon_or_tab_between_fields(tmp_path: Path) -> None:
    for name, mark in (("a.csv", ";"), ("b.tsv", "\t")):
        (tmp_path / name).write_text(f"caller{mark}n\nA, the first{mark}3\n")
        assert read(tmp_path / name).rows == [(2, {"caller": "A, the first", "n": "3"})]


def test_ranges_of_rows() -> None:
    assert ranges([9, 3, 4, 5]) == "3-5, 9"
