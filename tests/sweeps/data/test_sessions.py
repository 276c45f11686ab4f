"""Sessions of any exchange: half days, breaks, nights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from quantray.sweeps.data.sessions import Window, _between, session_windows, zone_of
from tests.builders.calendars import market

CALENDARS = ("XNYS", "XHKG", "XTKS", "XSHG", "CMES", "XNZE", "XASX", "XBOM", "24/7")


@pytest.mark.slow
@pytest.mark.parametrize("calendar", CALENDARS)
def test_every_session_between_two_dates_is_read_half_days_and_the_last_one_too(calendar: str, tmp_path: Path):
    windows = session_windows(calendar, "2024-12-20", "2024-12-31")
    got = market(tmp_path, calendar, "2024-12-20", "2024-12-31")
    assert got.dates == tuple(w.date for w in windows)
    assert [s.n_bars for s in got] == [w.seconds // 60 for w in windows]
    assert all((s.expiry == s.day).all() for s in got)
    assert got.quality["rows_outside_sessions"] == 0
    assert got.quality["carried_bars"] == 0


@pytest.mark.slow
def test_the_half_day_of_auckland_is_the_last_session(tmp_path: Path):
    got = market(tmp_path, "XNZE", "2024-12-31", "2024-12-31")
    assert got.dates == ("2024-12-31",)
    assert got.sessions[0].n_bars == 165


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the calendar library's own, of pandas
@pytest.mark.slow
@pytest.mark.parametrize("calendar", ["XNYS", "XSHG"])  # one is known for a decade, one to the end of this year
def test_one_calendar_serves_every_date_of_its_decade(calendar: str):
    import exchange_calendars as xc

    _between.cache_clear()
    zone = zone_of.__wrapped__(calendar)
    windows = [w for year in (2021, 2024) for w in session_windows(calendar, f"{year}-06-01", f"{year}-07-10")]
    made = _between.cache_info().currsize
    assert made == (1 if calendar == "XNYS" else 2)
    told = [xc.get_calendar(calendar, start=f"{year}-05-01", end=f"{year}-08-01") for year in (2021, 2024)]
    days = [day for one, year in zip(told, (2021, 2024), strict=True)
            for day in one.sessions[one.sessions.slice_indexer(f"{year}-06-01", f"{year}-07-10")]]  # fmt: skip
    assert [w.date for w in windows] == [str(day.date()) for day in days]
    assert zone == told[0].tz.key


# breaks -------------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("calendar", "first", "last"), [("XHKG", 150, 210), ("XTKS", 150, 210), ("XSHG", 120, 210)])
def test_nothing_is_known_in_a_break(calendar: str, first: int, last: int, tmp_path: Path):
    session = market(tmp_path, calendar, "2024-11-18", "2024-11-18").sessions[0]
    assert np.flatnonzero(session.closed).tolist() == list(range(first, last))
    for grid in (session.close, session.high, session.price, session.bid, session.ask):
        assert np.isnan(grid[..., first:last]).all()
        assert not np.isnan(grid[..., :first]).any()
        assert not np.isnan(grid[..., last:]).any()
    assert session.filled[first:last].all()
    assert not session.fresh[:, first:last].any()


def test_a_window_knows_its_break():
    w = Window("2024-11-18", 0, 100, 0, (40, 60))
    assert w.closed(np.array([39, 40, 59, 60])).tolist() == [False, True, True, False]
    assert not Window("2024-11-18", 0, 100, 0).closed(np.array([0, 50])).any()
