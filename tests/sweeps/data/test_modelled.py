"""Modelled options on a real underlying: no look ahead, said to be modelled."""

from pathlib import Path

import numpy as np

from quantray.sweeps.data import load
from tests.builders.market_files import frames, write


def _settings(folder: Path, made):
    folder.mkdir()
    return write(folder, {"underlying": made["underlying"]}, chain="synthetic")


def test_quotes_use_nothing_of_the_future(tmp_path: Path):
    made = frames()
    before = load(_settings(tmp_path / "a", made))
    bars = made["underlying"]
    second = bars.ts.dt.date.astype(str) == "2024-11-29"
    later = bars.index > bars.index[second][100]
    bars.loc[later, ["open", "high", "low", "close"]] *= 1.3
    after = load(_settings(tmp_path / "b", made))
    assert after.session_digests[0] == before.session_digests[0]
    upto = np.s_[:, :101]
    np.testing.assert_array_equal(after.sessions[1].bid[upto], before.sessions[1].bid[upto])
    np.testing.assert_array_equal(after.sessions[1].ask[upto], before.sessions[1].ask[upto])
    assert (after.sessions[1].ask[:, 110] != before.sessions[1].ask[:, 110]).any()


def test_what_earlier_sessions_showed_prices_the_later_ones(tmp_path: Path):
    made = frames()
    calm = load(_settings(tmp_path / "a", made))
    bars = made["underlying"]
    first = bars.ts.dt.date.astype(str) == "2024-11-27"
    for name in ("open", "high", "low", "close"):
        bars.loc[first, name] = 100 + (bars.loc[first, name] - 100) * 5
    wild = load(_settings(tmp_path / "b", made))
    assert np.nanmean(wild.sessions[1].ask) > np.nanmean(calm.sessions[1].ask)


def test_shape_mode_and_source(tmp_path: Path):
    market = load(_settings(tmp_path / "a", frames()))
    assert "modelled" in market.source
    session = market.sessions[1]
    assert session.has_quotes
    assert len(session.symbol) == 34
    assert (session.expiry == session.day).all()
    assert session.n_bars == 210
    worth = np.maximum((session.close[-1] - session.strike) * session.right, 0)
    assert np.abs(np.nan_to_num(session.bid[:, -1]) / 2 + session.ask[:, -1] / 2 - worth).max() <= 0.01


def test_nothing_is_quoted_before_the_first_trade(tmp_path: Path):
    made = frames()
    made["underlying"] = made["underlying"].drop(index=range(5)).reset_index(drop=True)
    session = load(_settings(tmp_path / "a", made)).sessions[0]
    assert np.isnan(session.ask[:, :5]).all()
    assert np.isfinite(session.ask[:, 5:]).all()
