"""Symbols in SQL; tests/files/formats/test_symbols.py holds them equal to Python's."""

from __future__ import annotations

import duckdb
import pytest

from quantray.files.formats.contract_sql import built, unbuildable, underlying


@pytest.mark.parametrize(
    ("root", "strike", "wrong"),
    [("SPY", "545.5", False), ("SPY", "0.0005", True), ("spy", "5", True), ("SPY", "0", True), ("SPY", "-1", True),
     ("SPY", "100000", True), ("SPY", "0.001", False), ("TOOLONGX", "5", True), ("BRK.B", "5", True)],
)  # fmt: skip
def test_parts_without_a_symbol_are_told(root: str, strike: str, wrong: bool):
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT {unbuildable(repr(root), strike + '::DOUBLE')}").fetchone()
    assert found == (wrong,)


def test_a_symbol_is_root_date_right_and_thousands_and_null_of_nothing():
    with duckdb.connect() as connection:
        sql = built("'SPY'", "DATE '2024-08-16'", "'P'", "545.5")
        assert connection.execute(f"SELECT {sql}").fetchone() == ("SPY240816P00545500",)
        nothing = built("'SPY'", "NULL::DATE", "'P'", "545.5")
        assert connection.execute(f"SELECT {nothing}").fetchone() == (None,)


def test_clearings_digit_is_no_part_of_the_underlying():
    with duckdb.connect() as connection:
        rows = "(VALUES ('AAPL1'), ('SPXW'), ('SPXW1'), ('SPY')) t(r)"
        found = connection.execute(f"SELECT {underlying('r')} FROM {rows}").fetchall()
    assert [row[0] for row in found] == ["AAPL", "SPX", "SPX", "SPY"]
