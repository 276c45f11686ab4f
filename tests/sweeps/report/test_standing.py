"""What the report says of how the pick stands worse conditions."""

from __future__ import annotations

from quantray.sweeps.report import standing
from tests.builders.sweep_results import results

SURVIVED = results("exhaustive", edge=3.0)


def test_lanes_that_cannot_be_simulated_say_why():
    rows = standing.lanes(SURVIVED)
    assert rows[0][0] == "as it was searched"
    assert ["with every order one bar later", "a black box decides itself", "–", "–"] in rows
    told = dict(standing.limits(SURVIVED))
    assert told["neighbours (one step away) that earn"] == "1 of 3"
    assert standing.lanes(results()) == standing.limits(results()) == []
