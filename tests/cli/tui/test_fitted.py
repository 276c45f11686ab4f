"""Whatever a name holds, its cell is as wide as it should be, and nothing in it moves a cursor."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from quantray.cli.tui.fitted import drawable, fitted
from tests.builders.finished_runs import NAMES


@given(st.text(st.characters()), st.integers(0, 40), st.booleans())
def test_a_cell_has_its_width(text: str, width: int, right: bool) -> None:
    assert cell_len(fitted(drawable(text), width, right=right)) == width


@given(st.text(st.characters()))
def test_nothing_in_it_is_obeyed(text: str) -> None:
    kinds = {unicodedata.category(character) for character in drawable(text)}
    assert not kinds & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@pytest.mark.parametrize("name", NAMES)
def test_hostile_names_fit(name: str) -> None:
    assert cell_len(fitted(drawable(name), 18)) == 18


def test_a_short_name_is_left_as_it_is() -> None:
    assert fitted(drawable("Анна ไทย 日本"), 20).rstrip() == "Анна ไทย 日本"
