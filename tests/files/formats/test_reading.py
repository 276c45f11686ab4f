"""Vendors' files that cannot be read as they lie: what to set, or why not. The others: test_reading_*."""

from __future__ import annotations

import pytest

from quantray.errors import DataError
from quantray.files.formats import Ask
from tests.builders.golden import GOLDEN, rows_of

REFUSED = {
    "end of day": ("cboe_eod.csv", "options", Ask(), "two snapshots a day"),
    "numbers of instruments": ("databento_nameless.csv", "options", Ask(interval_s=60), "map_symbols=True"),
    "adjusted": ("kibot.txt", "underlying", Ask(), r"data\.adjusted=accept"),
    "adjusted by name": ("SPY_full_1min_adjsplitdiv.txt", "underlying", Ask(), r"data\.adjusted=accept"),
    "single trades": ("massive_trades.csv", "options", Ask(), "minute_aggs_v1"),
    "hours of LEAN": ("lean_hours.txt", "underlying", Ask(), "give the folder minute or second"),
    "quotes of hours of LEAN": ("lean_quote_hours.txt", "options", Ask(), "give the folder minute or second"),
    "an end without an interval": ("thetadata_quotes.csv", "options", Ask(key="options"), r"data\.interval=1m"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_with_what_to_set(name: str):
    file, table, ask, sentence = REFUSED[name]
    with pytest.raises(DataError, match=sentence):
        rows_of(GOLDEN / file, table, "ts", ask)
