"""What the report says of how the pick stands worse conditions."""

from __future__ import annotations

from quantray.sweeps.report import standing
from tests.builders.sweep_results import results


def test_lanes_that_cannot_be_simulated_say_why():
    survived = results("exhaustive", edge=3.0)
    rows = standing.lanes(survived)
    assert rows[0][0] == "as it was searched"
    assert ["with every order one bar later", "a black box decides itself", "–", "–"] in rows
    told = dict(standing.limits(survived))
    assert told["neighbours (one step away) that earn"] == "1 of 3"
    assert standing.lanes(results()) == standing.limits(results()) == []
