"""Sections of the page: what a reader looks for, and what is said loudly."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from quantray.callers.report.sections import callers, in_detail
from quantray.callers.report.words import metric
from quantray.report.words import number
from tests.builders.caller_pages import page
from tests.builders.caller_results import many, results
from tests.builders.pages import fetched


@pytest.mark.slow
def test_held_out_results_come_first_and_decide_the_order():
    r = results(8, 300)
    html, _ = page(r)
    head = re.findall(r'<th scope="col">([^<]*)</th>', html[html.index('class="grid callers"') :])
    assert head[:6] == ["caller, policy", "verdict", "held out", "trades", "one candle late", "dead at zero"]
    assert head.index("held out") < head.index("training")
    values = [u.held_out_value for u in callers(r) if u.held_out_value is not None]
    assert values == sorted(values, reverse=True)
    assert len(values) >= 6


def test_every_figure_of_the_table_is_the_results_own():
    r = results()
    html, _ = page(r)
    body = html[html.index('class="grid callers"') :]
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr[^>]*>(<td>.*?)</tr>", body)]
    found = {re.sub("<small.*|<[^>]*>", "", row[0]): row for row in rows[: len(r.units)]}
    for unit in r.units:
        assert unit.train is not None
        assert unit.held_out is not None
        held, train, late = unit.held_out.metrics, unit.train.metrics, unit.lanes["one candle late"][1]
        assert late is not None
        assert found[unit.name][2:9] == [
            metric("captured_return", unit.held_out_value), number(held["n_trades"]),
            metric("captured_return", late["captured_return"]), metric("captured_return", held["captured_return"]),
            metric("captured_return", unit.value), number(train["n_trades"]), metric("win_rate", held["win_rate"]),
        ]  # fmt: skip


def test_the_page_says_what_a_reader_looks_for():
    r = results()
    _, said = page(r)
    for words in (
        "held out first, because that is what counts", "All callers on one account", "one candle late", "dead at zero",
        "costs 50/100 bps", "One step away in one level", "Account over time", "What ended the trades",
        "order inside a candle decided", "mean R multiple", "Net return of each trade", "Quality of the candles",
        "Calls left out or thin", "left out: first candle too late", "thin windows", "Spelt so alike",
        "caller_0 and caller_O", "30 fee + 10 slippage", "Reproduce",
        "Stop at 0.95x the entry", "9 policies", "token<1>", *r.digests,
    ):  # fmt: skip
        assert words in said, words
    for unit in r.units:
        assert unit.verdict is not None
        assert unit.verdict.headline in said


@pytest.mark.slow
def test_a_thousand_callers_stay_one_usable_page():
    r = many(1000)
    html, said = page(r)
    assert len(in_detail(r)) == r.plan.report.top + 3
    assert html.count('class="card unit"') == r.plan.report.top + 4  # and the group
    assert said.count("caller_00500") == 1
    assert len(html) < 2_000_000


def test_a_policy_that_was_never_tried_on_held_out_calls_is_said_loudly():
    r = results()
    unit = r.unit("caller_1")
    assert unit.held_out is not None
    none = {**dict.fromkeys(unit.held_out.metrics), "n_trades": 0}
    empty = replace(unit.held_out.trades, **{
        name: getattr(unit.held_out.trades, name)[:0] for name in unit.held_out.trades.__slots__
        if isinstance(getattr(unit.held_out.trades, name), np.ndarray)
    })  # fmt: skip
    silent = replace(unit, held_out=replace(unit.held_out, metrics=none, trades=empty), held_out_value=None)
    _, said = page(replace(r, units=[silent if u is unit else u for u in r.units]))
    assert "ZERO TRADES on the held-out calls: the policy of caller_1 is untested" in said


def test_constraints_that_nobody_meets_leave_every_caller_in_the_table():
    r = results(min_trades=500)
    html, said = page(r)
    assert said.count("no policy meets the constraints") >= len(r.units)
    assert html.count('class="empty"') == len(r.units) - 1
    assert "No result" in said


def test_without_held_out_calls_there_is_no_column_for_them():
    html, said = page(results(fraction=0.0, mode="per_caller", limited=False))
    assert "<th>held out</th>" not in html
    assert "Nothing was held out" in said
    assert "Net returns of the trades over time, summed" in said
    assert "final capital" not in said


def test_a_group_alone_is_judged_by_its_own_verdict():
    r = results(mode="grouped")
    _, said = page(r)
    group = r.units[0]
    assert group.verdict is not None
    assert f"Should you believe it? {str(group.verdict.word).capitalize()}" in said
    assert "All 3 callers share one account" in said


def test_names_are_escaped():
    r = results()
    units = [replace(u, name=f"<b>{u.name}</b>&") if u.name == "caller_1" else u for u in r.units]
    html, said = page(replace(r, units=units, notes=("<script>alert(1)</script>",)))
    assert fetched(html) == []
    assert "<b>caller_1</b>&" in said
