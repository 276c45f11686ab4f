"""Rows on the dense grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from quantray.sweeps.data import load
from quantray.sweeps.market import CROSSED_QUOTE, Session
from tests.builders.market_files import DATES, NAN, OPEN, frames, write

CALL_100 = f"SPOT {DATES[0]} C100"


def _session_with(tmp_path: Path, rows: list[tuple[int, float | None, float | None]]) -> Session:
    """The first session with these quotes (minute, bid, ask) of one call, all other contracts as they are."""
    made = frames()
    others = made["options"][made["options"].symbol != CALL_100]
    mine = pd.DataFrame(
        [{"ts": OPEN + pd.Timedelta(minutes=k), "symbol": CALL_100, "underlying": "SPOT", "bid": bid, "ask": ask,
          "last": 0.5, "volume": 1.0} for k, bid, ask in rows]
    )  # fmt: skip
    made["options"] = pd.concat([others, mine.astype({"bid": float, "ask": float})]).sort_values("ts", kind="stable")
    return load(write(tmp_path, made, arbitrage_tolerance=0.05)).sessions[0]


def test_a_quote_stands_until_replaced_and_not_into_the_next_session(tmp_path: Path):
    session = _session_with(tmp_path, [(2, 1.0, 1.1), (4, None, None), (6, None, 1.2), (8, 0.0, None), (9, 1.3, 1.2)])
    k = session.symbol.index(CALL_100)
    np.testing.assert_array_equal(session.bid[k, :11], [NAN, NAN, 1, 1, 1, 1, NAN, NAN, NAN, NAN, NAN])
    np.testing.assert_array_equal(session.ask[k, :11], [NAN, NAN, 1.1, 1.1, 1.1, 1.1, 1.2, 1.2, NAN, -1, -1])
    assert session.fresh[k].nonzero()[0].tolist() == [2, 6, 8, 9]
    assert (session.ask[k, 9:] == CROSSED_QUOTE).all()


def test_prints_lie_where_they_were_made(tmp_path: Path):
    made = frames(quotes=False)
    session = load(write(tmp_path, made)).sessions[0]
    rows = made["options"][made["options"].symbol == CALL_100]
    k = session.symbol.index(CALL_100)
    bars = ((rows.ts - OPEN).dt.total_seconds() // 60).astype(int).tolist()
    assert np.isfinite(session.last[k]).nonzero()[0].tolist() == bars
    assert session.last[k, bars].tolist() == rows["last"].tolist()
    np.testing.assert_array_equal(session.fresh, np.isfinite(session.last))


def test_dense_grids_agree_with_a_loop_over_rows(tmp_path: Path):
    made = frames()
    made["options"].loc[made["options"].index % 7 == 0, "bid"] = NAN
    made["options"].loc[made["options"].index % 11 == 0, "ask"] = NAN
    session = load(write(tmp_path, made)).sessions[0]
    standing = dict.fromkeys(session.symbol, (NAN, NAN))
    by_bar: dict[int, list] = {}
    for row in made["options"].itertuples():
        by_bar.setdefault(int((row.ts - OPEN).total_seconds() // 60), []).append(row)
    for bar in range(session.n_bars):
        for row in by_bar.get(bar, []):
            if not (np.isnan(row.bid) and np.isnan(row.ask)):
                standing[row.symbol] = (row.bid if row.bid > 0 else NAN, row.ask)
        expected = np.array([standing[s] for s in session.symbol])
        np.testing.assert_array_equal(session.bid[:, bar], expected[:, 0])
        np.testing.assert_array_equal(session.ask[:, bar], expected[:, 1])
