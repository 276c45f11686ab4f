"""Policies written and read back."""

from __future__ import annotations

import pytest

from quantray.callers.policies import (
    grid_of,
    read_policy,
    spec_of,
    written,
)  # fmt: skip
from quantray.errors import ConfigError
from tests.builders.candles import POLICIES


@pytest.mark.parametrize("policy", POLICIES, ids=written)
def test_written_and_read_back(policy):
    again = read_policy(spec_of(policy))
    assert again == policy
    assert again.digest == policy.digest


def test_equal_parts_make_equal_policies():
    a = read_policy({"sl": 0.9, "tp": 2})
    b = read_policy({"tp": 2.0, "sl": 0.9})
    assert a == b
    assert a.digest == b.digest
    assert a.digest != read_policy({"sl": 0.9, "tp": 2.1}).digest


def test_policies_may_be_listed_one_by_one():
    specs = [{"sl": 0.9, "tp": 2, "hold": "48h"}, {"trailing": {"activation": 0.2, "trail": 0.05}}]
    assert grid_of({"grid": "listed", "policies": specs}) == tuple(read_policy(spec) for spec in specs)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"policies": None}, "policy=listed needs a list"),
        ({"policies": []}, "policy=listed needs a list"),
        ({"policies": [3]}, "number 1: 3 is no mapping"),
        ({"policies": [{"sl": 0.9}, {"sl": 1.2}]}, "number 2: "),
        ({"policies": [{"sl": 0.9}, {"sl": 0.90}]}, "listed before"),
        ({"policies": [{"sl": 0.9}], "tp_mults": [2]}, "policy.tp_mults"),
    ],
)
def test_a_wrong_list_is_refused(section, said):
    with pytest.raises(ConfigError, match=said):
        grid_of({"grid": "listed", **section})
