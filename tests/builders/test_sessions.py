import numpy as np
import pytest

from quantray.sweeps.market import CROSSED_QUOTE, ZERO_QUOTE
from tests.builders.sessions import tiny_slice


@pytest.mark.slow
def test_same_seed_same_bytes_and_another_seed_others():
    assert tiny_slice().digest == tiny_slice().digest != tiny_slice(seed=1).digest


def test_has_every_kind_of_gap():
    session = tiny_slice(1).sessions[0]
    assert np.isnan(session.close[:3]).all()
    assert np.isfinite(session.close[3:]).all()
    assert session.filled.mean() == pytest.approx(0.1, abs=0.02)
    assert (session.ask == ZERO_QUOTE).any()
    assert (session.ask == CROSSED_QUOTE).any()
    assert np.isnan(session.ask).any()
    assert (np.isnan(session.bid) & (session.ask > 0)).any()


def test_prints_next_day_contracts_and_minute_bars():
    session = tiny_slice(1, quotes=False, interval_s=60, next_day=True).sessions[0]
    assert session.n_bars == 390
    assert session.ask is None
    assert (np.isfinite(session.last) == session.fresh).all()
    assert set(session.expiry - session.day) == {0, 1}
