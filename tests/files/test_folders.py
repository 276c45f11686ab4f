"""Which files of a folder are data: by the end of their names, in any case, all of one kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.errors import DataError
from quantray.files.folders import data_files, kind_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.parquet", "parquet"), ("a.PQ", "parquet"), ("a.csv", "delimited"), ("A.TSV", "delimited"),
        ("a.csv.gz", "delimited"), ("a.parquet.gz", None), ("a.txt", "delimited"), ("a.zip", "archive"), ("csv", None),
    ],
)  # fmt: skip
def test_a_kind_is_the_end_of_a_name(name: str, kind: str | None) -> None:
    assert kind_of(Path(name)) == kind


def test_a_folder_gives_its_files_in_order_without_what_is_hidden(tmp_path: Path) -> None:
    for name in ("b.csv", "2024/a.csv", "._a.csv", "_delta_log/x.csv", "notes.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert data_files("calls", str(tmp_path)) == [tmp_path / "2024" / "a.csv", tmp_path / "b.csv"]
    (tmp_path / "c.pq").touch()
    with pytest.raises(DataError, match=r"has Parquet \(c\.pq\) and CSV"):
        data_files("calls", str(tmp_path))


def test_a_folder_without_data_says_what_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / ".a.csv").touch()
    with pytest.raises(DataError, match=r"has no file that is Parquet .* names that begin with \. or _"):
        data_files("calls", str(tmp_path))
