"""How parameters look to a sampler."""

from __future__ import annotations

from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

from quantray.search.distributions import distributions
from quantray.space import parse_space


def test_ordered_numbers_are_ordered_to_the_sampler() -> None:
    space = parse_space(
        {
            "even": [1, 2, 3],
            "uneven": [0.1, 1, 50],
            "falling": [-25, -50],
            "jumbled": [3, 1, 2],
            "words": ["a", "b"],
            "flag": [True, False],
            "range": {"low": 0.1, "high": 5.0, "log": True},
        }
    )
    assert distributions(space) == {
        "even": IntDistribution(0, 2),
        "uneven": IntDistribution(0, 2),
        "falling": IntDistribution(0, 1),
        "jumbled": CategoricalDistribution((0, 1, 2)),
        "words": CategoricalDistribution((0, 1)),
        "flag": CategoricalDistribution((0, 1)),
        "range": FloatDistribution(0.1, 5.0, log=True),
    }
