"""SQL of times against Python's own zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.errors import DataError
from quantray.files.formats.layout import Column, Time
from quantray.files.formats.times import event, gathered_s, moment, shift_s, start, whole
from quantray.files.typed import Cell, Reading

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read(cell: Cell, *values: object, kind: str = "VARCHAR") -> list[tuple[object, bool]]:
    """(seconds since 1970 or None, whether it is bad) of each value."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"CREATE TABLE t (n INTEGER, x {kind})")
        connection.executemany("INSERT INTO t VALUES (?, ?)", list(enumerate(values)))
        sql = f"SELECT epoch_us({cell.value}) / 1e6, coalesce({cell.bad}, false) FROM t ORDER BY n"
        return connection.execute(sql).fetchall()


def clock(zone: str, form: str | None = None) -> Cell:
    time = Time((Column("x"),), form=form)
    return moment("x", [("x", "VARCHAR")], time, None, Reading(timezone=zone), str)


def seconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_a_clock_is_read_in_its_zone_and_what_names_its_own_keeps_it():
    values = ["2024-08-16T09:31:00.000", "2024-01-16 09:31", "2024-08-16 09:31:00-04:00", "2024-08-16T13:31:00Z",
              "2024-08-16 13:31:00 UTC", "2024-08-16 09:31:00 EST"]  # fmt: skip
    found = [at for at, bad in read(clock("America/New_York"), *values) if not bad]
    assert found == [
        seconds("2024-08-16T13:31:00+00:00"), seconds("2024-01-16T14:31:00+00:00"),
        *[seconds("2024-08-16T13:31:00+00:00")] * 3, seconds("2024-08-16T14:31:00+00:00"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "value",
    ["2024-03-10 02:30:00", "2024-11-03 01:30:00", "2024-08-16", "09:31:00", "yesterday", "2024-13-01 09:30:00", "1e9",
     "2024-08-16 09:31:00 PM", "2024-08-16 09:31:00 Europe/Rome", "2024-08-16 09:31:00 BST"],
)  # fmt: skip
def test_what_the_clock_skips_or_shows_twice_and_what_is_no_time_is_bad(value: str):
    assert read(clock("America/New_York"), value) == [(None, True)]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    at=st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)).map(lambda t: t.replace(microsecond=0)),
    zone=st.sampled_from(["America/New_York", "Europe/Berlin", "Australia/Sydney", "Asia/Tokyo"]),
)
def test_every_time_of_a_clock_is_pythons_or_bad_where_there_are_none_or_two(at: datetime, zone: str):
    one, two = (at.replace(tzinfo=ZoneInfo(zone), fold=fold) for fold in (0, 1))
    ((found, bad),) = read(clock(zone), at.isoformat(sep=" "))
    if one.utcoffset() != two.utcoffset():
        assert (found, bad) == (None, True)
    else:
        assert (found, bad) == (one.timestamp(), False)


@pytest.mark.parametrize(("unit", "n"), [("s", 1), ("ms", 1000), ("us", 10**6), ("ns", 10**9)])
def test_whole_numbers_have_a_unit_or_tell_it_by_their_digits(unit: str, n: int):
    value = 1_723_815_060 * n
    assert read(whole("x", unit), str(value)) == [(1_723_815_060.0, False)]
    assert read(whole("x", "digits"), str(value)) == [(1_723_815_060.0, False)]
    assert read(whole("x", unit), str(value * 10**10), str(value // 1000), "-1", "1.5", "x") == [(None, True)] * 5
    assert read(whole("x", unit), None) == [(None, False)]


def test_files_of_two_units_are_told_apart_row_by_row():
    assert read(whole("x", "digits"), "1735689540000", "1735689600000000") == [
        (1_735_689_540.0, False), (1_735_689_600.0, False),
    ]  # fmt: skip


def test_milliseconds_of_the_day_are_since_midnight_on_the_wall():
    time = Time((Column("x"),), form="%Y%m%d", of_day=Column("y"), unit="ms")
    reading = Reading(timezone="America/New_York", ts_unit="ms")
    for ms, expected in (("34200000", "2024-08-16T13:30:00+00:00"), ("57600000", "2024-08-16T20:00:00+00:00")):
        cell = moment("x", [("x", "VARCHAR")], time, f"'{ms}'", reading, str)
        assert read(cell, "20240816") == [(seconds(expected), False)]
    # on a day whose clock changed, 09:30 is 09:30 all the same
    cell = moment("x", [("x", "VARCHAR")], time, "'34200000'", reading, str)
    assert read(cell, "20240311") == [(seconds("2024-03-11T13:30:00+00:00"), False)]
    bad = moment("x", [("x", "VARCHAR")], time, "'86400001'", reading, str)
    assert read(bad, "20240816") == [(None, True)]


def test_a_date_and_a_clock_in_two_columns():
    time = Time((Column("x"), Column("y")), form="%m/%d/%Y %H:%M")
    cell = moment("x", [("x", "VARCHAR"), ("'09:30'", "VARCHAR")], time, None, Reading("America/New_York"), str)
    assert read(cell, "08/16/2024", "16/08/2024") == [(seconds("2024-08-16T13:30:00+00:00"), False), (None, True)]


def test_without_a_zone_a_clock_asks_for_it():
    time = Time((Column("x"),), form="%Y-%m-%d %H:%M")
    with pytest.raises(DataError, match=r"data\.timezone=America/New_York"):
        moment("x", [("x", "VARCHAR")], time, None, Reading(), str)


@pytest.mark.parametrize("stamp", ["end", "at"])
def test_what_is_stamped_when_it_is_known_belongs_to_the_interval_before(stamp: str):
    back = shift_s(stamp, 60, "x", "options")
    assert read(start(whole("x", "s"), back), "1723815060") == [(1_723_815_000.0, False)]
    assert shift_s("start", None, "x", "options") == 0
    with pytest.raises(DataError, match=r"data\.interval=1m \(or data\.stamp=\{options: start\}"):
        shift_s(stamp, None, "x", "options")


def test_an_event_belongs_to_the_interval_in_which_it_happened():
    second = timedelta(seconds=1)
    at = EPOCH + timedelta(seconds=1_723_815_000)
    last, first = (int((at + more - EPOCH) / second) * 10**9 for more in (timedelta(0), second))
    found = read(event("x", "ns", 1), str(last + 999_999_999), str(first), "-1")
    assert found == [(1_723_815_000.0, False), (1_723_815_001.0, False), (None, True)]
    with pytest.raises(DataError, match="it holds events"):
        gathered_s(None, "x")
