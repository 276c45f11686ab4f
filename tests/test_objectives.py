"""An objective of the user's own means the same in both wings: the same rules, over each wing's metrics."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from quantray.callers.metrics import Metric as OfPolicies
from quantray.callers.policies.objective import judged
from quantray.callers.policies.objective import objective as of_callers
from quantray.errors import ConfigError
from quantray.measures import Measure
from quantray.objectives import Objective
from quantray.sweeps.metrics import Metric as OfSweeps
from quantray.sweeps.objective import objective as of_sweeps

WINGS = pytest.mark.parametrize(
    ("read", "metrics"), [(of_sweeps, OfSweeps), (of_callers, OfPolicies)], ids=["sweeps", "callers"]
)
Read = Callable[[str], Objective]


@WINGS
def test_every_metric_can_be_read_by_its_name_in_an_expression(read: Read, metrics: type[Measure]) -> None:
    given = {metric.key: np.array([float(metric), np.nan]) for metric in metrics}
    for metric in metrics:
        found = read(f"{metric.key} + 0")
        assert found.metrics == (metric.key,)
        np.testing.assert_array_equal(found.judge(given)[0], [float(metric), np.nan])


@WINGS
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("max_drawdown", "write -max_drawdown"), ("shrpe", "did you mean 'sharpe'"), ("shrpe * 2", "'sharpe'"),
        ("2 * 3", "names no metric"), ("__import__('os')", "unknown function"), ("sharpe.real", "is not allowed"),
        ("strategy.objectives.calmr", "did you mean 'calmar'"), ("strategy.objectives.Thing", "must be a function"),
        ("strategy.objectives.nothing", "has no parameter"), ("strategy.nowhere.f", "unknown module"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_before_any_work(read: Read, metrics: type[Measure], text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read(text)


def test_what_a_function_returns_is_refused_with_its_line() -> None:
    refused = {
        "broken": "NameError: .*missing", "ranked": "depends on the others", "one_number": "one number a candidate",
        "filled": "what does not exist is no number", "text": "one number a candidate",
    }  # fmt: skip
    for name, says in refused.items():
        with pytest.raises(ConfigError, match=rf"{says}.* \(shelf/objectives\.py, line \d+\)$"):
            of_sweeps(f"strategy.objectives.{name}")


def test_a_metric_of_the_other_wing_is_none_here() -> None:
    with pytest.raises(ConfigError, match="has the parameter 'total_pnl'"):
        of_callers("strategy.objectives.calmar")
    with pytest.raises(ConfigError, match="unknown name 'total_return'"):
        of_sweeps("total_return / 2")


def test_the_objective_stands_beside_the_metrics_under_its_own_text() -> None:
    columns = {"captured_return": np.array([0.1, np.nan]), "n_trades": np.array([4, 9])}
    found = judged(columns, "captured_return * sqrt(n_trades)")
    np.testing.assert_allclose(found["captured_return * sqrt(n_trades)"], [0.2, np.nan])
    assert set(judged(columns, "captured_return")) == set(columns)
