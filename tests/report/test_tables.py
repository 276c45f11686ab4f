"""Tables as CSV and Parquet."""

from __future__ import annotations

from pathlib import Path

import pandas

from quantray.report.tables import write_table_csv


def test_tables_keep_figures_and_empty_cells(tmp_path: Path) -> None:
    frame = pandas.DataFrame({
        "name": ["=1", None, "-5"], "value": [-1.5, float("nan"), 2.0], "n": pandas.array([-1, None, 3], "Int64"),
        "=head": ["a", "b", "c"],
    })  # fmt: skip
    write_table_csv(frame, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "name,value,n,'=head\n'=1,-1.5,-1,a\n,,,b\n-5,2.0,3,c\n"
    assert frame["name"].tolist()[0] == "=1"
