"""The detail of one unit."""

from __future__ import annotations

from quantray.callers.report.detail import plateau
from tests.builders.caller_results import results


def test_a_plateau_is_told_from_a_spike():
    from dataclasses import replace

    from quantray.callers.results import Neighbour

    unit = replace(results().unit("caller_1"), value=0.10)

    def around(*values: float | None) -> str:
        near = [Neighbour(i, "tp 2 -> 3", v, None, 5) for i, v in enumerate(values)]
        return plateau("captured_return", replace(unit, neighbours=near), 1.0)

    assert around(0.08, 0.09, None) == (
        "A plateau: its neighbours, one step away in one level, keep 85 % of what it gains in training (median of 2)."
    )
    assert around(0.01, -0.2, 0.02).startswith("A spike: its neighbours, one step away in one level, keep 10 %")
    assert "gain nothing" in around(-0.1, -0.2)
    assert "cannot be told" in around(None)
    assert plateau("final_capital", replace(unit, value=900.0), 1000.0).startswith("It gains nothing")
