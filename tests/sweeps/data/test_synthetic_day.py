"""A day of the synthetic market."""

import numpy as np
import pytest

from quantray.sweeps.data import SyntheticSettings
from quantray.sweeps.data.synthetic_day import WITHDRAWN, make_day


def test_the_last_quote_is_worth_exercise():
    day = make_day(SyntheticSettings(withdrawn_share=0.0), 20_000, 23_400, None)
    worth = np.maximum(np.concatenate((day.path.latent[-1] - day.strike, day.strike - day.path.latent[-1])), 0)
    mid = (day.bid[:, -1] + day.ask[:, -1]) / 200
    assert np.abs(mid - worth).max() <= 0.01


def test_withdrawn_quotes_follow_no_price():
    day = make_day(SyntheticSettings(withdrawn_share=0.05), 20_000, 23_400, None)
    share = (day.ask == WITHDRAWN).mean()
    assert share == pytest.approx(0.05, abs=0.02)
    assert (day.bid[day.ask == WITHDRAWN] == 0).all()
