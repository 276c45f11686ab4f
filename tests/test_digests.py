"""Digests: equal for equal data alone."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from quantray.digests import digest_of, encoded


@dataclass(frozen=True)
class One:
    a: float = 0.0


@dataclass(frozen=True)
class Other:
    a: float = 0.0


def test_what_differs_in_type_order_nesting_or_one_bit_differs() -> None:
    parts = [
        0, 0.0, -0.0, False, None, "", "0", [], [[]], [0], [0, 0], {}, {"a": 0}, {"a": [0]}, One(), Other(),
        One(1e-308), np.zeros(2), np.zeros(2, np.float32), np.zeros((2, 1)), np.zeros(2, np.int64),
        0.1 + 0.2, 0.3, float("nan"),
    ]  # fmt: skip
    for one, other in itertools.combinations(parts, 2):
        assert digest_of(one) != digest_of(other), (one, other)


def test_neither_the_order_of_keys_nor_of_memory_counts() -> None:
    assert digest_of({"a": 1, "b": 2}) == digest_of({"b": 2, "a": 1})
    table = np.arange(6.0).reshape(2, 3)
    assert digest_of(table) == digest_of(np.asfortranarray(table)) == digest_of(table.copy())


def test_parts_are_hashed_one_after_another() -> None:
    import hashlib

    whole = hashlib.sha256(encoded("a") + encoded([1, 2]))
    assert digest_of("a", [1, 2]) == whole.hexdigest()[:32]
