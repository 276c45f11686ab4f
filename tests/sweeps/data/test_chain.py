"""The chain: listed, or derived from option rows."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

from quantray.errors import DataError
from quantray.files.tables import Table
from quantray.sweeps.data import load
from quantray.sweeps.data.chain import check_underlying, read_chain
from quantray.sweeps.data.sessions import Span
from quantray.sweeps.market import CALL, PUT
from tests.builders.market_files import DATES, frames, write


def test_contracts_are_the_days_own_and_sorted(tmp_path: Path):
    session = load(write(tmp_path, frames())).sessions[0]
    assert session.right.tolist() == [CALL] * 3 + [PUT] * 3
    assert session.strike.tolist() == [99, 100, 101] * 2
    assert (session.expiry == session.day).all()
    assert (session.multiplier == 100).all()


def test_a_chain_is_derived_from_option_rows_that_carry_it(tmp_path: Path):
    made = frames()
    whole = load(write(tmp_path, made))
    made["options"] = made["options"].merge(made.pop("chain").drop(columns=["underlying", "multiplier"]), on="symbol")
    made["options"] = made["options"].sort_values("ts", kind="stable")
    (tmp_path / "derived").mkdir()
    assert load(write(tmp_path / "derived", made)).digest == whole.digest


def test_a_chain_lists_contracts_that_never_have_a_price(tmp_path: Path):
    made = frames()
    gone = f"SPOT {DATES[0]} C100"
    made["options"] = made["options"][made["options"].symbol != gone]
    session = load(write(tmp_path, made)).sessions[0]
    assert gone in session.symbol
    assert not session.fresh[session.symbol.index(gone)].any()


def test_a_chain_with_dates_lists_by_them(tmp_path: Path):
    made = frames()
    made["chain"]["session_date"] = pd.Timestamp(DATES[0]).date()
    market = load(write(tmp_path, made))
    assert market.dates == DATES[:1]
    assert market.quality["sessions_no_options"] == 2
    # all contracts are named for the first session, and none has expired by then
    assert set(np.unique(market.sessions[0].expiry - market.sessions[0].day)) == {0, 2, 5}


def test_expired_contracts_are_not_listed(tmp_path: Path):
    made = frames()
    mine = made["chain"].symbol == f"SPOT {DATES[2]} C99"
    made["chain"].loc[mine, ["expiry", "strike"]] = [pd.Timestamp(DATES[1]).date(), 98.0]
    market = load(write(tmp_path, made))
    assert f"SPOT {DATES[2]} C99" not in market.sessions[2].symbol
    assert market.quality["rows_unlisted"] > 0


def table(rows: pd.DataFrame) -> Table:
    """A chain of these rows."""
    connection = duckdb.connect()
    connection.register("rows", rows)
    connection.execute("CREATE TABLE t AS SELECT * FROM rows")
    names = {str(name): str(name) for name in rows.columns}
    return Table(connection, "chain", "chain", "t", names, {}, tuple(names))


@pytest.mark.parametrize(
    ("names", "symbol", "said"),
    [
        (["SPOT", None], "SPOT", "rows without an underlying"), (["SPOT", ""], None, "rows without an underlying"),
        (["SPOT", "spot"], "SPOT", "write one name everywhere"), (["SPOT "], "SPOT", "write one name everywhere"),
        (["SPOT", "OTHR"], None, "choose one with data.symbol=OTHR"), (["SPOT"], "SPTO", "did you mean 'SPOT'"),
    ],
)  # fmt: skip
def test_no_row_is_left_out_because_its_underlying_is_not_told_or_told_in_two_ways(names, symbol, said):
    with pytest.raises(DataError, match=said):
        check_underlying(table(pd.DataFrame({"underlying": names})), symbol)


def test_rows_of_other_underlyings_are_others():
    for names, symbol in ((["SPOT", "OTHR"], "SPOT"), (["SPOT"], None), ([" "], " ")):
        check_underlying(table(pd.DataFrame({"underlying": names})), symbol)


def test_symbols_of_two_underlyings_need_a_column_that_tells_them_apart():
    def chain(*symbols: str) -> Table:
        rows = pd.DataFrame({"symbol": symbols, "expiry": pd.Timestamp("2024-11-29").date(), "right": "C"})
        rows["strike"], rows["expires"] = np.arange(len(rows)) + 1.0, pd.Timestamp("2024-11-29T21:00Z")
        return table(rows)

    span = Span((), 0, 0, ())
    with pytest.raises(DataError, match=r"options on SPY and on QQQ by their symbols"):
        read_chain(chain("SPY241129C00500000", "QQQ241129C00501000"), None, span)
    for alike in (("SPX241129C05000000", "SPXW241129C05000000"), ("AAPL241129C00200000", "AAPL7 241129C00201000"),
                  ("C 100", "D 100")):  # fmt: skip
        assert len(read_chain(chain(*alike), None, span).symbol) == 2
