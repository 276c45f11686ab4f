"""Sessions and slices: what they hold, and what they say of it."""

from __future__ import annotations

from tests.builders.objectives import EMPTY
from tests.builders.sessions import tiny_slice


def test_the_size_of_a_slice_counts_its_arrays() -> None:
    slice = tiny_slice()
    first = slice.sessions[0]
    assert slice.nbytes > len(slice) * (first.close.nbytes + first.fresh.nbytes)
    assert EMPTY.nbytes == 0
