"""Parts of a policy."""

from __future__ import annotations

import pytest

from quantray.callers.policies import (
    Ladder,
    Policy,
    TakeProfit,
    read_policy,
)  # fmt: skip
from quantray.errors import ConfigError


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ({"sl": 1.05}, "policy.sl=1.05"),
        ({"sl": 1}, "policy.sl=1:"),
        ({"sl": 0}, "policy.sl=0:"),
        ({"sl": "0.9"}, "policy.sl='0.9'"),
        ({"sl": True}, "policy.sl=True"),
        ({"sl": float("nan")}, "policy.sl=nan"),
        ({"tp": 1}, "policy.tp=1:"),
        ({"tp": float("inf")}, "policy.tp=inf"),
        ({"hold": 0}, "policy.hold=0"),
        ({"hold": "-5m"}, "policy.hold='-5m'"),
        ({"trailing": {"activation": -0.1, "trail": 0.1}}, "policy.activation=-0.1"),
        ({"trailing": {"activation": 0.1, "trail": 1}}, "policy.trail=1:"),
        ({"trailing": {"activation": 0.1}}, "policy.trailing.trail is required"),
        ({"trailing": {"activation": 0.1, "trial": 0.1}}, "did you mean 'trail'"),
        ({"ladder": [[2, 0.6], [3, 0.5]]}, "sum to 1.1"),
        ({"ladder": [[3, 0.5], [2, 0.5]]}, "levels must rise"),
        ({"ladder": [[2, 0]]}, "policy.ladder.fraction=0"),
        ({"ladder": []}, "at least one level"),
        ({"ladder": 2}, "policy.ladder=2"),
        ({"break_even": 0.9}, "policy.break_even=0.9"),
        ({"phased": {"after": 1.5, "stop": 1.5}}, "policy.phased.stop=1.5"),
        ({"sl": 0.9, "phased": {"after": 1.5, "stop": 0.85}}, "stops are only raised"),
        ({"ema_cross": {"fast": 21, "slow": 9}}, "policy.ema_cross.fast=21"),
        ({"ema_cross": {"fast": 2.5}}, "policy.ema_cross.fast=2.5"),
        ({"rsi_cross": {"level": 100}}, "policy.rsi_cross.level=100"),
        ({"atr_stop": {"anchor": "peek"}}, "did you mean 'peak'"),
        ({"volume_z": {"z": 0}}, "policy.volume_z.z=0"),
        ({"entry": {"dip": 1.5, "wait": "5m"}, "tp": 2}, "policy.entry.dip=1.5"),
        ({"entry": {"dip": 0.1, "wait": "5m"}}, "it has no exit"),
        ({}, "it has no exit"),
        ({"stop": 0.9}, "policy.stop: unknown part 'stop'"),
    ],
)
def test_anything_else_is_refused_by_name_and_value(spec, said):
    with pytest.raises(ConfigError) as error:
        read_policy(spec)
    assert said in str(error.value)


def test_parts_twice():
    with pytest.raises(ConfigError, match="given twice"):
        Policy((TakeProfit(2), TakeProfit(3)))
    with pytest.raises(ConfigError, match="is a multiple and a fraction"):
        Ladder(((2, 0.5, 1),))  # type: ignore[arg-type]
