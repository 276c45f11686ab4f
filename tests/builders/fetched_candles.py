"""Candles read from a small source."""

from quantray.callers.data import Needs, load_calls, open_candles, plan_calls
from tests.builders.call_tables import call_rows, data_of

CALLS = call_rows(("a", "X", 10), ("a", "Y", 12))


def inventory(folder, candles, **settings):
    with open_candles(data_of(folder, CALLS, candles, **settings)) as source:
        return source.inventory


def fetched(folder, candles, *, calls=CALLS, hold_s=600, bucket_rows=500_000, **settings):
    data = data_of(folder, calls, candles, **settings)
    with open_candles(data) as source:
        plan = plan_calls(load_calls(data), source.inventory.interval_s, Needs(hold_s))
        return list(source.candles(plan.spans, bucket_rows))
