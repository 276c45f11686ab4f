"""The underlying on a page: thinned, with every entry, exit and extreme left, and small however long the data are."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from quantray.report.json_text import compact
from quantray.sweeps.market import Slice
from quantray.sweeps.report import tape, track
from quantray.sweeps.report.tape import MOST_COLUMNS, MOST_TOLD, carried, days, runs
from quantray.sweeps.report.trade_list import MOST_DRAWN, first_of
from tests.builders.trails import odd, trail


def shown(r):
    told = track.tracks(r)
    return days(told, {}, first_of(told, MOST_DRAWN))


@pytest.mark.parametrize("seed", range(12))
def test_of_every_pixel_column_the_extremes_are_left_and_all_that_must_be(seed):
    rng = np.random.default_rng(seed)
    n, columns = int(rng.integers(1, 3000)), int(rng.integers(1, 200))
    prices = rng.normal(100, 1, n)
    prices[rng.random(n) < 0.2] = np.nan
    for a in rng.integers(0, n, 3):
        prices[a : a + rng.integers(0, n // 4 + 1)] = np.nan
    kept = rng.integers(0, n, 20)
    found = runs(prices, columns, kept)
    bars = np.concatenate([b for b, _ in found]) if found else np.empty(0, int)
    known = np.flatnonzero(~np.isnan(prices))
    assert np.array_equal(np.concatenate([p for _, p in found]) if found else np.empty(0), prices[bars])
    assert np.all(np.diff(bars) > 0)
    assert set(kept[~np.isnan(prices[kept])]) <= set(bars)
    for column in range(columns):
        inside = [b for b in known if b * columns // n == column]
        left = [b for b in bars if b * columns // n == column]
        if inside:
            assert min(prices[left]) == min(prices[inside])
            assert max(prices[left]) == max(prices[inside])
    if len(known):
        assert (bars[0], bars[-1]) == (known[0], known[-1])
    for piece, _ in found:  # no line goes over a gap, and no line is cut where there is none
        assert not np.isnan(prices[piece[0] : piece[-1] + 1]).any()
    for (a, _), (b, _) in pairwise(found):
        assert np.isnan(prices[a[-1] + 1 : b[0]]).any()


@pytest.mark.slow
def test_what_the_page_reads_is_what_the_chart_draws():
    for day in shown(trail(lunch=True)):
        data = json.loads(compact(day.data))
        for name, line in (("price", day.price), ("vwap", day.vwap)):
            assert len(data[name]) == len(line)
            for (bars, prices), (step_bars, step_prices) in zip(line, data[name], strict=True):
                assert np.cumsum([int(x) for x in step_bars.split()]).tolist() == bars.tolist()
                whole = np.cumsum([int(x) for x in step_prices.split()])
                assert (whole / 10**day.digits).tolist() == prices.tolist()
        assert [mark[-1] for mark in data["marks"]] == [day.tip(mark) for mark in day.marks]


@pytest.mark.slow
def test_every_trade_is_marked_at_the_price_of_its_bars():
    r = trail()
    told, found = track.tracks(r), shown(r)
    marks = [(day, mark) for day in found for mark in day.marks]
    assert [mark.number for _, mark in marks] == list(range(1, len(marks) + 1))
    at = 0
    for part in told:
        t = part.made.trades
        for i in range(len(t)):
            day, mark = marks[at]
            session = part.made.slice.sessions[int(t.session[i])]
            assert (day.date, day.unseen) == (session.date, part.unseen)
            assert (mark.entry, mark.exit, mark.net) == (t.entry_bar[i], t.exit_bar[i], t.net[i])
            for bar, price in ((mark.entry, mark.entry_at), (mark.exit, mark.exit_at)):
                assert price == pytest.approx(session.close[bar], abs=0.51 * 10.0**-day.digits)
                assert bar in np.concatenate([bars for bars, _ in day.price])
            at += 1
    assert at == len(marks) > 20
    for day in found:
        assert day.net == pytest.approx(sum(mark.net for mark in day.marks))
        assert str(day.marks[0].number) in day.said
        assert (" to " in day.said) or len(day.marks) <= MOST_TOLD


@pytest.mark.parametrize("seed", range(4))
def test_trades_of_a_black_box_are_marked_inside_its_sessions(seed):
    found = shown(odd(seed))
    assert sum(len(day.marks) for day in found) == 80
    for day in found:
        assert all(0 <= mark.entry <= mark.exit < day.n_bars for mark in day.marks)
        assert not {"NaN", "Infinity"} & set(compact(day.data).split(","))


@pytest.mark.slow
def test_a_session_without_any_price_is_told_without_a_line():
    r = trail(2, 0)
    blind = [replace(s, close=np.full(s.n_bars, np.nan)) for s in r.in_sample.slice.sessions]
    r = replace(r, in_sample=replace(r.in_sample, slice=Slice("TINY", tuple(blind), "")))
    for day in shown(r):
        assert day.price == ()
        assert day.marks == ()
        assert "NaN" not in compact(day.data)


@pytest.mark.slow
def test_an_index_without_volumes_has_no_vwap():
    r = trail(2, 0)
    sessions = [replace(s, volume=np.full(s.n_bars, np.nan)) for s in r.in_sample.slice.sessions]
    r = replace(r, in_sample=replace(r.in_sample, slice=Slice("TINY", tuple(sessions), "")))
    assert all(day.vwap == () and day.price for day in shown(r))


@pytest.mark.slow
def test_the_vwap_is_the_one_that_the_strategy_sees():
    r = trail(1, 0)
    told = track.tracks(r)
    session = r.in_sample.slice.sessions[0]
    own = np.arange(session.n_bars) + 0.0
    mapped = replace(r.in_sample, slice=Slice("TINY", (replace(session, vwap_running=own),), ""))
    plain, counted = (
        days(told, {"vwap_count_filled": flag}, first_of(told, MOST_DRAWN))[0].vwap for flag in (False, True)
    )
    assert not all(np.array_equal(a, b) for (_, a), (_, b) in zip(plain, counted, strict=True))
    given = days(track.tracks(replace(r, in_sample=mapped)), {}, first_of(told, MOST_DRAWN))[0].vwap
    assert all(prices.tolist() == own[bars].tolist() for bars, prices in given)


def test_prices_before_the_first_trade_are_the_first_one():
    assert carried(np.array([np.nan, 2.0, np.nan, 3.0])).tolist() == [2.0, 2.0, 2.0, 3.0]
    assert np.isnan(carried(np.full(3, np.nan))).all()


@pytest.mark.slow
def test_a_session_of_one_second_bars_takes_little_and_many_of_them_take_less_each(monkeypatch: pytest.MonkeyPatch):
    """250 sessions of 23,400 bars stay far below 6 MB: each takes at most what MOST_COLUMNS allow."""
    r = trail(1, 0, interval_s=1)
    alone = compact(shown(r)[0].data)
    lines = alone.partition('"marks"')[0]
    assert len(lines) < 14 * MOST_COLUMNS * 2
    assert 250 * len(lines) < 3_000_000
    monkeypatch.setattr(tape, "ALL_COLUMNS", 100)  # as if a thousand sessions shared the page
    assert len(compact(shown(r)[0].data).partition('"marks"')[0]) < len(lines) / 2


@pytest.mark.slow
def test_the_first_listed_trades_alone_are_carried():
    r = trail(3, 2)
    told = track.tracks(r)
    counts = [2, 3]
    marks = [(day.unseen, mark.number) for day in days(told, {}, counts) for mark in day.marks]
    n = len(r.in_sample.trades)
    assert marks == [(False, 1), (False, 2), *((True, n + k) for k in (1, 2, 3))]
