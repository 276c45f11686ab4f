"""Spaces: their points, digests and sizes."""

from __future__ import annotations

import pytest

from quantray.errors import ConfigError
from quantray.space import Digests, parse_space


def test_integers_and_floats_of_one_value_are_one_candidate() -> None:
    whole, real = parse_space({"a": [60, 90]}), parse_space({"a": [60.0, 90.0]})
    assert Digests(whole).of(whole.candidates([0, 1])) == Digests(real).of(real.candidates([0, 1]))


@pytest.mark.parametrize(("low", "high"), [(-1e308, 1e308), (0, 10**400), (-(10**400), 0), (0.0, float("inf"))])
def test_a_range_has_numbers_in_it(low: float, high: float) -> None:
    with pytest.raises(ConfigError, match=r"^space\.a.*(finite number|nearer ends)"):
        parse_space({"a": {"low": low, "high": high}})
