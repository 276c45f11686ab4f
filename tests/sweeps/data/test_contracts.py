"""Which contracts a session has, when they end, and what an ask is worth; docs/rules.md, "Contracts" and "Quotes"."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from quantray.errors import DataError
from quantray.sweeps.data import check_gates, load
from quantray.sweeps.data.standard import adjusted, root_of, third_friday, trading_day
from quantray.sweeps.market import CALL, Session
from quantray.sweeps.plan import Gates
from tests.builders.market_files import Frames, frames, write

DAY = "2024-11-15"  # a third Friday


def market(
    dates: tuple[str, ...] = (DAY,), root: str = "SPXW", expiry: Callable[[str], Any] | None = None,
    symbol: Callable[[str, str, float], str] | None = None,
) -> Frames:  # fmt: skip
    """The minute bars of ``frames`` on other days, with calls and puts of 99, 100, 101 under symbols of clearing."""
    bars, chain, rows = [], [], []
    for date in dates:
        ts = pd.date_range(f"{date} 09:30", periods=390, freq="min", tz="America/New_York").tz_convert("UTC")
        close = np.round(100 + np.cumsum(np.random.default_rng(3).normal(0, 0.02, 390)), 2)
        bars.append(pd.DataFrame({"ts": ts, "symbol": "SPX", "open": close, "high": close + 0.02, "low": close - 0.02,
                                  "close": close, "volume": 100.0}))  # fmt: skip
        for right in "CP":
            for strike in (99.0, 100.0, 101.0):
                name = (symbol or osi)(f"{root}", date, strike * (1 if right == "C" else -1))
                chain.append({"symbol": name, "underlying": "SPX", "strike": strike, "right": right,
                              "expiry": (expiry or (lambda d: pd.Timestamp(d).date()))(date)})  # fmt: skip
                worth = np.maximum((close - strike) * (1 if right == "C" else -1), 0) + 0.3
                rows.append(pd.DataFrame({"ts": ts, "symbol": name, "bid": worth - 0.02, "ask": worth + 0.02}))
    options = pd.concat(rows).sort_values(["ts", "symbol"], kind="stable").reset_index(drop=True)
    return {"underlying": pd.concat(bars).reset_index(drop=True), "chain": pd.DataFrame(chain), "options": options}


def osi(root: str, date: str, strike: float) -> str:
    """Clearing's symbol; a negative strike is a put's."""
    return f"{root}{date[2:].replace('-', '')}{'C' if strike > 0 else 'P'}{round(abs(strike) * 1000):08d}"


def first(folder: Path, made: Frames, **changes: Any) -> Session:
    return load(write(folder, made, **changes)).sessions[0]


def with_twins(made: Frames, change: Callable[[str], str], **columns: Any) -> Frames:
    twins = made["chain"].assign(symbol=made["chain"].symbol.map(change), **columns)
    made["chain"] = pd.concat([twins, made["chain"]], ignore_index=True)
    return made


# the standard contract ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", [DAY, "2024-11-27"])
@pytest.mark.parametrize("prefix", ["", "O:", "."])
def test_the_pm_settled_twin_is_the_same_day_contract(day: str, prefix: str, tmp_path: Path):
    made = market((day,), symbol=lambda root, date, strike: prefix + osi(root, date, strike))
    wanted = load(write(tmp_path, made)).digest
    assert load(write(tmp_path, with_twins(made, lambda s: s.replace("SPXW", "SPX")))).digest == wanted


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


def test_two_contracts_that_nothing_tells_apart_are_refused_with_both_symbols(tmp_path: Path):
    made = with_twins(market(), lambda s: s.replace("SPXW", "SPXW  "))
    said = (
        r"chain.parquet: 'SPXW  241115P00099000' and 'SPXW241115P00099000' are both the put of strike 99 "
        r"that expires on 2024-11-15.*leave one of them out"
    )
    with pytest.raises(DataError, match=said):
        load(write(tmp_path, made))


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


# quotes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [np.inf, 199_999.99, 150.0])
@pytest.mark.parametrize("when", [0, 200])
def test_an_ask_above_what_the_right_can_be_worth_asks_nothing_and_the_bid_stands(
    value: float, when: int, tmp_path: Path
):
    made = market()
    wanted = first(tmp_path, made)
    if when == 0:  # before the first trade of the underlying nobody can buy, but the quote stands
        made["underlying"] = made["underlying"][5:].reset_index(drop=True)
        made["options"] = made["options"][(made["options"].index < 6) | (made["options"].index >= 60)]
    at = made["options"].index[when * 6 : when * 6 + 6]
    made["options"].loc[at, "ask"] = value
    got = load(write(tmp_path, made))
    session = got.sessions[0]
    span = slice(0, 10) if when == 0 else slice(when, when + 1)
    assert np.isnan(session.ask[:, span]).all()
    assert np.array_equal(session.bid[:, when], wanted.bid[:, when])
    assert np.nanmax(session.ask) < 5
    assert got.quality["quarantined_quotes_absurd_ask"] == 6
    assert got.quality["quarantined_quotes_share"] == pytest.approx(6 / got.quality["quotes"])


def test_an_ask_at_the_bound_within_the_tolerance_is_an_ask(tmp_path: Path):
    made = market()
    made["options"]["ask"] = 99.1  # what the puts' lowest strike is worth at most, and a tenth more
    session = first(tmp_path, made)
    assert np.isnan(session.ask).sum() == 0
    assert np.isnan(first(tmp_path, made, arbitrage_tolerance=0.0).ask[session.right != CALL][0]).all()


def test_an_infinite_bid_is_no_quote(tmp_path: Path):
    made = market()
    made["options"].loc[made["options"].index % 3 == 0, ["bid", "ask"]] = np.inf
    got = load(write(tmp_path, made))
    assert got.quality["quarantined_quotes_bounds"] == len(made["options"]) // 3
    assert not np.isinf(got.sessions[0].bid).any()
    assert not np.isinf(got.sessions[0].ask).any()


def test_an_infinite_print_is_no_print(tmp_path: Path):
    made = frames(quotes=False)
    made["options"].loc[5, "last"] = np.inf
    assert load(write(tmp_path, made)).quality["quarantined_prints_bounds"] == 1


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
