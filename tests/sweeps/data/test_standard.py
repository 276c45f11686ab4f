"""Which contracts are standard: roots, expiries and trading days."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quantray.sweeps.data import load
from quantray.sweeps.data.standard import adjusted, root_of, third_friday, trading_day
from tests.builders.market_files import write
from tests.builders.option_chains import first, market, with_twins


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "columns"),
    [
        (lambda s: s.replace("SPXW", "SPXW1"), {}),
        (lambda s: s.replace("SPXW", "SPXW1"), {"multiplier": 150.0}),
        (lambda s: s + " adjusted", {"multiplier": 150.0}),
        (lambda s: s + " mini", {"multiplier": 10.0}),
    ],
)
def test_adjusted_contracts_do_not_shadow_the_standard_ones(change: Any, columns: Any, tmp_path: Path):
    made = market()
    wanted = load(write(tmp_path, made)).digest
    got = load(write(tmp_path, with_twins(made, change, **columns)))
    assert got.digest == wanted
    assert got.quality["contracts_adjusted"] == 6


def test_where_only_an_adjusted_contract_is_left_none_is_taken(tmp_path: Path):
    made = market()
    mine = made["chain"].strike == 100
    made["chain"].loc[mine, "symbol"] = made["chain"].symbol.str.replace("SPXW", "SPXW7")
    made["options"]["symbol"] = made["options"].symbol.where(
        ~made["options"].symbol.str.endswith("100000"), made["options"].symbol.str.replace("SPXW", "SPXW7")
    )
    got = load(write(tmp_path, made))
    assert set(got.sessions[0].strike) == {99, 101}
    assert got.quality["contracts_adjusted"] == 2
    assert got.quality["rows_unlisted"] == 2 * 390


def test_a_chain_whose_multiplier_is_another_throughout_is_standard_there(tmp_path: Path):
    made = market()
    made["chain"]["multiplier"] = 10.0
    session = first(tmp_path, made)
    assert session.multiplier.tolist() == [10.0] * 6


@pytest.mark.parametrize(
    ("symbol", "root"),
    [
        ("SPXW241115C05900000", ("SPXW", "")), ("GOOG7 151224C00700000", ("GOOG", "7")),
        ("TSLA1_240119C250", ("TSLA", "1")), ("O:SPY241115P00500000", ("SPY", "")), (".SPXW241115C5900", ("SPXW", "")),
        ("SPOT 2024-11-27 C100", ("SPOT", "")), ("ABC2241115C00001000", ("ABC", "2")), ("12345", ("", "")),
        ("NIFTY24NOV19000CE", ("NIFTY", "")),
    ],
)  # fmt: skip
def test_roots(symbol: str, root: tuple[str, str]):
    assert root_of(symbol) == root


def test_a_digit_of_the_underlyings_own_name_is_no_adjustment():
    assert adjusted(("FOO7241115C00001000",), ["FOO7"]).tolist() == [False]
    assert adjusted(("FOO7241115C00001000",), ["FOO"]).tolist() == [True]


# the day and the time of the expiry ---------------------------------------------------------------------------------


def test_a_saturday_expiry_is_the_fridays(tmp_path: Path):
    made = market(("2013-10-18",), expiry=lambda _: pd.Timestamp("2013-10-19").date())
    session = first(tmp_path, made)
    assert (session.expiry == session.day).all()


def test_an_expiry_on_a_holiday_is_the_day_before(tmp_path: Path):
    made = market(("2024-03-28",), expiry=lambda _: pd.Timestamp("2024-03-29").date())  # Good Friday
    assert set(first(tmp_path, made).expiry) == {int(np.datetime64("2024-03-28", "D").astype(int))}


def test_trading_days():
    days = np.array([10, 11, 14, 15])
    assert trading_day(np.array([9, 10, 12, 13, 14, 15, 16]), days).tolist() == [9, 10, 11, 11, 14, 15, 16]
    for month in np.arange("2010-01", "2030-01", dtype="datetime64[M]"):
        found = np.datetime64(third_friday(int(month.astype("datetime64[D]").astype(int)) + 20), "D")
        assert found.astype("datetime64[M]") == month
        assert found.item().weekday() == 4
        assert 15 <= found.item().day <= 21
