"""Calls read from a small table."""

from quantray.callers.data import CallSettings, load_calls
from tests.builders.call_tables import data_of

DAY = 1440
ROWS = (("b", "X", 10), ("a", "Y", 10), ("a", "X", 10), ("a", "X", 5), ("b", "X", DAY + 1))


def loaded(folder, table, settings=None, **data):
    return load_calls(data_of(folder, table, **data), settings or CallSettings())
