"""What is said of times that a file leaves open: refused by key and value, a typo with the near miss."""

from __future__ import annotations

import pytest

from quantray.callers.data.settings import CallsData
from quantray.errors import ConfigError
from quantray.files.conventions import UNITS, check_form
from quantray.sweeps.data.settings import DataSettings

WRONG = {
    "timezone": ("Europe/Roma", "unknown time zone 'Europe/Roma'; did you mean 'Europe/Rome'?"),
    "ts_unit": ("min", "must be s, ms, us, ns or null, got 'min'"),
    "from_": ("2025-6-2", "must be a date like 2024-11-18, got '2025-6-2'"),
}


@pytest.mark.parametrize("key", WRONG)
def test_both_wings_refuse_alike(key: str) -> None:
    value, said = WRONG[key]
    told = []
    for settings in (DataSettings, CallsData):
        with pytest.raises(ConfigError) as error:
            settings(**{key: value})  # type: ignore[arg-type]
        told.append(str(error.value))
    assert told[0] == told[1]
    assert told[0].startswith(f"data.{key.removesuffix('_')}")
    assert said in told[0]


@pytest.mark.parametrize("key", ["timezone", "ts_unit"])
@pytest.mark.parametrize(
    ("settings", "table", "near"), [(DataSettings, "chian", "chain"), (CallsData, "cals", "calls")]
)
def test_a_table_that_there_is_not_is_refused(settings: type, table: str, near: str, key: str) -> None:
    good, bad = {"timezone": ("UTC", "UTZ"), "ts_unit": ("ms", "mss")}[key]
    with pytest.raises(ConfigError, match=rf"data\.{key}\.{table}: unknown table '{table}'; did you mean '{near}'"):
        settings(**{key: {table: good}})
    with pytest.raises(ConfigError, match=rf"data\.{key}\.{near}"):
        settings(**{key: {near: bad}})
    settings(**{key: {near: good}})


@pytest.mark.parametrize("form", ["%Y", "%m/%d", "%d %H", "", "%Q", "day"])
def test_a_form_of_dates_gives_back_the_date(form: str) -> None:
    with pytest.raises(ConfigError, match="must give year, month and day and nothing else"):
        DataSettings(date_format=form)
    DataSettings(date_format="%d.%m.%Y")


def test_units_are_powers_of_a_thousand() -> None:
    assert list(UNITS.values()) == [1000**k for k in (3, 2, 1, 0)]


@pytest.mark.parametrize("form", ["%m/%d/%Y %I:%M %p", "%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%d-%b-%y"])
def test_a_form_may_have_a_whole_clock_where_messages_are_dated(form: str) -> None:
    check_form("--date-format", form, clock=True)
    for half in ("%m/%d/%Y %I:%M", "%m/%d %H:%M", "%Y-%m-%d %H", "%H:%M"):
        with pytest.raises(ConfigError, match="alone or with a clock"):
            check_form("--date-format", half, clock=True)
    with pytest.raises(ConfigError, match="nothing else"):
        check_form("data.date_format", "%d.%m.%Y %H:%M")
