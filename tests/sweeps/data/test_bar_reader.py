"""Bars are read in stretches of sessions: whatever their number, the market and what is refused are the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quantray.errors import DataError
from quantray.sweeps.data import bar_reader, load
from quantray.sweeps.data.bar_reader import stretches_of
from quantray.sweeps.data.sessions import span_of
from tests.builders.market_files import frames, write


@pytest.mark.parametrize("rows", [0, 1, 10, 10**9])
def test_stretches_leave_no_time_and_no_session_out(rows: int) -> None:
    first, last = (int(pd.Timestamp(f"2024-11-{day}T16:00Z").value) for day in (4, 27))
    span = span_of("XNYS", first, last, None, None)
    stretches = stretches_of(span, rows)
    assert tuple(w for s in stretches for w in s.windows) == span.windows
    assert [s.stop_ns for s in stretches[:-1]] == [s.start_ns for s in stretches[1:]]
    assert (stretches[0].start_ns, stretches[-1].stop_ns) == (span.start_ns, span.stop_ns)
    assert len(stretches) == (len(span.windows) if rows == 10**9 else 1)


def spoilt(what: str) -> dict[str, pd.DataFrame]:
    """The data set with something wrong in its second and third session."""
    made = frames()
    bars = made["underlying"]
    later, last = 450, len(bars) - 5
    if what == "high, then open":
        bars.loc[later, "high"] = -1.0
        bars.loc[[last, last + 1], "open"] = np.nan
    elif what == "sessions swapped":
        made["underlying"] = pd.concat([bars[later:], bars[:later]]).reset_index(drop=True)
    elif what == "twice":
        made["underlying"] = pd.concat([bars[: last + 1], bars[last:]]).reset_index(drop=True)
    elif what == "between seconds":
        bars.loc[later, "ts"] += pd.Timedelta("1ms")
    elif what == "at :59":
        bars["ts"] += pd.Timedelta("59s")
    elif what == "mixed":
        made["underlying"] = bars.drop(index=[k for k in range(390, 600) if k % 2]).reset_index(drop=True)
    elif what == "outside, and without a trade":
        more = bars[later : later + 1].assign(ts=pd.Timestamp("2024-11-30T15:00Z"))
        bars.loc[later + 3, ["open", "high", "low", "close", "volume"]] = np.nan
        made["underlying"] = pd.concat([bars, more]).sort_values("ts").reset_index(drop=True)
    elif what == "no volume":
        bars["volume"] = 0.0
    return made


@pytest.mark.slow
@pytest.mark.parametrize("what", ["nothing", "modelled", "high, then open", "sessions swapped", "twice", "at :59",
                                  "between seconds", "mixed", "outside, and without a trade", "no volume"])  # fmt: skip
def test_a_session_at_a_time_is_all_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    found: list[object] = []
    for rows in (bar_reader.ROWS, 1):
        monkeypatch.setattr(bar_reader, "ROWS", rows)
        settings = write(tmp_path, spoilt(what))
        settings = replace(settings, chain="synthetic", options=None) if what == "modelled" else settings
        try:
            market = load(settings)
            found.append((market.digest, dict(market.quality), market.source))
        except DataError as error:
            found.append(str(error))
    assert found[0] == found[1]
    fine = what in ("nothing", "modelled", "outside, and without a trade", "no volume", "mixed")
    assert isinstance(found[0], tuple) == fine
