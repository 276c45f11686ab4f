"""The walk over option rows: sessions are added in order, and the gravest rows of all of them are kept."""

from collections import Counter

import numpy as np
import pytest

from quantray.files.findings import Row
from quantray.sweeps.data.option_checks import OptionWalk
from quantray.sweeps.data.options import Rows
from quantray.sweeps.data.priced import Listed
from quantray.sweeps.data.settings import DataSettings
from tests.builders.parities import day


def judged(change=None) -> OptionWalk:
    contracts, ends, grid, (bid, ask, bar, place) = day()
    order = np.lexsort((place, bar))
    columns = {"bid": bid[order], "ask": ask[order]}
    rows = Rows(grid.window.open_ns + bar[order] * 60_000_000_000, place[order], columns)
    place = place[order]
    if change is not None:
        rows, place = change(rows, place)
    return OptionWalk(0.002).judge(DataSettings(), Listed(contracts, ends, rows, place), grid, quotes=True)


def take(index):
    return lambda rows, place: (rows.take(index(len(place))), place[index(len(place))])


def test_clean_rows_count_as_a_run_counts_them():
    walk = judged()
    assert walk.counts["quotes"] == walk.tally["rows"] == 6 * 390
    assert walk.tally["parity"] == 0
    assert walk.tally["pairs"] == 3 * 390
    assert walk.moved[0][0].shape == (389,)


def test_copies_rows_off_the_grid_and_out_of_order_are_counted_and_left_out():
    walk = judged(take(lambda n: np.sort(np.append(np.arange(n), [7, 900]))))
    assert (walk.tally["duplicates"], walk.counts["quotes"]) == (2, 6 * 390)
    walk = judged(take(lambda n: np.concatenate([np.arange(600, n), np.arange(600)])))
    assert (walk.tally["order"], walk.counts["quotes"]) == (6, 6 * 390)

    def off(rows, place):
        rows.ts[11] += 1
        return rows, place

    walk = judged(off)
    assert (walk.tally["off grid"], walk.counts["quotes"]) == (1, 6 * 390 - 1)


def test_quotes_that_stand_still_while_the_underlying_moves_are_found():
    walk = judged(take(lambda n: np.r_[: n // 3, n // 2 : n]))
    (run,) = walk.still
    assert run.bars == pytest.approx(390 / 6, abs=2)


def test_a_session_without_rows_is_one_without_options():
    assert judged(take(lambda n: np.arange(0))).counts["sessions_no_options"] == 1


def test_sessions_add_up_and_the_gravest_rows_stay():
    whole = OptionWalk(0.0, Counter(quotes=1))
    for k in range(7):
        one = OptionWalk(0.0, Counter(quotes=k))
        one.worst["crossed"] = [(float(k), Row(k, "", ""))]
        whole.add(one)
    assert whole.counts["quotes"] == 22
    assert [size for size, _ in whole.worst["crossed"]] == [6, 5, 4, 3, 2]
