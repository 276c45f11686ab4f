"""Rows of findings, found again in the files."""

from pathlib import Path

import pandas as pd
import pytest

from quantray.files.findings import Finding, Row, Severity
from quantray.files.located import located
from quantray.sweeps.data.settings import DataSettings
from quantray.sweeps.data.sources import open_tables

AT = pd.Timestamp("2024-11-27T14:30Z")


def finding(*rows: Row) -> Finding:
    return Finding("x", "underlying", Severity.NOTE, len(rows), 0, "", "", rows)


def frame(first: int, n: int) -> pd.DataFrame:
    ts = pd.date_range(AT + pd.Timedelta(minutes=first), periods=n, freq="min")
    return pd.DataFrame({"ts": ts, "symbol": "S", "open": 1.0, "high": 1.0, "low": 1.0, "close": 1.0, "volume": 1.0})


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_row_is_told_by_its_file_and_its_number_there(tmp_path: Path, kind):
    for name, (first, n) in {"a": (0, 5), "b": (5, 4), "c": (9, 3)}.items():
        made = frame(first, n)
        getattr(made, f"to_{kind}")(tmp_path / f"{name}.{kind}", index=False)
    tables = open_tables(DataSettings("parquet", underlying=str(tmp_path)))
    table = tables["underlying"]
    rows = [Row((AT + pd.Timedelta(minutes=m)).value, "", "") for m in (0, 6, 11, 99)]
    (found,) = located(table, [finding(*rows, Row(None, "day", ""))], f"epoch_ns({table.column('ts')})")
    assert [r.place for r in found.rows] == [f"a.{kind} row 1", f"b.{kind} row 2", f"c.{kind} row 3", "", ""]
    table.connection.close()


def test_rows_of_one_time_are_told_together_and_names_keep_series_apart(tmp_path: Path):
    made = pd.concat([frame(0, 3), frame(1, 1), frame(1, 1).assign(symbol="it's \x1b[31m")])
    made.to_parquet(tmp_path / "a.parquet", index=False)
    table = open_tables(DataSettings("parquet", underlying=str(tmp_path / "a.parquet")))["underlying"]
    at = (AT + pd.Timedelta(minutes=1)).value
    ns, name = f"epoch_ns({table.column('ts')})", table.column("symbol")
    (found,) = located(table, [finding(Row(at, "S", ""), Row(at, "it's \x1b[31m", ""))], ns, name)
    assert [r.place for r in found.rows] == ["row 2, row 4", "row 5"]
    (found,) = located(table, [finding(Row(at, "", ""))], ns)
    assert found.rows[0].place == "row 2, row 4, row 5"
    table.connection.close()
