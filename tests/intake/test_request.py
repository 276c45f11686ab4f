"""Wrong settings of an import are answered by the near miss."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.errors import ConfigError
from quantray.intake import Progress, Request


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tables": ("candels",)}, "did you mean 'candles'"),
        ({"columns": {"": {"opn": "Open"}}}, "did you mean 'open'"),
        ({"columns": {"bars": {"open": "Open"}}}, "unknown table 'bars'"),
        ({"timezone": "America/NewYork"}, "did you mean 'America/New_York'"),
        ({"ts_unit": "sec"}, "--ts-unit"),
        ({"stamp": "stat"}, "did you mean 'start'"),
        ({"date_format": "%Y"}, "--date-format"),
    ],
)
def test_near_misses(given: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Request((), Path("m.duckdb"), **given)  # type: ignore[arg-type]
    assert said in str(caught.value)


def test_a_table_is_asked_for_with_what_was_told_of_it() -> None:
    request = Request((), Path("m"), columns={"": {"ts": "T", "bid": "B"}, "candles": {"asset": "P"}})
    assert request.mapping("candles") == {"ts": "T", "asset": "P"}
    assert request.mapping("options") == {"ts": "T", "bid": "B"}
    assert (request.ask("candles").timezone, request.ask("options").timezone) == ("UTC", None)


def test_the_time_that_is_left() -> None:
    assert Progress(1, 4, 0, 100, 0, 5.0).left_s is None
    assert Progress(1, 4, 25, 100, 9, 5.0).left_s == 15.0
