"""A finished run over policies on the screens: best policies, their trades among the calls, and their exits."""

from __future__ import annotations

import pytest

from quantray.callers.results import GROUP
from quantray.callers.study import CallerStudy
from quantray.cli.tui.finished import finished_source


def test_units_are_those_of_the_run(policies: CallerStudy) -> None:
    rows = {row["caller"]: row for row in finished_source(policies.plan.run_dir).callers()}
    assert list(rows) == [unit.name for unit in policies.results.units]
    for unit in policies.results.units:
        assert (rows[unit.name]["value"], rows[unit.name]["held_out"]) == (unit.value, unit.held_out_value)
        assert rows[unit.name]["n"] == unit.n_eligible


def test_every_trade_stands_beside_its_call(policies: CallerStudy) -> None:
    import pandas

    source = finished_source(policies.plan.run_dir)
    trades = pandas.read_parquet(policies.plan.run_dir / "trades.parquet")
    done = trades[trades["skipped"] == ""] if (trades["skipped"] == "").any() else trades[trades["skipped"].isna()]
    assert len(done)
    shown = 0
    for unit in trades["unit"].unique():
        calls = {call["call_id"]: call for call in source.calls(unit)}
        for trade in done[done["unit"] == unit].to_dict("records"):
            call = calls[trade["call_id"]]
            assert call["net"] == trade["net"]
            assert call["outcome"] == trade["reason"]
            assert source.exits(call)[0] == unit
            (mark,) = [m for m in source.picture(call, unit).marks if m.name == "exit"]
            assert mark.ns == trade["exit_ns"]
            assert mark.multiple == pytest.approx(trade["exit_price"] / call["entry_price"])
            shown += 1
    assert shown == len(done)


def test_the_group_has_every_call(policies: CallerStudy) -> None:
    source = finished_source(policies.plan.run_dir)
    assert len(source.calls(GROUP)) == len(policies.results.coverage)
    assert sum(len(source.calls(name)) for name in ("caller_0", "caller_1", "caller_2")) == len(source.calls(GROUP))
