"""What trades earned by asset, month and reason: every figure against the trades themselves."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

from quantray.callers.report import income
from quantray.callers.report.income import Earned
from quantray.callers.report.trades import trades_frame
from quantray.callers.results import CallerResults
from quantray.durations import NS, iso
from tests.builders.caller_results import SHAPES, results

DAY = 86_400 * NS


def parts_of(r: CallerResults, name: str) -> list[Earned]:
    shown = r.unit(name).shown
    assert shown is not None
    return income.earned(r, shown)


def number_of(text: str) -> float:
    return float("nan") if text == "–" else float(text.replace(",", "").replace("−", "-"))


@pytest.mark.parametrize("shape", ["both", "nothing held out, no account", "grouped"])
def test_assets_and_exits_add_up_to_the_trades(shape: str):
    r = SHAPES[shape]()
    unit = next(u for u in r.units if u.shown is not None)
    sheet, frame = income.assets(r, parts_of(r, unit.name)), trades_frame(r)
    mine = frame[frame["unit"] == unit.name]
    done = mine[mine["skipped"] == ""]
    amount = done["pnl"] if r.plan.account.limited else 100 * done["net"]
    head = list(sheet.head)
    net = head.index("net of both" if r.split_ns else "net")
    by_asset = amount.groupby(done["asset"]).sum()
    assert {row[0]: number_of(row[net]) for row in sheet.rows if row[net] != "–"} == pytest.approx(
        by_asset.to_dict(), abs=0.006
    )
    counts = [k for k, name in enumerate(head) if name.startswith("trades")]
    assert sum(int(row[k].replace(",", "")) for row in sheet.rows for k in counts) == len(done)
    assert sum(int(row[-1]) for row in sheet.rows) == len(mine) - len(done)
    best = done.assign(amount=amount).groupby("asset")["amount"].max()
    shown = {row[0]: number_of(row[head.index("best trade")]) for row in sheet.rows if row[net] != "–"}
    assert shown == pytest.approx(best.to_dict(), abs=0.006)
    listed = [number_of(row[net]) for row in sheet.rows if row[net] != "–"]
    assert listed == sorted(listed, reverse=True)
    exits = income.exits(parts_of(r, unit.name))
    assert sum(n for _, cells in exits for n, _ in cells) == len(done)
    assert sum(v for _, cells in exits for _, v in cells) == pytest.approx(amount.sum())
    _, months = income.months(parts_of(r, unit.name))
    assert sum(m.n_trades for m in months) == len(done)
    assert sum(m.net for m in months) == pytest.approx(amount.sum())
    assert sum(m.net for m in months if m.held_out) == pytest.approx(amount[done["part"] == "held_out"].sum())


def earned(times: list[int], amounts: list[float], held_out: bool = False) -> Earned:
    n, none = len(times), np.zeros(0, np.int64)
    zeros = np.zeros(n, np.int64)
    return Earned(held_out, np.array(amounts), zeros, np.array(times, np.int64), zeros, none)


@pytest.mark.parametrize(
    ("step", "called", "n"), [(31 * DAY, "month", 6), (7 * DAY, "week", 6), (DAY, "day", 6), (DAY // 100, "day", 1)]
)
def test_the_period_is_as_long_as_the_trades_allow(step: int, called: str, n: int):
    start = 1_704_067_200 * NS  # Monday 2024-01-01
    times = [start + k * step for k in range(6)]
    found, months = income.months([earned(times, [1.0] * 6)])
    assert found == called
    assert len(months) == n
    by_name: dict[str, float] = defaultdict(float)
    for at in times:
        day = np.datetime64(iso(at)[:10])
        name = {"month": str(day)[:7], "day": str(day)}.get(called)
        by_name[name or str(day - (day.astype(np.int64) + 3) % 7)] += 1.0
    assert {m.name: m.net for m in months} == dict(by_name)


def test_months_without_a_trade_stand_between_and_both_parts_may_share_one():
    jan, apr = 1_704_067_200 * NS, 1_711_929_600 * NS
    mar = apr - DAY
    _, months = income.months([earned([jan, mar], [1.0, 2.0]), earned([mar, apr], [3.0, 4.0], held_out=True)])
    assert [(m.name, m.net, m.held_out) for m in months] == [
        ("2024-01", 1.0, False), ("2024-02", 0.0, False), ("2024-03", 2.0, False), ("2024-03", 3.0, True),
        ("2024-04", 4.0, True),
    ]  # fmt: skip
    assert income.months([earned([], [])]) == ("month", [])


def test_amounts_say_what_they_are():
    assert income.unit_of(results()) == "money, after costs"
    assert income.unit_of(SHAPES["nothing held out, no account"]()).startswith("% of a position")
