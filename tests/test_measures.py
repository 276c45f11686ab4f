"""Metrics and codes are numbered once: each wing's columns stand where its kernels write them."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.callers import metrics as callers
from quantray.callers.policies.objective import OBJECTIVES as POLICY_OBJECTIVES
from quantray.callers.policies.objective import TIES
from quantray.measures import Measure, Unit
from quantray.sweeps import metrics as sweeps
from quantray.sweeps.objective import OBJECTIVES
from quantray.sweeps.trades import ExitReason, Refusal


@pytest.mark.parametrize("wing", [callers.Metric, sweeps.Metric])
def test_columns_count_up_and_say_what_they_are(wing: type[Measure]) -> None:
    assert [int(metric) for metric in wing] == list(range(len(wing)))
    assert np.arange(len(wing))[list(wing)[-1]] == len(wing) - 1  # a member indexes an array
    for metric in wing:
        assert isinstance(metric.unit, Unit)
        assert metric.better in (-1, 0, 1)
        assert metric.key == metric.name.lower()
    assert all(m.key.endswith("_percent") == (m.unit is Unit.PERCENT) for m in wing)
    assert all(m.unit is Unit.SHARE for m in wing if m.key.endswith("_share"))


def test_core_columns_stand_before_the_listed_ones() -> None:
    assert [m.listed for m in sweeps.Metric] == sorted(m.listed for m in sweeps.Metric)
    assert sweeps.METRICS[: len(sweeps.CORE)] == sweeps.CORE


def test_codes_are_columns_in_their_own_order() -> None:
    """Kernels count with the code as an offset."""
    for reason in ExitReason:
        assert sweeps.Metric(sweeps.Metric.EXITS_EMERGENCY + reason).name == f"EXITS_{reason.name}"  # type: ignore[arg-type]
    for refusal in Refusal:
        assert sweeps.Metric(sweeps.Metric.REFUSED_LATE_ENTRY + refusal).name == f"REFUSED_{refusal.name}"  # type: ignore[arg-type]


def test_what_is_maximised_is_better_when_higher() -> None:
    assert all(sweeps.Metric[name.upper()].better == 1 for name in OBJECTIVES)
    assert all(callers.Metric[name.upper()].better == 1 for name in POLICY_OBJECTIVES)
    assert all(callers.Metric[name.upper()].better == way for name, way in TIES.items() if name != "n_parts")
