"""Slices of a small source."""

from quantray.callers.data import (
    CallSettings,
    Needs,
    cover,
    load_calls,
    materialise,
    open_candles,
    plan_calls,
)  # fmt: skip
from tests.builders.call_tables import call_rows, candle_rows, data_of

CALLS = call_rows(("a", "X", 10), ("b", "X", 50), ("a", "Y", 30), ("b", "X", 400), ("a", "GONE", 10))
CANDLES = candle_rows({"X": range(600), "Y": range(0, 600, 1), "Z": range(600)})


def made(folder, *, calls=CALLS, candles=CANDLES, hold_s=1800, callers=None, **settings):
    """(plan, coverage, slice) of a source in ``folder``."""
    data = data_of(folder, calls, candles, **settings)
    with open_candles(data) as source:
        plan = plan_calls(load_calls(data, CallSettings(callers=callers)), source.inventory.interval_s, Needs(hold_s))
        return plan, cover(plan, source), materialise(plan, source, data)
