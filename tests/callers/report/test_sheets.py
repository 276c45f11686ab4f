"""The tables of a unit that sort and filter: rows are the trades, held out marked; nothing held out of others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from quantray.callers.report import sheets
from quantray.callers.report.plane import Axes
from quantray.callers.report.trades import trades_frame
from quantray.callers.results import GROUP
from quantray.settings import Report
from tests.builders.caller_results import many, results


def test_every_trade_is_a_row_and_held_out_ones_say_so():
    r = results()
    for unit in r.units:
        assert unit.shown is not None
        sheet = sheets.trades(r, unit.shown, 10_000, unit.name == GROUP)
        frame = trades_frame(r)
        mine = frame[frame["unit"] == unit.name].iloc[::-1]
        mine = mine.sort_values("part", kind="stable")  # held out first
        mine = mine.sort_values("skipped", kind="stable", key=lambda text: text != "")
        assert [row[0] for row in sheet.rows] == list(mine["asset"])
        if unit.name == GROUP:
            assert [row[2] for row in sheet.rows] == list(mine["caller"])
        part, ended = sheet.head.index("part"), sheet.head.index("ended by")
        assert [row[part] for row in sheet.rows] == [
            "held out" if p == "held_out" else "training" for p in mine["part"]
        ]
        assert [row[ended].startswith("skipped") for row in sheet.rows] == list(mine["skipped"] != "")
        costs = mine["fees"] + mine["slippage"]
        told = [row[sheet.head.index("costs")] for row in sheet.rows]
        assert told == ["–" if c != c else f"{c:,.2f}" for c in costs.astype(float)]
        assert [kind == "unseen" for kind in sheet.kinds] == list(
            (mine["part"] == "held_out") & (mine["skipped"] == "")
        )


def test_costs_are_what_lies_between_gross_and_net():
    frame = trades_frame(results())
    done = frame[frame["skipped"] == ""]
    assert (done["size"] * (done["gross"] - done["net"])).to_numpy() == pytest.approx(
        (done["fees"] + done["slippage"]).to_numpy()
    )
    assert (done["fees"] / done["slippage"]).to_numpy() == pytest.approx(3.0)  # 30 and 10 bp
    assert (done["exit_price"] / done["entry_price"] - 1).to_numpy() == pytest.approx(done["gross"].to_numpy())


def test_a_page_has_room_for_all_or_for_the_same_of_each():
    r = results()
    units = [replace(u, name=f"u{i}") for i, u in enumerate(many(400).units)]
    room = sheets.rooms(r, units)
    assert sum(room.values()) <= max(sheets.MOST_TRADES, sheets.FEW * len(units))
    shown = r.unit("caller_1").shown
    assert shown is not None
    few = sheets.trades(r, shown, 3)
    assert len(few.rows) == 3
    assert "the first 3 calls of" in few.rest
    alone = sheets.rooms(r, [r.unit("caller_1")])
    assert alone["caller_1"] == sum(len(p.trades) for p in (shown.train, shown.held_out) if p is not None)


def test_better_policies_stand_by_their_levels_and_hold_back_what_is_held_out():
    r = results()
    unit = r.unit("caller_1")
    axes = Axes.of(r.plan.policies)
    sheet = sheets.better(r, unit, axes, looked=False)
    assert list(sheet.head) == ["#", "", "target", "stop", "training", "trades", "win rate"]
    assert [row[1] for row in sheet.rows].count("peak") == 1
    for row, (policy, *_) in zip(sheet.rows, unit.top, strict=True):
        assert (float(row[2]), float(row[3])) == (r.plan.policies[policy].tp, r.plan.policies[policy].sl)
    looked = replace(r, plan=replace(r.plan, report=Report(held_out="all")))
    assert "held out" in sheets.better(looked, unit, axes, looked=True).head
