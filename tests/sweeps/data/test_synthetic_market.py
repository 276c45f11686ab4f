"""The synthetic market: one identity, written once, shaped like a day, priced by its own dynamics."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from quantray.files.caches import cache_dir
from quantray.sweeps.data import DataSettings, SyntheticSettings, load
from quantray.sweeps.data.merton import black_calls, merton_calls
from quantray.sweeps.data.synthetic_day import WITHDRAWN, make_day
from quantray.sweeps.data.synthetic_market import ensure_market
from quantray.sweeps.data.synthetic_path import profile, simulate_day
from quantray.sweeps.data.synthetic_quotes import quotes_around

SMALL = SyntheticSettings(sessions=2, strikes=3)


def small(cache: Path, **changes) -> DataSettings:
    return DataSettings(cache=str(cache), synthetic=SyntheticSettings(**{"sessions": 2, "strikes": 3, **changes}))


@pytest.mark.slow
def test_same_seed_same_market_and_every_setting_another(tmp_path: Path):
    first = load(small(tmp_path / "a"))
    assert load(small(tmp_path / "b")).digest == first.digest
    assert "seed 0" in first.source
    digests = {first.digest, load(small(tmp_path, seed=1)).digest, load(small(tmp_path, edge=1.0)).digest}
    assert len(digests) == 3


def test_written_once_and_mended_when_damaged(tmp_path: Path):
    settings = small(tmp_path)
    folder = ensure_market(settings)
    stamps = {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}
    assert ensure_market(settings) == folder
    assert {p.name: p.stat().st_mtime_ns for p in folder.iterdir()} == stamps
    (folder / "chain.parquet").unlink()
    assert sorted(p.name for p in ensure_market(settings).iterdir()) == sorted(stamps)
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]


def test_the_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir(None) == tmp_path / "quantray"
    assert cache_dir("/x") == Path("/x")


@pytest.mark.slow
def test_two_processes_make_it_at_once(tmp_path: Path):
    code = (
        "import sys; from quantray.sweeps.data import *; "
        "print(load(DataSettings(cache=sys.argv[1], synthetic=SyntheticSettings(sessions=2, strikes=3))).digest)"
    )
    made = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
            for _ in range(3)]  # fmt: skip
    digests = {process.communicate(timeout=120)[0] for process in made}
    assert len(digests) == 1
    assert [process.returncode for process in made] == [0, 0, 0]
    assert len(list((tmp_path / "synthetic").iterdir())) == 1


def test_sessions_of_the_calendar_with_a_half_day(tmp_path: Path):
    settings = DataSettings(from_="2024-11-27", to="2024-11-29", cache=str(tmp_path), synthetic=SMALL)
    market = load(settings)
    assert [(s.date, s.n_bars) for s in market] == [("2024-11-27", 23_400), ("2024-11-29", 12_600)]
    assert all((s.expiry == s.day).all() for s in market)


def test_nothing_of_it_is_quarantined(tmp_path: Path):
    quality = load(small(tmp_path)).quality
    assert {k: v for k, v in quality.items() if k.startswith(("quarantined", "rows")) and v} == {}
    assert 0.15 < quality["carried_bars_share"] < 0.3


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


def test_spreads_widen_with_distance_and_toward_the_close():
    value = np.full((2, 3), 3.0)
    bid, ask = quotes_around(value, np.array([[0.0] * 3, [8.0] * 3]), np.array([7200, 900, 0]), np.zeros(2))
    width = ask - bid
    assert (width[1] > width[0]).all()
    assert width[0, 0] < width[0, 1] < width[0, 2]


@pytest.mark.parametrize("cents", [0.7, 1.3, 2.26, 4.0, 17.77])
def test_the_mid_is_the_value_on_average_over_the_dither(cents: float):
    dither = (np.arange(10_000) + 0.5) / 10_000
    bid, ask = quotes_around(np.full((10_000, 1), cents / 100), np.full((10_000, 1), 2.0), np.array([7200]), dither)
    assert ((bid + ask) / 2).mean() == pytest.approx(cents, abs=1e-3)
    assert (ask > bid).all()
    assert (bid >= 0).all()


def test_merton_without_jumps_is_black():
    spot, strike = np.array([99.0, 100.0, 101.0]), np.array([95.0, 100.0, 105.0])
    variance = np.array([1e-4, 2e-4, 0.0])
    got = merton_calls(spot, strike, variance, np.zeros(3), -0.01, 0.02)
    np.testing.assert_allclose(got, black_calls(spot, strike[:, None], variance), atol=1e-12)
    np.testing.assert_allclose(got[:, 2], np.maximum(101 - strike, 0), atol=1e-9)


def test_merton_agrees_with_simulated_terminal_prices():
    s = SyntheticSettings(jumps_per_day=2.0, jump_mean=-0.004, jump_vol=0.01, vol_of_day=0.0)
    rng, n, paths = np.random.default_rng(1), 60, 40_000
    full = s.daily_vol**2 * n / 23_400 * 400  # as lively in a minute as a whole day would be in 400 of them
    lam = s.jumps_per_day
    count = rng.poisson(lam, paths)
    log = rng.normal(-full / 2, np.sqrt(full), paths) + count * s.jump_mean
    log += np.sqrt(count) * s.jump_vol * rng.standard_normal(paths) - lam * np.expm1(s.jump_mean + s.jump_vol**2 / 2)
    last, strike = 400 * np.exp(log), np.array([392.0, 400.0, 408.0])
    pay = np.maximum(last - strike[:, None], 0)
    priced = merton_calls(np.array([400.0]), strike, np.array([full]), np.array([lam]), s.jump_mean, s.jump_vol)
    error = pay.std(axis=1) / np.sqrt(paths)
    assert (np.abs(pay.mean(axis=1) - priced[:, 0]) < 3 * error).all()


def test_what_is_to_come_sums_to_the_day_and_ends_at_nothing():
    s = SyntheticSettings(vol_of_day=0.0)
    path = simulate_day(np.random.default_rng(0), s, 23_400, 400.0)
    shape = profile(23_400)
    assert path.variance[0] == pytest.approx(s.daily_vol**2 * (1 - shape[0]))
    assert path.intensity[0] == pytest.approx(s.jumps_per_day * (1 - shape[0]))
    assert path.variance[-1] == path.intensity[-1] == 0
