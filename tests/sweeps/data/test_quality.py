"""Gates of option rows: named with value, limit and key."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from quantray.errors import DataError
from quantray.sweeps.data import check_gates, load
from quantray.sweeps.data.settings import Gates
from tests.builders.market_files import DATES, OPEN, Frames, frames, write


def _loaded_with(tmp_path: Path, bend, **changes):
    made: Frames = frames()
    bend(made)
    return load(write(tmp_path, made, **changes))


def test_gates_name_value_limit_and_key(tmp_path: Path):
    def cross(made: Frames) -> None:
        made["options"].loc[made["options"].index % 4 == 0, "bid"] = 60.0

    market = _loaded_with(tmp_path, cross)
    share = market.quality["quarantined_quotes_share"]
    assert share == pytest.approx(0.25, abs=0.01)
    with pytest.raises(DataError, match=r"gate max_quarantined_quotes: 25\.\d+% .* limit is 5\.00% .*crossed="):
        check_gates(market, Gates())
    check_gates(market, Gates(max_quarantined_quotes=share))


def test_prints_outside_bounds_pass_the_gate_of_prints(tmp_path: Path):
    made = frames(quotes=False)
    made["options"].loc[made["options"].index % 10 == 0, "last"] = 150.0
    market = load(write(tmp_path, made))
    assert market.quality["quarantined_prints_bounds"] == len(made["options"].index[::10])
    with pytest.raises(DataError, match=r"gates\.max_quarantined_prints"):
        check_gates(market, Gates())


def test_sessions_without_options_or_incomplete_are_left_out_and_counted(tmp_path: Path):
    def spoil(made: Frames) -> None:
        options, bars = made["options"], made["underlying"]
        made["options"] = options[options.ts.dt.date.astype(str) != DATES[1]].reset_index(drop=True)
        made["underlying"] = bars[:-100].reset_index(drop=True)

    market = _loaded_with(tmp_path, spoil)
    assert market.dates == DATES[:1]
    assert (market.quality["sessions_no_options"], market.quality["sessions_incomplete"]) == (1, 1)
    assert market.quality["bars"] == 390
    with pytest.raises(DataError, match=r"gates.max_quarantined_sessions"):
        check_gates(market, Gates())
    check_gates(market, Gates(max_quarantined_sessions=0.7))


def test_a_session_whose_options_end_at_noon_is_incomplete(tmp_path: Path):
    def cut(made: Frames) -> None:
        late = (made["options"].ts > OPEN + pd.Timedelta(minutes=150)) & (
            made["options"].ts < OPEN + pd.Timedelta("8h")
        )
        made["options"] = made["options"][~late].reset_index(drop=True)

    market = _loaded_with(tmp_path, cut)
    assert market.dates == DATES[1:]
    assert market.quality["sessions_incomplete"] == 1
