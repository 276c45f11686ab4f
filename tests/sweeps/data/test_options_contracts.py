"""Which contracts a session has, when they end, and what an ask is worth; docs/rules.md, "Contracts" and "Quotes"."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quantray.errors import DataError
from quantray.sweeps.data import check_gates, load
from quantray.sweeps.data.settings import Gates
from tests.builders.market_files import frames, write
from tests.builders.option_chains import DAY, first, market, osi, with_twins

# the standard contract ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [DAY, "2024-11-27"])
@pytest.mark.parametrize("prefix", ["", "O:", "."])
def test_the_pm_settled_twin_is_the_same_day_contract(day: str, prefix: str, tmp_path: Path):
    made = market((day,), symbol=lambda root, date, strike: prefix + osi(root, date, strike))
    wanted = load(write(tmp_path, made)).digest
    assert load(write(tmp_path, with_twins(made, lambda s: s.replace("SPXW", "SPX")))).digest == wanted


@pytest.mark.slow
def test_contracts_settled_in_the_morning_are_no_same_day_contracts(tmp_path: Path):
    made = market(("2024-11-14", DAY), root="SPX", expiry=lambda _: pd.Timestamp(DAY).date(),
                  symbol=lambda root, _, strike: osi(root, DAY, strike))  # fmt: skip
    made["chain"] = made["chain"].drop_duplicates()
    got = load(write(tmp_path, made))
    assert got.dates == ("2024-11-14",)  # they trade for the last time the session before
    assert set(got.sessions[0].expiry - got.sessions[0].day) == {1}
    assert got.quality["sessions_no_options"] == 1
    assert got.quality["rows_unlisted"] == 6 * 390


def test_a_vendors_spx_on_other_days_is_taken_at_its_word(tmp_path: Path):
    session = first(tmp_path, market(("2024-11-27",), root="SPX"))
    assert (session.expiry == session.day).sum() == 6


def test_two_contracts_that_nothing_tells_apart_are_refused_with_both_symbols(tmp_path: Path):
    made = with_twins(market(), lambda s: s.replace("SPXW", "SPXW  "))
    said = (
        r"chain.parquet: 'SPXW  241115P00099000' and 'SPXW241115P00099000' are both the put of strike 99 "
        r"that expires on 2024-11-15.*leave one of them out"
    )
    with pytest.raises(DataError, match=said):
        load(write(tmp_path, made))


@pytest.mark.parametrize("clock", ["13:00", "12:59:30", "09:31", "16:00", "16:15"])
def test_a_contract_with_a_time_of_day_ends_there(clock: str, tmp_path: Path):
    made = market(expiry=lambda d: pd.Timestamp(f"{d} {clock}").tz_localize("America/New_York"))
    whole = first(tmp_path, market())
    got = load(write(tmp_path, made, min_options_span=0.0))
    session = got.sessions[0]
    offset = pd.Timedelta(clock if clock.count(":") == 2 else f"{clock}:00") - pd.Timedelta("09:30:00")
    end = min(int(offset.total_seconds()) // 60, 390)
    assert session.ends.tolist() == [end] * 6
    assert np.isnan(session.ask[:, end:]).all()
    np.testing.assert_array_equal(session.ask[:, :end], whole.ask[:, :end])
    assert not session.fresh[:, end:].any()
    assert got.quality["rows_after_expiry"] == 6 * (390 - end)


def test_a_contract_that_ends_at_the_open_trades_the_session_before_for_the_last_time(tmp_path: Path):
    made = market(("2024-11-14", DAY), expiry=lambda _: pd.Timestamp(f"{DAY} 09:30").tz_localize("America/New_York"),
                  symbol=lambda root, _, strike: osi(root, DAY, strike))  # fmt: skip
    made["chain"] = made["chain"].drop_duplicates()
    got = load(write(tmp_path, made))
    assert got.dates == ("2024-11-14",)
    assert set(got.sessions[0].expiry - got.sessions[0].day) == {1}
    assert (got.sessions[0].ends == 390).all()


# symbols ------------------------------------------------------------------------------------------------------------


def test_rows_of_symbols_that_the_chain_does_not_have_pass_a_gate(tmp_path: Path):
    made = frames()
    made["options"].loc[made["options"].index % 2 == 0, "symbol"] = "OTHER"
    made["options"] = made["options"].drop_duplicates(["ts", "symbol"])
    got = load(write(tmp_path, made))
    share = (made["options"].symbol == "OTHER").mean()
    assert got.quality["unknown_symbols_share"] == pytest.approx(share)
    with pytest.raises(DataError, match=r"gate max_unknown_symbols: \d+\.\d+% .*raise gates\.max_unknown_symbols"):
        check_gates(got, Gates())
    check_gates(got, Gates(max_unknown_symbols=0.6))
