"""Clean candles, and some with another value."""

from tests.builders.call_tables import call_rows, candle_rows, changed

CALLS = call_rows(("a", "X", 0), ("a", "Y", 0), ("a", "X", 500))
CLEAN = candle_rows({"X": range(600), "Y": range(600)})


def with_value(table, column, row, value):
    values = table[column].to_pylist()
    values[row] = value
    return changed(table, **{column: values})
