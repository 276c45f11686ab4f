"""What single rows of the underlying show."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from quantray.files.findings import Finding, Severity
from quantray.sweeps.data.bar_checks import RawBars, raw_bars, row_checks, undated
from quantray.sweeps.data.settings import DataSettings
from quantray.sweeps.data.slices import reached_span
from quantray.sweeps.data.sources import open_tables
from tests.builders.market_files import frames, write


def looked(folder, change: Callable[[pd.DataFrame], pd.DataFrame]) -> tuple[RawBars, dict[str, Finding]]:
    made = frames()
    settings: DataSettings = write(folder, {"underlying": change(made["underlying"])})
    table = open_tables(settings)["underlying"]
    raw = raw_bars(table, "SPOT", reached_span(settings, table, "SPOT"))
    found = {f.check: f for f in [undated(table), *row_checks(raw)]}
    table.connection.close()
    return raw, found


def with_values(at: list[int], **values: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    def change(bars: pd.DataFrame) -> pd.DataFrame:
        for column, value in values.items():
            bars.loc[at, column] = value
        return bars

    return change


def test_clean_rows_show_nothing(tmp_path):
    raw, found = looked(tmp_path, lambda bars: bars)
    assert {f.severity for f in found.values()} == {Severity.OK}
    assert len(raw.usable().ts) == len(raw.ts)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 0.0, -1.0])
def test_prices_that_are_none_are_counted_and_left_out(tmp_path, value):
    raw, found = looked(tmp_path, with_values([4, 9], low=value))
    assert (found["prices"].count, found["prices"].severity) == (2, Severity.ERROR)
    assert {row.what.split()[0] for row in found["prices"].rows} == {"low"}
    assert len(raw.usable().ts) == len(raw.ts) - 2
    assert found["OHLC"].severity == Severity.OK  # what is no number is told once


def test_copies_that_differ_are_shown_before_those_that_do_not(tmp_path):
    def change(bars: pd.DataFrame) -> pd.DataFrame:
        return pd.concat([bars, bars.iloc[[5]], bars.iloc[[50]].assign(close=99.5)]).sort_values("ts", kind="stable")

    _, found = looked(tmp_path, change)
    assert found["duplicates"].count == 2
    assert "1 of them with other values" in found["duplicates"].means
    assert "99.5" in found["duplicates"].rows[0].what


def test_rows_out_of_order_are_found_and_the_rest_is_read_in_order(tmp_path):
    raw, found = looked(tmp_path, lambda bars: bars.iloc[[*range(10), 30, *range(10, 30), *range(31, len(bars))]])
    assert found["order"].count == 1
    assert (np.diff(raw.ts) > 0).all()


@pytest.mark.parametrize(("times", "severity"), [(1.2, "ok"), (2.0, "error"), (10.0, "error")])
def test_a_scale_that_changes_within_a_session_is_an_error(tmp_path, times, severity):
    def change(bars: pd.DataFrame) -> pd.DataFrame:
        bars.loc[100:, ["open", "high", "low", "close"]] *= times
        return bars

    _, found = looked(tmp_path, change)
    assert found["scale"].severity == severity


def test_one_wild_bar_is_no_change_of_scale(tmp_path):
    _, found = looked(tmp_path, with_values([100], open=300.0, high=300.0, low=300.0, close=300.0))
    assert found["scale"].severity == Severity.OK


def test_an_index_has_no_volume_and_nothing_wrong_with_it(tmp_path):
    _, found = looked(tmp_path, lambda bars: bars.drop(columns="volume"))
    assert {f.severity for f in found.values()} == {Severity.OK}
