from __future__ import annotations

from pathlib import Path

import pytest

from quantray.errors import DataError
from quantray.files.formats import Head, guess, head_of, layout_for, shelf
from quantray.files.formats.shelf import format_of
from tests.builders.golden import GOLDEN

GUESSED = {
    "thetadata_quotes.csv": ("options", "thetadata", "quotes"), "thetadata_bars.csv": ("options", "thetadata", "bars"),
    "thetadata_stock.csv": ("underlying", "thetadata", "stock_bars"),
    "thetadata_v2.csv": ("options", "thetadata", "old_quotes"),
    "SPY_20240816_545000_C.csv": ("options", "thetadata", "old_quotes_of_one"),
    "massive_options.csv": ("options", "massive", "option_bars"),
    "massive_stocks.csv": ("underlying", "massive", "stock_bars"),
    "massive_indices.csv": ("underlying", "massive", "index_bars"),
    "massive_quotes.csv": ("options", "massive", "quotes"),
    "spx_15m_202408.txt": ("options", "optionsdx", "named"), "cboe_quotes.csv": ("options", "cboe", "quotes"),
    "cboe_eod.csv": ("options", "cboe", "end_of_day"),
    "databento_cbbo.csv": ("options", "databento", "consolidated_quotes"),
    "databento_nameless.csv": ("options", "databento", "nameless_quotes"),
    "databento_ohlcv.csv": ("underlying", "databento", "stock_bars"), "kibot.txt": ("underlying", "kibot", "bars"),
    "SPY_full_1min_UNADJUSTED.txt": ("underlying", "firstrate", "bars"),
    "SPY_full_1min_adjsplitdiv.txt": ("underlying", "firstrate", "adjusted_bars"),
    "SPY_1min_sample.csv": ("underlying", "firstrate", "named_bars"), "ibkr.csv": ("underlying", "ibkr", "bars"),
    "SPY_1min.csv": ("underlying", "firstrate", "dated_bars"), "ibkr_index.csv": ("underlying", "ibkr", "bars"),
    "cboe_calcs.csv": ("options", "cboe", "quotes"),
}  # fmt: skip


@pytest.mark.parametrize("file", GUESSED)
def test_every_golden_file_is_known_by_what_it_shows(file: str):
    table, name, layout = GUESSED[file]
    found = guess(head_of(GOLDEN / file), table, shelf())
    assert found.layout is not None, found.sentence
    assert (found.format, found.layout.name) == (name, layout)
    assert found.sentence.startswith(f"{name}: ")
    assert "its " in found.reasons[0]


def test_a_header_of_everybody_is_nobodys(tmp_path: Path):
    head = Head(tmp_path / "bars.csv", ("timestamp", "open", "high", "low", "close", "volume"))
    found = guess(head, "underlying", shelf())
    assert found.layout is None
    assert found.sentence == "it is of no format that is known by its header"


def test_two_that_fit_alike_are_both_named(tmp_path: Path):
    bars = {"layouts": {"bars": {"table": "underlying", "header": ["t", "x"], "time": "t"}}}
    found = guess(
        Head(tmp_path / "f.csv", ("T", "X", "y")), "underlying", {n: format_of(n, bars) for n in ("one", "two")}
    )
    assert found.layout is None
    assert found.sentence == "it may be of one or two: say which with data.format=one"


LACKS = {
    "another header": ("massive", "options", ("ticker", "close"), (), "has the columns"),
    "no header": ("massive", "options", (), (("O:SPY", "1"),), "it has no header, and option bars is known by"),
    "a header": ("lean", "underlying", ("ms", "open"), (), "has no header, and its first line is ms,open"),
    "another table": ("kibot", "options", ("a",), (), "Kibot has no file that serves as options, only as underlying"),
    "too few": ("kibot", "underlying", (), (("1", "2"),), "Kibot's bars has 7 columns"),
}  # fmt: skip


@pytest.mark.parametrize("name", LACKS)
def test_a_format_that_does_not_fit_says_what_the_file_lacks(name: str, tmp_path: Path):
    given, table, columns, rows, sentence = LACKS[name]
    with pytest.raises(DataError) as caught:
        layout_for(shelf()[given], Head(tmp_path / "f.csv", columns, rows), table)
    assert sentence in str(caught.value)
