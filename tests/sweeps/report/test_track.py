"""What the candidate did with its money: every sum is the total beside it, every drawdown the metric."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.report import words
from quantray.report.equity import deepest
from quantray.sweeps.plan import Capital
from quantray.sweeps.report import track
from quantray.sweeps.report.sections import comparison, samples
from tests.builders.sweep_pages import SHAPES
from tests.builders.trails import PARAMS, odd, trail
from tests.reference.trails import by_name, drawdown, trade_rows

TABLES = (track.exits, track.months, track.weekdays, track.hours, track.by_side)
NIGHT = {"evening": True, "params": {**PARAMS, "entry_window": "23:05-4:00"}}
REAL = {
    "quotes": lambda: trail(),
    "prints": lambda: trail(quotes=False),
    "overnight": lambda: trail(**NIGHT),
    "an account": lambda: trail(capital=Capital(initial=400.0, max_open_positions=2)),
    "nothing held out": lambda: trail(3, 0),
    "one trade": lambda: trail(1, 0, n_bars=300, params={**PARAMS, "cooldown_period_seconds": 86_000}),
}


def number(text: str) -> float:
    return 0.0 if text == words.DASH else float(text.replace(",", "").replace("−", "-"))


@pytest.mark.slow
@pytest.mark.parametrize("shape", [*SHAPES, *REAL, "odd"])
def test_counts_and_nets_of_every_table_are_the_whole(shape):
    r = odd() if shape == "odd" else {**SHAPES, **REAL}[shape]()
    told = track.tracks(r)
    for by in TABLES:
        table = by(told)
        if table is None:
            assert not any(len(s.trades) for s, _ in samples(r))
            continue
        for at, (made, _) in enumerate(samples(r)):
            n, net, mean = table.total[3 * at : 3 * at + 3]
            assert sum(number(cells[3 * at]) for _, cells, _ in table.rows) == number(n) == len(made.trades)
            rounding = 0.005 * (len(table.rows) + 1) + 1e-9
            assert sum(number(cells[3 * at + 1]) for _, cells, _ in table.rows) == pytest.approx(
                number(net), abs=rounding
            )
            assert number(net) == pytest.approx(made.trades.net.sum(), abs=0.00501)
            if shape in SHAPES or shape in REAL:
                assert net == words.metric("total_pnl", made.metrics["total_pnl"])
                assert mean == words.metric("expectancy", made.metrics["expectancy"])
        bars = [0.0, *(share for _, _, shares in table.rows for share in shares)]
        assert table.zero == pytest.approx(-min(bars), abs=1e-4)
        assert max(bars) - min(bars) == pytest.approx(1.0 if any(bars) else 0.0, abs=2e-4)  # the width is used


@pytest.mark.parametrize("shape", REAL)
def test_each_name_has_the_trades_that_a_slow_count_gives_it(shape):
    r = REAL[shape]()
    told = track.tracks(r)
    assert sum(len(s.trades) for s, _ in samples(r)) > (0 if shape == "one trade" else 5)
    for at, (made, _) in enumerate(samples(r)):
        rows = trade_rows(r.plan, made)
        named = {
            track.exits: [row["reason"].replace("_", " ") for row in rows],
            track.months: [row["session"][:7] for row in rows],
            track.weekdays: [np.datetime64(row["session"]).item().strftime("%A") for row in rows],
            track.hours: [row["entry_time"][:2] + ":00" for row in rows],
            track.by_side: [row["side"] for row in rows],
        }
        for by, names in named.items():
            wanted = by_name(names, made.trades.net)
            found = {name: cells[3 * at : 3 * at + 3] for name, cells, _ in by(told).rows}
            assert set(wanted) <= set(found)
            for name, (n, net, mean) in found.items():
                count, total = wanted.get(name, (0, 0.0))
                assert number(n) == count
                assert number(net) == pytest.approx(total, abs=0.00501)
                assert (mean == words.DASH) == (count == 0)


@pytest.mark.slow
@pytest.mark.parametrize("shape", REAL)
def test_the_deepest_drawdown_that_is_marked_is_the_metric(shape):
    r = REAL[shape]()
    told = track.tracks(r)
    for leg, (made, _), sentence in zip(track.legs(r, told), samples(r), track.equity_sentences(r, told), strict=True):
        fall = deepest(leg)
        depth = made.metrics["max_drawdown"]
        assert (fall.depth if fall else 0.0) == depth == drawdown(made.trades)
        assert leg.curve[-1] - leg.start == pytest.approx(made.metrics["total_pnl"])
        assert np.all(np.diff(leg.days) >= 0)
        figures = next(row for row in comparison(r) if row[0] == words.label("max_drawdown"))
        assert words.metric("max_drawdown", depth) in figures
        assert fall is None or f"{words.label('max_drawdown')} {words.metric('max_drawdown', depth)}," in sentence
        assert words.metric("total_pnl", made.metrics["total_pnl"]) in sentence


@pytest.mark.slow
def test_hours_go_through_midnight_in_the_order_of_the_session():
    r = REAL["overnight"]()
    names = [name for name, _, _ in track.hours(track.tracks(r)).rows]
    assert names[0] == "23:00"
    assert names[1:] == sorted(names[1:])
    assert "00:00" in names


@pytest.mark.slow
def test_an_account_starts_with_its_capital_in_each_part():
    r = REAL["an account"]()
    told = track.tracks(r)
    assert [leg.start for leg in track.legs(r, told)] == [400.0, 400.0]
    assert all("starts with 400.00" in sentence for sentence in track.equity_sentences(r, told))
