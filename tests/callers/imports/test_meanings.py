"""Nothing is guessed across meanings: what a number is of is said, or the file is refused with how to say it."""

from __future__ import annotations

import json
import shlex
import zipfile
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.callers.imports import import_results
from quantray.callers.imports.numbers import number, style_of
from quantray.callers.imports.units import UNITS, converted, fits
from quantray.cli import command
from quantray.errors import DataError


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def imported(text: str, name: str = "x.csv", **told: Any) -> Any:
    Path(name).write_text(text)
    (file,) = import_results([Path(name)], Path("r.duckdb"), dry_run=True, **told)
    return file


def refused(text: str, name: str = "x.csv", **told: Any) -> str:
    with pytest.raises(DataError) as caught:
        imported(text, name, **told)
    return str(caught.value)


UNSAID = {
    "caller,tp,n\nA,3.0,1\nA,2.5,1\n": ("tp", ("multiple", "gain", "percent"), (3, 4, 1.03)),
    "caller,take_profit,n\nA,0.5,1\n": ("tp", ("gain", "percent"), (1.5, 1.005)),
    "caller,sl,n\nA,0.9,1\n": ("sl", ("multiple", "gain", "percent"), (0.9, 0.1, 0.991)),
    "caller,stop_loss,n\nA,-0.1,1\n": ("sl", ("gain", "percent"), (0.9, 0.999)),
    "caller,mean_return\nA,1.5\n": ("captured_return", ("gain", "percent", "multiple"), (1.5, 0.015, 0.5)),
    "caller,max_drawdown\nA,-0.25\n": ("max_drawdown", ("fraction", "percent"), (0.25, 0.0025)),
    "caller,win_rate\nA,1\n": ("win_rate", ("fraction", "percent"), (1, 0.01)),
    "caller,win_rate\nA,55\n": ("win_rate", ("percent",), (0.55,)),
    "caller,hold,n\nA,48,1\n": ("hold", ("seconds", "minutes", "hours", "days"), (48, 2880, 172800, 4147200)),
}


@pytest.mark.parametrize("text", UNSAID)
def test_a_unit_that_is_not_said_is_asked_for_with_the_exact_flag(text: str) -> None:
    ours, units, values = UNSAID[text]
    said = refused(text)
    theirs = text.split("\n")[0].split(",")[1]
    flags = [f"{ours}={theirs}:{unit}" for unit in units]
    assert [flag for flag in shlex.split(said.replace(",", " ")) if flag.startswith(f"{ours}={theirs}:")] == flags
    assert not Path("r.duckdb").exists()
    for flag, value in zip(flags, values, strict=True):
        assert command.main(["import-results", "x.csv", "--into", f"{flag[-3:]}.duckdb", "--map", flag]) == 0
        name = "hold_s" if ours == "hold" else ours
        with duckdb.connect(f"{flag[-3:]}.duckdb", read_only=True) as c:
            assert c.execute(f"SELECT {name} FROM imported_results LIMIT 1").fetchone() == (pytest.approx(value),)


def test_a_unit_that_the_name_or_the_value_says_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    file = imported("caller,tp,sl_mult,hold,max_dd_pct,n\nA,3x,.9,48h,25,1\nA,+50%,.8,30m,5,2\n")
    rows = [row for _, row in file.rows]
    assert [(r.tp, r.sl, r.hold_s, r.max_drawdown) for r in rows] == [(3, 0.9, 172800, 0.25), (1.5, 0.8, 1800, 0.05)]
    assert imported("caller,win_rate\nA,.55\nB,1\n").rows[1][1].win_rate == 1


def test_a_unit_in_a_cell_that_contradicts_its_column_is_a_failed_row() -> None:
    file = imported("caller,tp_mult,n\nA,3,1\nA,50%,1\n")
    assert [number for number, _ in file.failed] == [3]
    assert "tp='50%' contradicts its column, which is tp <- tp_mult (multiple)" in file.failed[0][1]
    assert "n_trades has no unit percent" in imported("caller,n\nA,5%\nA,5\n").failed[0][1]
    assert "is no number" in imported("caller,tp_mult,n\nA,3,1\nA,$3,1\n").failed[0][1]


