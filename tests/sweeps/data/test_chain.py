"""The chain: listed, or derived from option rows."""

from pathlib import Path

import numpy as np
import pandas as pd

from quantray.sweeps.data import load
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
