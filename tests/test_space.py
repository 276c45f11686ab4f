"""Spaces: their points, digests and sizes."""

from __future__ import annotations

from quantray.space import Digests, parse_space


def test_integers_and_floats_of_one_value_are_one_candidate() -> None:
    whole, real = parse_space({"a": [60, 90]}), parse_space({"a": [60.0, 90.0]})
    assert Digests(whole).of(whole.candidates([0, 1])) == Digests(real).of(real.candidates([0, 1]))
