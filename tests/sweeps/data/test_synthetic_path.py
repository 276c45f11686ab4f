"""The path of the underlying of the synthetic market."""

import numpy as np
import pytest

from quantray.sweeps.data import SyntheticSettings
from quantray.sweeps.data.synthetic_path import profile, simulate_day


def test_the_day_is_u_shaped():
    path = [simulate_day(np.random.default_rng(k), SyntheticSettings(), 23_400, 400.0) for k in range(12)]
    volume = np.mean([p.volume for p in path], axis=0).reshape(13, 1800).mean(axis=1)
    moves = np.mean([np.diff(np.log(p.latent), prepend=np.log(400)) ** 2 for p in path], axis=0)
    moves = moves.reshape(13, 1800).mean(axis=1)
    for shape in (volume, moves):
        assert shape[0] > 1.5 * shape[5:8].mean()
        assert shape[-1] > 1.2 * shape[5:8].mean()


def test_bars_are_consistent_whole_cents():
    path = simulate_day(np.random.default_rng(3), SyntheticSettings(), 23_400, 400.0)
    assert (path.low <= np.minimum(path.open, path.close)).all()
    assert (path.high >= np.maximum(path.open, path.close)).all()
    np.testing.assert_allclose(path.close * 100, np.rint(path.close * 100), atol=1e-9)
    assert np.abs(path.close - path.latent).max() <= 0.005 + 1e-9
    assert 0.7 < path.traded.mean() < 0.9
    assert path.traded[0]
    assert path.traded[-1]


def test_what_is_to_come_sums_to_the_day_and_ends_at_nothing():
    s = SyntheticSettings(vol_of_day=0.0)
    path = simulate_day(np.random.default_rng(0), s, 23_400, 400.0)
    shape = profile(23_400)
    assert path.variance[0] == pytest.approx(s.daily_vol**2 * (1 - shape[0]))
    assert path.intensity[0] == pytest.approx(s.jumps_per_day * (1 - shape[0]))
    assert path.variance[-1] == path.intensity[-1] == 0
