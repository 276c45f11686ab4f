"""Metrics of a sweep, in the order of their definition."""

from __future__ import annotations

from quantray.sweeps.metrics import METRICS
from quantray.sweeps.report.tables import trials_frame
from tests.builders.sweep_results import results


def test_metrics_of_a_sweep_are_in_the_order_of_their_definition():
    r = results()
    columns = list(trials_frame(r.trials, r.plan.space).columns)
    assert [c for c in columns if c in METRICS] == list(METRICS)
    assert columns[4 : 4 + len(r.plan.space.names)] == list(r.plan.space.names)
