"""Files with our own columns; tests/sweeps/data/test_tables.py has what cannot be read in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.errors import DataError
from quantray.files.formats import Head
from quantray.files.formats.matching import has_ours, one_slip
from quantray.sweeps.data import load
from quantray.sweeps.data.settings import ChainColumns, OptionColumns, UnderlyingColumns
from tests.builders.market_files import frames, write_csv


@pytest.mark.slow
@pytest.mark.parametrize(("name", "column"), [("Datetime", "ts"), ("Date", "ts"), ("Close Price", "close")])
def test_a_column_under_anothers_usual_name_is_named_with_what_to_set(name: str, column: str, tmp_path: Path):
    made = frames()
    made["underlying"] = made["underlying"].rename(columns={column: name})
    with pytest.raises(DataError) as caught:
        load(write_csv(tmp_path, made))
    assert f"column {name!r} looks like {column}: data.columns.underlying.{column}={name}" in str(caught.value)


@pytest.mark.parametrize(
    ("key", "name", "ours"), [("underlying", "Vol", "volume"), ("chain", "contract_size", "multiplier")]
)
def test_what_a_file_may_lack_is_not_lacking_under_another_name(key: str, name: str, ours: str, tmp_path: Path):
    made = frames()
    made[key] = made[key].rename(columns={ours: name})
    with pytest.raises(DataError, match=f"data.columns.{key}.{ours}={name}"):
        load(write_csv(tmp_path, made))


def test_a_file_is_ours_by_its_time_or_by_what_was_said_about_it():
    head = Head(Path("a.csv"), ("TS", "x"))
    assert has_ours(UnderlyingColumns(), head)
    assert not has_ours(UnderlyingColumns(), Head(Path("a.csv"), ("t",)))
    assert has_ours(OptionColumns(ts="t"), Head(Path("a.csv"), ("x",)))
    assert has_ours(ChainColumns(), Head(Path("a.csv"), ("symbol", "expiry")))


def test_one_slip_is_a_letter_more_less_other_or_two_exchanged():
    assert all(one_slip("bid_size", other) for other in ("bid_sizes", "bd_size", "bid_sise", "bid_szie", "bidsize"))
    assert not any(one_slip("bid", other) for other in ("bid", "ask", "b", "offer"))
