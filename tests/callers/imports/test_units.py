"""Units of figures: said by the name, by the value, or asked for."""

from __future__ import annotations

import shlex
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.callers.imports.units import UNITS, converted, fits
from quantray.cli import command
from tests.builders.imported import imported, refused


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


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


@pytest.mark.slow
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
