"""Metrics of blocks of candidates are those of each alone, to the last bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.measures import Unit
from quantray.sweeps.kernels.columns import Listed, Outcome, listed_of, outcome_of, scratch_of
from quantray.sweeps.kernels.metrics import list_up, sum_up
from quantray.sweeps.metrics import COUNTED, Metric
from quantray.sweeps.trades import ExitReason

SESSIONS, INTERVAL_S = 5, 2.0
CASH = st.sampled_from([-55.0, -0.1, 0.0, 0.1, 7.25, 1e200, -1e200])


@st.composite
def trades(draw: Any) -> Listed:
    """Up to thirty trades, more than are sorted by insertion; exits cross each other and stand in one bar."""
    n = draw(st.integers(0, 30))
    made = listed_of(n)
    column = lambda values: draw(st.lists(values, min_size=n, max_size=n))  # noqa: E731
    made.net[:], made.risk[:] = column(CASH), np.abs(column(CASH))
    made.session[:], made.entry_bar[:] = np.sort(column(st.integers(0, SESSIONS - 1))), column(st.integers(0, 9))
    made.exit_bar[:] = made.entry_bar + column(st.integers(0, 5))
    made.reason[:] = column(st.integers(0, max(ExitReason)))
    for name in ("no_bid", "entry_carried", "exit_carried"):
        getattr(made, name)[:] = column(st.booleans())
    return made


def measured(many: list[Listed]) -> Outcome:
    """All of them as one block."""
    block = Listed(*(np.concatenate(columns) for columns in zip(*many, strict=True)))
    s = scratch_of(len(block.net), len(many), SESSIONS)
    s.start[1:] = np.cumsum([len(one.net) for one in many])
    out = outcome_of(len(Metric), len(many), SESSIONS)
    sum_up(block, s, 0, len(many), out)
    list_up(block, s, 0, len(many), INTERVAL_S, out)
    return out


def added(numbers: Any) -> float:
    """In their order."""
    total = 0.0
    for number in numbers:
        total += float(number)
    return total


def expected(t: Listed) -> dict[Metric, float]:
    """Sums and lists as docs/rules.md says them."""
    n, nets = len(t.net), t.net.tolist()
    of = {k: added(x for x, s in zip(nets, t.session, strict=True) if s == k) for k in np.unique(t.session).tolist()}
    risk, gains, losses = added(t.risk), added(x for x in nets if x > 0), added(-x for x in nets if x <= 0)
    found = {Metric.N_TRADES: n, Metric.N_SESSIONS: len(of), Metric.TOTAL_PNL: added(nets)}
    found[Metric.PROFIT_FACTOR] = gains / losses if losses > 0 else np.nan
    curve = np.array([0.0, *(nets[i] for i in np.lexsort((np.arange(n), t.exit_bar, t.session)))])
    curve = np.array([added(curve[: i + 1]) for i in range(n + 1)])
    found[Metric.MAX_DRAWDOWN] = float((np.maximum.accumulate(curve) - curve).max())
    mean = added(of.values()) / len(of) if of else np.nan
    spread = math.sqrt(added((x - mean) * (x - mean) for x in of.values()) / max(len(of) - 1, 1))
    found[Metric.SHARPE] = mean / spread if len(of) > 1 and 0 < spread < np.inf else np.nan
    bars = (t.exit_bar - t.entry_bar).tolist()
    for metric, value in (
        (Metric.WIN_RATE, sum(x > 0 for x in nets)), (Metric.EXPECTANCY, added(nets)), (Metric.AVG_RISK, risk),
        (Metric.MEAN_DURATION_S, sum(bars) * INTERVAL_S), (Metric.CARRIED_ENTRY_SHARE, int(t.entry_carried.sum())),
        (Metric.CARRIED_EXIT_SHARE, int(t.exit_carried.sum())),
    ):  # fmt: skip
        found[metric] = value / n if n else np.nan
    found[Metric.RETURN_ON_RISK_PERCENT] = 100.0 * (added(nets) / n) / (risk / n) if risk > 0 else np.nan
    found[Metric.MAX_DURATION_S] = max(bars) * INTERVAL_S if n else np.nan
    for metric, q in ((Metric.MEDIAN_NET, 0.5), (Metric.P05_NET, 0.05)):
        at = sorted(nets)
        low = int(q * (n - 1)) if n else 0
        found[metric] = at[low] + (at[min(low + 1, n - 1)] - at[low]) * (q * (n - 1) - low) if n else np.nan
    for why in ExitReason:
        found[Metric(Metric.EXITS_EMERGENCY + why)] = int((t.reason == why).sum())
    found |= {Metric.NO_BID_AT_CLOSE: int(t.no_bid.sum()), Metric.REFUSED_NO_CASH: 0}
    return found | {Metric.REFUSED_MAX_OPEN_POSITIONS: 0}


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(trades(), min_size=1, max_size=4))
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid")
def test_a_block_has_each_ones_metrics(many: list[Listed]) -> None:
    out = measured(many)
    for i, one in enumerate(many):
        wanted = expected(one)
        assert set(wanted) == set(Metric) - set(COUNTED)
        for metric, value in wanted.items():
            got = (out.whole if metric.unit is Unit.COUNT else out.amount)[metric, i]
            exists = abs(value) < np.inf  # what overflows does not exist
            assert got == value if exists else np.isnan(got), metric
        for k in range(SESSIONS):
            assert out.net[i, k] == added(one.net[one.session == k])
