"""Uniform draws and points as rows."""

from __future__ import annotations

import numpy as np
import pytest

from quantray.search.uniform import from_unit, joined, uniform
from quantray.space import Digests, Space, candidate_digest, parse_space
from tests.builders.spaces import SPACE

MIXED = parse_space({"a": [1, 2], "x": {"low": 0.1, "high": 10.0, "log": True}})


@pytest.mark.parametrize("space", [SPACE, MIXED], ids=["table", "range"])
def test_digests_in_bulk_equal_those_one_by_one(space: Space) -> None:
    found = uniform(space, np.random.default_rng(3), 40)
    assert Digests(space).of(found) == tuple(candidate_digest(found.params(i)) for i in range(40))


def test_from_unit_gives_equal_shares_and_keeps_to_the_range() -> None:
    u = np.stack([np.linspace(0, 1 - 1e-12, 1000), np.linspace(0, 1 - 1e-12, 1000)], axis=1)
    found = from_unit(MIXED, u)
    assert found.column("a").count(1) == 500
    x = np.array(found.column("x"))
    assert x.min() == pytest.approx(0.1)
    assert x.max() <= 10.0
    assert np.median(np.log(x)) == pytest.approx(0.0, abs=0.01)


def test_joined_keeps_order_and_values() -> None:
    rng = np.random.default_rng(1)
    parts = [uniform(MIXED, rng, n) for n in (2, 0, 3)]
    whole = joined(MIXED, parts)
    assert [whole.params(i) for i in range(5)] == [p.params(i) for p in parts for i in range(len(p))]
