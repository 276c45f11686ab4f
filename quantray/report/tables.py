"""Tables as files: equal rows give equal bytes, in Parquet and in CSV."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from quantray.plain import cell

if TYPE_CHECKING:
    import pandas


def write_table_csv(frame: pandas.DataFrame, path: Path) -> None:
    """Write a table as CSV; text that a spreadsheet would run is made harmless, figures and empty cells stay."""
    import pandas

    safe = {str(name): frame[name].map(cell, na_action="ignore") for name in frame if _is_text(frame[name])}
    pandas.DataFrame(frame).assign(**safe).rename(columns=cell).to_csv(path, index=False, lineterminator="\n")


def _is_text(column: pandas.Series) -> bool:
    from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype

    return not is_numeric_dtype(column) and not is_datetime64_any_dtype(column)


def write_parquet(frame: pandas.DataFrame, path: Path | BinaryIO) -> None:
    """Write a table so that equal rows give equal bytes: no index, no clock, one writer setting."""
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pyarrow.parquet.write_table(table, path, compression="zstd", version="2.6")


def column(values: Sequence[Any]) -> Any:
    """The narrowest column that holds every value; what is neither a number, a flag nor text is written as JSON."""
    import pandas

    kinds = {type(v) for v in values if v is not None}
    if kinds <= {int}:
        return pandas.array(values, dtype="Int64")  # also a column without any value
    if kinds <= {int, float}:
        return pandas.array([float("nan") if v is None else v for v in values], dtype="float64")
    if kinds == {bool}:
        return pandas.array(values, dtype="boolean")
    if kinds == {str}:
        return pandas.array(values, dtype="str")
    return pandas.array([None if v is None else json.dumps(v, default=str) for v in values], dtype="str")
