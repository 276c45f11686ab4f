"""Results of another tool, imported."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from quantray.callers.imports import import_results
from quantray.errors import DataError

CSV = """Caller Name,TP Mult,sl_mult,Hold Hours,Total Trades,Win Rate [%],finalCapital,note
A,2,.9,48,12,55,"$10,250.50",x
B,2,1.2,48,12,55,10250.50,x
,2,.9,48,12,55,10250.50,x
C,2,.9,48,12,55,10250.50,x,y
C,3,,48,0,,10000,
"""


def table(where: str = "results.duckdb") -> list[dict[str, Any]]:
    with duckdb.connect(where, read_only=True) as connection:
        got = connection.execute("FROM imported_results ORDER BY source, row")
        names = [column[0] for column in got.description]
        return [dict(zip(names, row, strict=True)) for row in got.fetchall()]


def imported(text: str, name: str = "x.csv", **told: Any) -> Any:
    Path(name).write_text(text)
    (file,) = import_results([Path(name)], Path("r.duckdb"), dry_run=True, **told)
    return file


def refused(text: str, name: str = "x.csv", **told: Any) -> str:
    with pytest.raises(DataError) as caught:
        imported(text, name, **told)
    return str(caught.value)
