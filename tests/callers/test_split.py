"""One split time for all callers, and no training call that reads a candle behind it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quantray.callers.data import Coverage, CoverageSettings, Needs, plan_calls
from quantray.callers.market import Calls
from quantray.callers.split import DROPPED, HELD_OUT, TRAIN, UNUSED, split_calls
from tests.builders.call_tables import START, minute

NS = 1_000_000_000


def coverage_of(minutes: list[int], eligible: list[bool] | None = None, hold_s: int = 600) -> Coverage:
    """Calls at some minutes, all on one asset."""
    n = len(minutes)
    ts = np.array([minute(m) for m in minutes], np.int64)
    zero = np.zeros(n, np.int32)
    names = tuple(f"c{i}" for i in range(n))
    calls = Calls(
        names, zero, zero, ts, np.full(n, np.nan), np.full(n, np.nan), (None,) * n, ("a",), ("X",), {}, "", {}
    )
    windows = plan_calls(calls, 60, Needs(hold_s))
    ones = np.ones(n, np.int64)
    reason = np.where([True] * n if eligible is None else eligible, 0, 2).astype(np.int8)
    no = np.zeros(n, bool)
    return Coverage(
        plan=windows, settings=CoverageSettings(), reason=reason, entry_ns=ts, entry_open=ones * 1.0, present=ones,
        expected=ones, warmup_present=ones * 0, longest_gap_s=ones * 0, silent=no, vendor_gap=no, common_end_ns=None,
        at_common_end=no, source_end_ns=np.full(n, minute(10**6)), outages=(),
    )  # fmt: skip


def test_the_last_share_is_held_out_and_what_reaches_into_it_is_dropped() -> None:
    split = split_calls(coverage_of([0, 10, 50, 60, 85, 100, 100, 110, 120, 130]), 0.3)
    assert split.split_ns == minute(110)
    assert split.part.tolist() == [TRAIN] * 5 + [DROPPED] * 2 + [HELD_OUT] * 3
    assert split.train_ns == (START, minute(110))
    assert split.held_out_ns is not None
    assert split.held_out_ns[0] == minute(110)


def test_calls_of_one_time_stay_together() -> None:
    split = split_calls(coverage_of([0, 1, 2, 3, 100, 100, 100, 100, 100, 101]), 0.3)
    assert split.split_ns == minute(100)
    assert (split.part == HELD_OUT).sum() == 6


def test_a_fraction_of_zero_holds_out_nothing() -> None:
    split = split_calls(coverage_of([0, 5, 9], [True, False, True]), 0)
    assert split.part.tolist() == [TRAIN, UNUSED, TRAIN]
    assert split.parts == (TRAIN,)
    with pytest.raises(KeyError, match="held_out"):
        split.period(HELD_OUT)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 300), st.booleans()), min_size=1, max_size=40),
    st.floats(0.01, 0.99),
    st.integers(60, 7200),
)
def test_training_never_reads_what_is_held_out(rows: list[tuple[int, bool]], fraction: float, hold_s: int) -> None:
    rows = sorted(rows)
    if not any(ok for _, ok in rows):
        rows[0] = (rows[0][0], True)
    coverage = coverage_of([m for m, _ in rows], [ok for _, ok in rows], hold_s)
    split = split_calls(coverage, fraction)
    assert split.split_ns is not None
    train, held = split.part == TRAIN, split.part == HELD_OUT
    assert (coverage.plan.end_ns[train] <= split.split_ns).all()
    assert (coverage.plan.calls.ts[held] >= split.split_ns).all()
    assert held.any()
    assert ((split.part != UNUSED) == coverage.eligible).all()
    wanted = max(1, int(np.floor(fraction * coverage.eligible.sum())))
    assert held.sum() >= wanted