def test_of_mixed_cells_those_without_a_unit_are_asked_for() -> None:
    said = refused("caller,tp,n\nA,50%,1\nA,3,1\n")
    assert "the unit of 3 is not said" in said
    file = imported("caller,tp,n\nA,50%,1\nA,3,1\n", told={"tp": "tp:percent"})
    assert [row.tp for _, row in file.rows] == [1.5, 1.03]


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


TRADE = {
    "pair": "BTC/USDT", "stake_amount": 100.0, "open_date": "2025-01-01 00:00:00+00:00", "open_rate": 1.0,
    "close_date": "2025-01-01 01:00:00+00:00", "close_rate": 1.1, "trade_duration": 60, "profit_ratio": 0.0975,
    "profit_abs": 9.75, "exit_reason": "roi", "min_rate": 0.97, "max_rate": 1.1, "stop_loss_ratio": -0.1,
    "is_open": False, "orders": [{"amount": 1, "cost": float("nan")}],
}  # fmt: skip
FREQTRADE = {
    "metadata": {"Mine": {"run_id": "x"}},
    "strategy": {"Mine": {"trades": [TRADE, {**TRADE, "profit_ratio": -0.1}], "winrate": 0.5}},
    "strategy_comparison": [{"key": "Mine", "trades": 2, "profit_mean_pct": -0.1, "winrate": 0.5}],
}  # fmt: skip


@pytest.mark.parametrize("archived", [False, True])
def test_the_result_file_of_freqtrade_is_its_trades(archived: bool) -> None:
    path = Path("backtest-result-1.json")
    path.write_text(json.dumps(FREQTRADE))
    if archived:
        with zipfile.ZipFile("backtest-result-1.zip", "w") as archive:
            archive.write(path)
            archive.writestr("backtest-result-1_config.json", "{}")
            archive.writestr("backtest-result-1_market_change.feather", b"\x00")
        path = Path("backtest-result-1.zip")
    (file,) = import_results([path], Path("r.duckdb"))
    rows = [row for _, row in file.rows]
    assert [(r.caller, r.n_trades, r.win_rate, r.captured_return) for r in rows] == [
        ("Mine", 1, 1, 0.0975), ("Mine", 1, 0, -0.1),
    ]  # fmt: skip
    assert all(r.sl is None and r.hold_s is None and r.max_drawdown is None for r in rows)
    with duckdb.connect("r.duckdb", read_only=True) as c:
        got = c.execute("SELECT extra->>'$.min_rate', extra->'$.orders[0].cost' FROM imported_results").fetchall()
    assert got[0] == ("0.97", "null")
    again = import_results([path], Path("t.duckdb"), told={"caller": "pair"})
    assert [row.caller for _, row in again[0].rows] == ["BTC/USDT"] * 2


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


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(UNITS)), st.floats(-1e6, 1e6, allow_nan=False), st.data())
def test_a_value_in_a_unit_that_fits_lies_where_ours_may(ours: str, value: float, data: st.DataObject) -> None:
    unit = data.draw(st.sampled_from(UNITS[ours]))
    if not fits(ours, unit, value):
        return
    got = converted(ours, unit, value)
    if ours == "tp":
        assert got >= 1
    elif ours == "sl" or ours in ("win_rate", "max_drawdown"):
        assert 0 <= got <= 1
    elif ours == "hold":
        assert got > 0


@pytest.mark.parametrize("low", [-1.0001, -1.5, -12, -80])
def test_a_return_below_what_can_be_lost_is_no_gain_by_its_name_alone(low: float) -> None:
    text = f"caller,captured_return\nA,45\nB,{low}\n"
    said = refused(text)
    assert "captured_return=captured_return:percent" in said
    rows = imported(text, told={"captured_return": "captured_return:percent"}).rows
    assert [row.captured_return for _, row in rows] == pytest.approx([0.45, low / 100])
    rows = imported(text, told={"captured_return": "captured_return:gain"}).rows  # of a leveraged account, say
    assert [row.captured_return for _, row in rows] == [45, low]
    assert [row.captured_return for _, row in imported("caller,captured_return\nA,45\nB,-1\n").rows] == [45, -1]
