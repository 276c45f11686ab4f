"""Trades as they are written."""

from __future__ import annotations

import pytest

from quantray.callers.report.tables import best_frame, parts_of
from quantray.callers.report.trades import trades_frame
from tests.builders.caller_pages import page
from tests.builders.caller_results import results


def test_trades_add_up_to_what_is_reported():
    r = results()
    frame = trades_frame(r)
    for unit in r.units:
        for name, part in parts_of(unit):
            mine = frame[(frame.unit == unit.name) & (frame.part == name)]
            done = mine[mine.skipped == ""]
            m = part.metrics
            assert len(done) == m["n_trades"]
            assert done.net.mean() == pytest.approx(m["captured_return"])
            assert done.pnl.sum() == pytest.approx(part.trades.final_capital - r.plan.account.initial)
            assert done.ambiguous.astype(float).mean() == pytest.approx(m["ambiguous_share"])
            assert (mine.skipped == "max_positions_per_asset").sum() == m["skipped_max_positions_per_asset"]
            assert mine.entry_ns.is_monotonic_increasing
            skipped = mine[mine.skipped != ""]
            assert skipped[["exit", "net", "pnl", "size", "reason"]].isna().all().all()
            assert list(mine.asset) == [r.coverage.plan.calls.assets[a] for a in part.trades.asset]


def test_zero_trades_is_said_loudly():
    r = results(minimum=1e9)
    html, said = page(r)
    assert "ZERO TRADES for caller_0, caller_1, caller_2" in said
    assert "No caller has a best policy" in said
    assert 'class="card loud"' in html
    frame = best_frame(r)
    assert set(frame.state) == {"no_trades"}
    assert frame.policy.isna().all()
    assert len(trades_frame(r)) == 0
