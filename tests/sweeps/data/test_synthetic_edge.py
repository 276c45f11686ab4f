"""Nobody earns on the synthetic market by luck of its making; who asks for an edge gets more of it for more."""

import numpy as np
import pytest

from quantray.sweeps.data import SyntheticSettings
from quantray.sweeps.data.synthetic_day import WITHDRAWN, Day, make_day
from quantray.sweeps.data.synthetic_edge import PATIENCE_S, RECLAIM, STRETCH

N, DAY = 23_400, 20_000


def random_trades(day: Day, rng: np.random.Generator, trades: int = 400) -> float:
    """Mean gain in cents, mid to mid (no bid counts as 0), of random contracts entered and left at random."""
    bid, ask = day.bid, day.ask
    contract, entry = rng.integers(0, len(bid), trades), rng.integers(0, N - 1, trades)
    leave = np.minimum(entry + rng.integers(1, 1800, trades), N - 1)
    quoted = (ask[contract, entry] != WITHDRAWN) & (ask[contract, leave] != WITHDRAWN)
    c, e, x = contract[quoted], entry[quoted], leave[quoted]
    return float(((bid[c, x] + ask[c, x]) - (bid[c, e] + ask[c, e])).mean() / 2)


def z(samples: list[float]) -> float:
    """Mean over its standard error; one sample a session, for trades of one session share its moves."""
    return float(np.mean(samples) / (np.std(samples, ddof=1) / np.sqrt(len(samples))))


def market(seed: int, **changes) -> Day:
    return make_day(SyntheticSettings(**{"seed": seed, "strikes": 5, "strike_step": 2.0, **changes}), DAY, N, None)


@pytest.mark.slow
def test_random_entries_earn_nothing_mid_to_mid():
    samples = [random_trades(market(seed), np.random.default_rng([9, seed])) for seed in range(120)]
    assert abs(z(samples)) < 3
    assert np.std(samples, ddof=1) / np.sqrt(len(samples)) < 0.6  # cents: an edge of 2 cents would be seen


@pytest.mark.slow
def test_nor_when_jumps_rule():
    lively = {"jumps_per_day": 8.0, "jump_mean": -0.002, "daily_vol": 0.004, "strikes": 3}
    samples = [random_trades(market(seed, **lively), np.random.default_rng([8, seed])) for seed in range(60)]
    assert abs(z(samples)) < 3


def reclaim_gain(seed: int, edge: float) -> float:
    """Mean move of the price, in basis points with the reclaim's side, over the two minutes after each reclaim."""
    path = market(seed, edge=edge, strikes=1).path
    seen = np.where(path.traded, path.close, np.nan)
    vwap = np.cumsum(np.where(path.traded, path.close * path.volume, 0)) / np.cumsum(path.volume)
    side, since, free, gains = 0, 0, 0, []
    for i in np.flatnonzero(path.traded)[:-1]:
        away = seen[i] / vwap[i] - 1
        if side and abs(away) <= STRETCH * RECLAIM and i - since <= PATIENCE_S:
            if i >= free and i + 120 < N:
                gains.append(-side * np.log(path.latent[i + 120] / path.latent[i]) * 1e4)
                free = i + 120
            side = 0
        elif abs(away) > STRETCH:
            side, since = (1 if away > 0 else -1), i
    return float(np.sum(gains))


@pytest.mark.slow
def test_a_planted_edge_grows_with_its_value_and_is_none_by_default():
    gains = {edge: [reclaim_gain(seed, edge) for seed in range(40)] for edge in (0.0, 1.0, 3.0)}
    assert abs(z(gains[0.0])) < 3
    assert z(gains[1.0]) > 3
    assert np.mean(gains[0.0]) < np.mean(gains[1.0]) < np.mean(gains[3.0])


def test_an_edge_of_0_is_the_same_market_to_the_bit():
    plain, asked = market(4), market(4, edge=0.0)
    assert plain.ask.tobytes() == asked.ask.tobytes()
    assert market(4, edge=0.5).ask.tobytes() != plain.ask.tobytes()
