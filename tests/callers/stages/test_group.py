"""The policy of a group: the mean of its callers' best."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.callers.policies import read_policy
from quantray.callers.stages.group import mean_policy
from quantray.errors import ConfigError

ONE = read_policy({"tp": 2.0, "sl": 0.8, "hold": "2h"})
OTHER = read_policy({"tp": 4.0, "sl": 0.6, "hold": "4h"})
ENDLESS = read_policy({"tp": 4.0, "sl": 0.6})


def test_levels_are_the_mean_of_the_levels() -> None:
    mean = mean_policy([ONE, OTHER])
    assert (mean.tp, mean.sl, mean.hold_s) == (3.0, pytest.approx(0.7), 3 * 3600)
    heavy = mean_policy([ONE, OTHER], np.array([3, 1]))
    assert (heavy.tp, heavy.sl, heavy.hold_s) == (2.5, pytest.approx(0.75), 9000)


def test_without_a_time_stop_of_one_there_is_none() -> None:
    assert mean_policy([ONE, ENDLESS]).hold_s is None


def test_a_policy_without_a_target_has_no_mean() -> None:
    with pytest.raises(ConfigError):
        mean_policy([ONE, read_policy({"sl": 0.8, "hold": "1h"})])
