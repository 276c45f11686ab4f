"""Arithmetic as text: equal to Python's own for every number there is, and nothing but arithmetic."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quantray.errors import ConfigError
from quantray.expressions import FUNCTIONS, LONGEST, Expression, parse

NAMES = ("a", "b", "c")
NUMBER = st.floats(-1e6, 1e6).map(lambda x: round(x, 3))


def read(text: str) -> Expression:
    return parse(text, NAMES, "objective")


#: Texts of everything that is allowed, nested.
TEXTS = st.recursive(
    st.sampled_from(NAMES) | st.integers(0, 9).map(str) | st.floats(0, 10, width=16).map(lambda x: f"{x:.2f}"),
    lambda inner: (
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda t: f"({' '.join(t)})")
        | st.tuples(inner, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), inner, inner, inner).map(
            lambda t: f"({t[3]} if {t[0]} {t[1]} {t[2]} else {t[4]})"
        )
        | st.tuples(inner, inner, inner, inner).map(lambda t: f"({t[2]} if {t[0]} < 1 and not {t[1]} > 2 else {t[3]})")
        | inner.map(lambda x: f"-{x}")
        | inner.map(lambda x: f"abs({x})")
        | st.tuples(inner, inner).map(lambda t: f"max({t[0]}, {t[1]})")
        | st.tuples(inner, inner).map(lambda t: f"min({t[0]}, {t[1]}, 3)")
    ),
    max_leaves=12,
)


@given(TEXTS, st.lists(st.tuples(NUMBER, NUMBER, NUMBER), min_size=1, max_size=4))
def test_it_is_what_python_makes_of_the_same_text(text: str, rows: list[tuple[float, float, float]]) -> None:
    found = read(text).of({name: np.array([row[k] for row in rows]) for k, name in enumerate(NAMES)})
    for i, row in enumerate(rows if len(found) > 1 else rows[:1]):
        try:
            expected = float(eval(text, {"abs": abs, "min": min, "max": max}, dict(zip(NAMES, row, strict=True))))
        except (ZeroDivisionError, OverflowError):
            expected = math.nan
        if math.isfinite(expected):
            assert found[i] == expected
        else:
            assert math.isnan(found[i])


def test_what_does_not_exist_never_becomes_a_number() -> None:
    nothing, one = np.array([np.nan]), np.array([1.0])
    given = {"a": nothing, "b": one, "c": one}
    for text in ("a", "a + 1", "max(a, 1)", "1 if a > 0 else 2", "1 if a > 0 or b > 0 and a < 1 else 2", "not a",
                 "b / (c - 1)", "log(-b)", "sqrt(0 - 1 * b)", "exp(1000 * b)", "b < a", "a ** 0",
                 "1 ** a"):  # fmt: skip
        assert np.isnan(read(text).of(given)).all(), text
    assert read("b if c > 0 else a").of(given).tolist() == [1.0]  # the branch that is not taken does not matter
    assert read("0 < b < 2").of(given).tolist() == [1.0]
    assert read("sqrt(4) * log(exp(b))").of(given).tolist() == [2.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("total + 1", "total"), ("a +", "no expression"), ("", "no expression"), ("a; b", "no expression"),
        ("a.real", "'a.real' is not allowed"), ("a[0]", "not allowed"), ("__import__('os')", "function"),
        ("open('x')", "function"), ("(lambda: 1)()", "not allowed"), ("[a for a in b]", "not allowed"),
        ("'a' * 9", "not allowed"), ("True", "not allowed"), ("1j", "not allowed"), ("f'{a}'", "not allowed"),
        ("(a := 1)", "not allowed"), ("a if b", "no expression"), ("a & b", "not allowed"), ("a // b", "not allowed"),
        ("a % b", "not allowed"), ("a in b", "not allowed"), ("max(a)", "max takes 2 to 20"),
        ("abs(a, b)", "abs takes 1"),
        ("max(*a)", "not allowed|takes"), ("abs(x=a)", "not allowed"), ("a\x00", "no expression"),
        ("await a", "no expression|not allowed"),
        ("(" * 300 + "a" + ")" * 300, "no expression"), ("-" * 200 + "a", "inside each other"),
        ("a+" * LONGEST + "a", "characters"), ("lo(a)", "did you mean 'log'"), ("...", "not allowed"),
    ],
)  # fmt: skip
def test_nothing_but_arithmetic(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as told:
        read(text)
    assert str(told.value).startswith("objective=")
    assert len(str(told.value)) < 1000


def test_a_number_that_is_too_large_is_none() -> None:
    assert np.isnan(read("a * 9**9**9**9").of({"a": np.array([1.0])})).all()
    assert np.isnan(read("a + 1" + "0" * 400).of({"a": np.array([1.0])})).all()


def test_names_stand_in_their_order_and_once() -> None:
    assert read("max(c, a) + c").names == ("c", "a")
    assert sorted(FUNCTIONS) == ["abs", "exp", "log", "max", "min", "sqrt"]
