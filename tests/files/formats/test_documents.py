"""JSON answers and feather as tables: the longest list, what stands beside it, documents that are none."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from quantray.errors import DataError
from quantray.files.formats.documents import tabled


def table(folder: Path, content: object) -> dict[str, list[object]]:
    path = folder / "x.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with tabled([path]) as (made,):
        assert made.name == "x.json.parquet"
        found: dict[str, list[object]] = pq.read_table(made).to_pydict()
    assert not made.exists()
    return found


def test_the_longest_list_is_the_table(tmp_path: Path) -> None:
    made = table(
        tmp_path, {"a": [{"x": 1}], "data": {"rows": [{"k": 1, "n": {"m": "z"}}, {"k": 2, "l": [1]}], "id": 7}}
    )
    assert made == {"k": ["1", "2"], "n.m": ["z", None], "data.id": ["7", "7"], "data.rows": ["", ""]}
    assert table(tmp_path, [[1, 2.5], [3, 1e-9]]) == {"0": ["1", "3"], "1": ["2.5", "1E-9"], "lists of 2": ["", ""]}


def test_numbers_keep_every_digit(tmp_path: Path) -> None:
    words = ["0.1", "123456789012345678901234567890", "1e-300", "0.30000000000000004"]
    made = table(tmp_path, f"[[{', '.join(words)}]]")
    assert [float(str(made[str(i)][0])) for i in range(4)] == [float(word) for word in words]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("[[1, 2", "ends in the middle"), ("{}", "no list of records"), ("[1, 2]", "no list of records"),
        ("[[1], }", "is no JSON"), ("[" * 1000, "deeper than"), ("", "ends in the middle|is no JSON"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused_by_its_own_name(tmp_path: Path, content: str, told: str) -> None:
    with pytest.raises(DataError, match=told) as caught:
        table(tmp_path, content)
    assert str(tmp_path / "x.json") in str(caught.value)


def test_feather_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "BTC_USDT-5m.feather"
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(DataError, match="no feather file"), tabled([path]):
        pass
