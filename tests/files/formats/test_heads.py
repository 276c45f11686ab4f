from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from quantray.errors import DataError
from quantray.files.formats import head_of
from quantray.files.formats.heads import plain


def test_a_head_is_the_names_and_the_first_rows_or_rows_alone(tmp_path: Path):
    path = tmp_path / "zip" / "a.csv"
    path.parent.mkdir()
    path.write_text("[A], b\n1, 2\n")
    head = head_of(path)
    assert ([plain(name) for name in head.columns], head.rows, head.place) == (["a", "b"], (("1", " 2"),), "zip/a.csv")
    path.write_text("08/16/2024,09:30,1\n08/16/2024,09:31,1\n")
    assert (head_of(path).columns, len(head_of(path).rows)) == ((), 2)
    with gzip.open(tmp_path / "b.csv.gz", "wt") as file:
        file.write("a;b\n1;2\n")
    assert head_of(tmp_path / "b.csv.gz").columns == ("a", "b")


def test_of_parquet_the_names_and_of_what_is_none_nothing(tmp_path: Path):
    pq.write_table(pa.table({"x": [1], "y": [2]}), tmp_path / "a.parquet")
    assert head_of(tmp_path / "a.parquet").columns == ("x", "y")
    (tmp_path / "b.parquet").write_text("no parquet")
    assert head_of(tmp_path / "b.parquet").columns == ()


def test_what_is_no_text_is_refused(tmp_path: Path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfea\x00")
    with pytest.raises(DataError, match="UTF-16"):
        head_of(tmp_path / "a.txt")
