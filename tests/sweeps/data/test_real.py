"""Real market data, where it is at hand: SPY seconds, GOOG option quotes on minutes."""

from pathlib import Path

import numpy as np
import pytest

from quantray.sweeps.data import DataSettings, check_gates, load
from quantray.sweeps.data.settings import Gates
from quantray.sweeps.market import CALL, Slice

REAL = Path(__file__).parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason=f"real market data is not at {REAL}")


def goog(first: str, last: str) -> Slice:
    return load(
        DataSettings(
            kind="parquet", underlying=str(REAL / "underlying_1m.parquet"),
            options=str(REAL / "option_quotes_1m.parquet"), symbol="GOOG", from_=first, to=last,
        )
    )  # fmt: skip


@pytest.mark.slow
def test_goog_on_its_half_day():
    market = goog("2015-12-24", "2015-12-24")
    session = market.sessions[0]
    assert session.n_bars == 210
    assert market.has_quotes
    assert int((session.expiry == session.day).sum()) == 176
    assert session.close[-1] == pytest.approx(748.37, abs=0.5)
    assert market.quality["quarantined_quotes_share"] == 0
    check_gates(market, Gates())


def test_goog_parity_holds_so_rows_lie_where_they_belong():
    session = goog("2015-12-24", "2015-12-24").sessions[0]
    mid = (session.bid + session.ask) / 2
    gaps = []
    for i in np.flatnonzero((session.right == CALL) & (session.expiry == session.day)):
        j = np.flatnonzero((session.right != CALL) & (session.expiry == session.expiry[i])
                           & (session.strike == session.strike[i]))  # fmt: skip
        if len(j):
            gaps.append((mid[i] - mid[j[0]] + session.strike[i]) / session.close - 1)
    assert abs(np.nanmedian(gaps)) < 0.0002


def test_goog_the_day_before_has_contracts_of_the_next_day_only():
    session = goog("2015-12-23", "2015-12-23").sessions[0]
    assert len(session.symbol) == 118
    assert set(session.expiry - session.day) == {1}


@pytest.mark.slow
def test_goog_on_a_day_without_options_is_left_out():
    market = goog("2015-12-23", "2015-12-28")
    assert market.dates == ("2015-12-23", "2015-12-24")
    assert market.quality["sessions_no_options"] == 1


@pytest.mark.slow
def test_spy_seconds_with_modelled_options():
    market = load(DataSettings(kind="parquet", underlying=str(REAL / "spy_trades_1s.parquet"), chain="synthetic"))
    assert len(market) == 5
    assert {s.n_bars for s in market} == {23_400}
    assert market.sessions[0].close[-1] == pytest.approx(167.42, abs=0.05)
    assert market.quality["suspect_bars"] == 1
    bad = 5 * 3600 + 33 * 60 + 4  # 19:03:04 UTC on 2013-10-08
    session = market.sessions[1]
    assert session.close[bad] == 167.51
    # makers of quotes see the whole market: a bad print moves the tape, not the options
    assert np.abs(session.ask[:, bad] - session.ask[:, bad - 1]).max() <= 0.01
