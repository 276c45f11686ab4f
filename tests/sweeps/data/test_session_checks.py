"""Stretches that chance does not explain, sessions against the calendar, clocks."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from quantray.files.findings import Finding, Severity
from quantray.sweeps.data.bar_checks import raw_bars
from quantray.sweeps.data.session_checks import long_runs, session_checks, walked
from quantray.sweeps.data.slices import reached_span
from quantray.sweeps.data.sources import open_tables
from tests.builders.market_files import frames, write

MINUTE = pd.Timedelta(minutes=1)


def looked(folder, change: Callable[[pd.DataFrame], pd.DataFrame]) -> dict[str, Finding]:
    settings = write(folder, {"underlying": change(frames()["underlying"])})
    table = open_tables(settings)["underlying"]
    span = reached_span(settings, table, "SPOT")
    raw = raw_bars(table, "SPOT", span)
    found = session_checks(walked(settings, raw, raw.usable(), span, 60), span, raw, 60)
    table.connection.close()
    return {f.check: f for f in found}


def hours(n: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda bars: bars.assign(ts=bars["ts"] + pd.Timedelta(hours=n))


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5])
def test_chance_alone_makes_no_long_run(share):
    for seed in range(50):
        mask = np.random.default_rng(seed).random(23_400) < share
        assert list(long_runs(mask, 0, 1, 1)) == []


def test_a_stretch_does_not_excuse_itself():
    mask = np.random.default_rng(0).random(23_400) < 0.2
    mask[5_000:9_000] = True
    (run,) = long_runs(mask, 0, 1, 1)
    assert run.bars >= 4_000
    assert run.usual < 30


def test_clean_sessions_show_nothing(tmp_path):
    assert {f.severity for f in looked(tmp_path, lambda bars: bars).values()} == {Severity.OK}


def test_a_half_day_that_goes_on_is_told_and_the_calendar_knows_it(tmp_path):
    def change(bars: pd.DataFrame) -> pd.DataFrame:
        half = bars[bars["ts"].dt.date == pd.Timestamp("2024-11-29").date()]
        more = half.assign(ts=half["ts"] + (half["ts"].iloc[-1] - half["ts"].iloc[0] + MINUTE))
        return pd.concat([bars, more]).sort_values("ts")

    found = looked(tmp_path, change)
    assert (found["extra sessions"].severity, found["extra sessions"].count) == (Severity.NOTE, 210)


def test_a_day_without_a_session_is_told_by_its_date(tmp_path):
    def change(bars: pd.DataFrame) -> pd.DataFrame:
        first = bars[bars["ts"].dt.date == bars["ts"].dt.date.iloc[0]]
        return pd.concat([bars, first.assign(ts=first["ts"] + pd.Timedelta(days=1))]).sort_values("ts")

    found = looked(tmp_path, change)  # Thanksgiving
    assert found["extra sessions"].severity == Severity.WARNING
    assert [r.what for r in found["extra sessions"].rows] == ["390 rows"]


@pytest.mark.parametrize("n", [-8, -5, -1, 1, 5])
def test_the_clock_of_another_zone_is_named_in_hours(tmp_path, n):
    clock = looked(tmp_path, hours(n))["clock"]
    assert clock.severity == Severity.ERROR
    assert f"with {-n:+d} h 100%" in clock.means


@pytest.mark.parametrize(("bars", "word"), [(1, "at its END"), (-1, "EARLY")])
def test_the_other_end_of_a_bar_is_an_error(tmp_path, bars, word):
    found = looked(tmp_path, hours(bars / 60))
    assert found["stamp"].severity == Severity.ERROR
    assert word in found["stamp"].means


def test_hours_around_the_session_are_no_other_clock(tmp_path):
    """Bars from four in the morning to eight in the evening, as vendors have them."""

    def change(bars: pd.DataFrame) -> pd.DataFrame:
        whole = []
        for _, day in bars.groupby(bars["ts"].dt.date):
            ts = pd.date_range(day["ts"].iloc[0] - 330 * MINUTE, day["ts"].iloc[0] + 630 * MINUTE, freq="min")
            made = day.set_index("ts").reindex(ts).ffill().bfill().rename_axis("ts").reset_index()
            whole.append(made.assign(close=made["close"] + np.arange(len(made)) % 3 * 0.01))
        return pd.concat(whole)

    assert looked(tmp_path, change)["clock"].severity == Severity.OK


def test_one_bar_is_enough_to_be_looked_at(tmp_path):
    found = looked(tmp_path, lambda bars: bars.iloc[:1])
    assert found["short sessions"].severity == Severity.WARNING
