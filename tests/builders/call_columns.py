"""Calls and candles whose columns are stored in another way."""

from quantray.callers.data import CallsData, open_candles
from tests.builders.call_tables import candle_rows

ROWS = (("b", "X", 10), ("a", "Y", 10), ("a", "X", 10), ("a", "X", 5))
CANDLES = candle_rows({"X": range(300), "Y": range(300)})


def inventory(data: CallsData):
    with open_candles(data) as source:
        return source.inventory
