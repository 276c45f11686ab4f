"""Columns of a complete table as Parquet keeps them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from quantray.sweeps.metrics import Metrics
from quantray.sweeps.objective import objective
from quantray.sweeps.plan import Plan
from quantray.sweeps.scores import PRUNED, TOO_FEW

if TYPE_CHECKING:
    import pyarrow as pa


def nullable(column: np.ndarray, absent: np.ndarray | None = None) -> pa.Array:
    """A column [n] in which NaN, and what is ``absent`` [n], is null."""
    import pyarrow as pa

    no = np.isnan(column) if column.dtype.kind == "f" else np.zeros(len(column), bool)
    if absent is not None:
        no |= absent
    return pa.array(column, mask=no)


def levels_of(codes: np.ndarray, levels: tuple[Any, ...]) -> pa.DictionaryArray:
    """A parameter's column [n]: its levels as they are, as JSON where they are of several kinds, null where null."""
    import pyarrow as pa

    kinds = {type(v) for v in levels if v is not None}
    if not (kinds <= {int, float} or kinds in ({str}, {bool})):
        levels = tuple(None if v is None else json.dumps(v, default=str) for v in levels)
    elif float in kinds:
        levels = tuple(None if v is None else float(v) for v in levels)
    known = [i for i, v in enumerate(levels) if v is not None]
    place = np.full(len(levels), -1, np.int32)
    place[known] = np.arange(len(known))
    at = place[codes]
    values = pa.array([levels[i] for i in known])
    return pa.DictionaryArray.from_arrays(pa.array(at, mask=at < 0), values)


def reasons_of(plan: Plan, state: np.ndarray, metrics: Metrics) -> pa.DictionaryArray:
    """Why each point [n] is not complete, null where it is."""
    import pyarrow as pa

    codes = np.full(len(state), -1, np.int32)
    said: dict[str, int] = {}
    few = metrics.columns["n_trades"] < plan.constraints.min_trades
    for rows, why in ((few, TOO_FEW), (~few, objective(plan.objective).absent)):
        codes[(state == PRUNED) & rows] = said.setdefault(why, len(said))
    for i, why in metrics.why.items():
        codes[i] = said.setdefault(why, len(said))
    return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), pa.array(list(said), pa.string()))


def tally(path: Path) -> list[tuple[int, str, str, int]]:
    """Why points of one stored range are not complete: (first number, state, reason, count)."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["number", "state", "why"])
    why = table["why"].combine_chunks().dictionary_decode() if len(table) else table["why"]
    kept = table.set_column(2, "why", why.cast("string")).filter(why.is_valid())
    kept = kept.set_column(1, "state", kept["state"].cast("string"))
    grouped = kept.group_by(["state", "why"]).aggregate([("number", "min"), ("number", "count")])
    rows = [(r["number_min"], r["state"], r["why"], r["number_count"]) for r in grouped.to_pylist()]
    return sorted(rows)
