"""Quote and print semantics of the specification's section 1, on rows written by hand."""

from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from quantray.errors import DataError
from quantray.sweeps.data import check_gates, load
from quantray.sweeps.data.options import judge_prints, judge_quotes
from quantray.sweeps.market import CROSSED_QUOTE, ZERO_QUOTE, Session
from quantray.sweeps.plan import Gates
from tests.builders.market_files import DATES, Frames, frames, write

NAN = float("nan")
CALL_100 = f"SPOT {DATES[0]} C100"
OPEN = pd.Timestamp("2024-11-27T14:30Z")


@pytest.mark.parametrize(
    ("bid", "ask", "stored", "counted"),
    [
        (1.0, 1.1, (1.0, 1.1), None),
        (1.1, 1.1, (1.1, 1.1), None),  # locked is fine
        (NAN, 1.1, (NAN, 1.1), None),  # an absent side is not an error
        (1.0, NAN, (1.0, NAN), None),
        (0.0, 1.1, (NAN, 1.1), None),  # a bid of 0 is no bid
        (0.0, NAN, (NAN, NAN), None),  # withdrawn
        (1.2, 1.1, (NAN, CROSSED_QUOTE), "crossed"),
        (1.0, 0.0, (NAN, ZERO_QUOTE), "zero"),
        (0.0, 0.0, (NAN, ZERO_QUOTE), "zero"),
        (NAN, -1.0, (NAN, ZERO_QUOTE), "zero"),
        (-1.0, 1.0, (NAN, ZERO_QUOTE), "zero"),
        (0.1, 0.4, (NAN, CROSSED_QUOTE), "bounds"),  # ask below what exercise pays
        (6.0, 6.1, (NAN, CROSSED_QUOTE), "bounds"),  # bid above what the right can be worth
    ],
)
def test_a_quote_row(bid: float, ask: float, stored: tuple[float, float], counted: str | None):
    counts: Counter[str] = Counter()
    low, high = np.array([0.5]), np.array([5.0])
    shown, asked, replaces = judge_quotes(np.array([bid]), np.array([ask]), low, high, counts)
    assert replaces[0]
    np.testing.assert_array_equal([shown[0], asked[0]], stored)
    quarantined = {k: v for k, v in counts.items() if k.startswith("quarantined") and v}
    assert quarantined == ({f"quarantined_quotes_{counted}": 1} if counted else {})


def test_a_row_with_neither_side_replaces_nothing():
    counts: Counter[str] = Counter()
    none = np.array([NAN])
    assert not judge_quotes(none, none, none, none, counts)[2][0]
    assert (counts["quotes"], counts["rows_trade_only"]) == (0, 1)


def test_no_bounds_before_the_first_trade_of_the_underlying():
    counts: Counter[str] = Counter()
    shown, asked, _ = judge_quotes(*(np.array([x]) for x in (1.0, 1.1, NAN, NAN)), counts)
    assert (shown[0], asked[0]) == (1.0, 1.1)


@pytest.mark.parametrize(
    ("vwap", "close", "last", "volume", "price"),
    [
        (1.0, 2.0, 3.0, 1.0, 1.0),
        (NAN, 2.0, 3.0, 1.0, 2.0),
        (NAN, NAN, 3.0, NAN, 3.0),  # a data set without volume
        (NAN, NAN, 3.0, 0.0, NAN),  # nothing traded
        (NAN, NAN, NAN, 5.0, NAN),
        (0.1, NAN, NAN, 1.0, NAN),  # below the bounds
        (9.0, NAN, NAN, 1.0, NAN),
        (-1.0, NAN, NAN, 1.0, NAN),
    ],
)
def test_a_print_row(vwap: float, close: float, last: float, volume: float, price: float):
    columns = {k: np.array([v]) for k, v in {"vwap": vwap, "close": close, "last": last, "volume": volume}.items()}
    got = judge_prints(columns, np.array([0.5]), np.array([5.0]), Counter())
    np.testing.assert_array_equal(got, [price])


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


def test_one_quote_anywhere_makes_the_data_set_one_of_quotes(tmp_path: Path):
    made = frames(quotes=False)
    assert not load(write(tmp_path, made)).has_quotes
    made["options"][["bid", "ask"]] = NAN
    assert not load(write(tmp_path, made)).has_quotes
    made["options"].loc[0, "ask"] = 3.0
    market = load(write(tmp_path, made))
    assert market.has_quotes
    assert market.quality["quotes"] == 1


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
