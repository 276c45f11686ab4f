from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantray.files.formats.contract_sql import taken_apart
from quantray.files.formats.symbols import build, parse, root_of, underlying_of

KNOWN = {
    "SPY240816C00545000": ("SPY", "", date(2024, 8, 16), "C", Decimal("545")),
    "O:SPY240816P00545500": ("SPY", "", date(2024, 8, 16), "P", Decimal("545.5")),
    "SPXW  240816C05450000": ("SPXW", "", date(2024, 8, 16), "C", Decimal("5450")),
    "SPX   240816C05450000": ("SPX", "", date(2024, 8, 16), "C", Decimal("5450")),
    ".SPXW240816C5450": ("SPXW", "", date(2024, 8, 16), "C", Decimal("5450")),
    ".SPY240816P545.5": ("SPY", "", date(2024, 8, 16), "P", Decimal("545.5")),
    "AAPL1 240816C00225000": ("AAPL", "1", date(2024, 8, 16), "C", Decimal("225")),
    "O:GOOG7151224C00700125": ("GOOG", "7", date(2015, 12, 24), "C", Decimal("700.125")),
    " SPY240816C00545000 ": ("SPY", "", date(2024, 8, 16), "C", Decimal("545")),
}
HOSTILE = (
    "", " ", "SPY", "O:", "O:SPY", "SPY240816X00545000", "SPY240230C00545000", "SPY241316C00545000",
    "SPY240816C00000000", "SPY240816C0054500", "SPY240816C005450000", "spy240816c00545000", "TOOLONGX240816C00545000",
    "SPY240816C0054500O", "SPY24081 C00545000", "SPY240816C-0545000", "SPY240816C 0545000", "SPY240816C+0545000",
    "';DROP TABLE t;--240816C00545000", "O:O:SPY240816C00545000", ".SPY240816C", ".SPY240816C0",
    "SPY240816C００５４５０００",
    "SPY\n240816C00545000", "SPY240816C00545000\x00", "1SPY240816C00545000", "SPY12240816C00545000", "X" * 10_000,
)  # fmt: skip


@pytest.mark.parametrize("symbol", KNOWN)
def test_a_symbol_of_the_family_has_its_parts(symbol: str):
    found = parse(symbol)
    assert found is not None
    assert (found.root, found.digit, found.expiry, found.right, found.strike) == KNOWN[symbol]
    assert parse(str(found)) == found


@pytest.mark.parametrize("symbol", HOSTILE)
def test_what_is_none_of_the_family_is_none(symbol: str):
    assert parse(symbol) is None


def in_sql(symbols: list[str]) -> list[tuple[object, ...]]:
    """The parts that SQL finds: symbol, underlying, expiry, strike, right, whether it is bad."""
    cells = taken_apart("x", str)
    columns = ", ".join(f"{cell.value} AS {name}_" for name, cell in cells.items())
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE t (n INTEGER, x VARCHAR)")
        connection.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(symbols)))
        return connection.execute(f"SELECT {columns}, {cells['symbol'].bad} AS bad FROM t ORDER BY n").fetchall()


def test_sql_and_python_agree_on_the_known_and_the_hostile():
    # a text that ends in NUL is no text of a file
    every = [*KNOWN, *(symbol for symbol in HOSTILE if "\0" not in symbol and symbol.strip())]
    for symbol, (text, underlying, expiry, strike, right, bad) in zip(every, in_sql(every), strict=True):
        found = parse(symbol)
        assert bad == (found is None), symbol
        if found is not None:
            assert (text, expiry, right) == (str(found), found.expiry, found.right)
            assert underlying == found.underlying
            assert strike == float(found.strike)


@given(
    root=st.from_regex(r"\A[A-Z]{1,6}\Z"), digit=st.sampled_from(["", "1", "7"]),
    day=st.dates(date(2000, 1, 1), date(2099, 12, 31)), right=st.sampled_from("CP"),
    thousandths=st.integers(1, 10**8 - 1), prefix=st.sampled_from(["", "O:", "."]), pad=st.booleans(),
)  # fmt: skip
def test_what_is_built_is_parsed_back(
    root: str, digit: str, day: date, right: str, thousandths: int, prefix: str, pad: bool
):
    symbol = build(root + digit, day, right, Decimal(thousandths) / 1000)
    width = 6 if pad else 0
    found = parse(prefix + (root + digit).ljust(width) + symbol[len(root + digit) :])
    assert found is not None
    assert str(found) == symbol
    assert found.strike * 1000 == thousandths


@pytest.mark.parametrize("strike", [0, -1, "12.3456", 100_000, "1e9"])
def test_a_strike_that_no_symbol_can_hold_is_refused(strike: object):
    with pytest.raises(ValueError, match="no symbol for strike"):
        build("SPY", date(2024, 8, 16), "C", strike)


def test_roots_of_an_index_name_the_index():
    assert [underlying_of(root) for root in ("SPXW", "NDXP", "RUTW", "VIXW", "SPX", "SPY", "")] == [
        "SPX", "NDX", "RUT", "VIX", "SPX", "SPY", "",
    ]  # fmt: skip
    assert root_of("GOOG7  151224C00700000") == ("GOOG", "7")
