"""The one place that turns trials into a table: columns, their order, and the order of the best rows.

``trials.parquet``, ``top_trials.csv``, the exports of a stored study and a notebook's frame all come from here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.arrays import FloatArray1D
from quantray.report.tables import column, write_parquet, write_table_csv
from quantray.space import Space
from quantray.sweeps.metrics import METRICS
from quantray.trial import TrialState

if TYPE_CHECKING:
    import pandas

    from quantray.sweeps.results import Results
    from quantray.trial import Trial

LEADING = ("number", "state", "value", "feasible")
TRAILING = ("violations", "why", "batch", "digest")


def trials_frame(trials: Iterable[Trial], space: Space | None = None) -> pandas.DataFrame:
    """One row a trial, by number: number, state, value, feasible, parameters, metrics, violations, why, batch, digest.

    Parameters stand in the order of the space (else by name), metrics in the order of ``METRICS``, others by name.
    A metric named like a parameter is called ``metric.<name>``. What does not exist is null (NaN, NA or None).
    """
    import pandas

    rows = sorted(trials, key=lambda t: (t.number, t.digest))
    params = _ordered([t.params for t in rows], space.names if space else ())
    metrics = _ordered([t.metrics for t in rows], METRICS)
    columns: dict[str, Any] = {
        "number": pandas.array([t.number for t in rows], dtype="int64"),
        "state": pandas.array([t.state.value for t in rows], dtype="str"),
        "value": pandas.array([float("nan") if t.value is None else t.value for t in rows], dtype="float64"),
        "feasible": pandas.array([t.feasible for t in rows], dtype="bool"),
    }
    for name in params:
        columns[name] = column([t.params.get(name) for t in rows])
    for name in metrics:
        columns[f"metric.{name}" if name in columns else name] = column([t.metrics.get(name) for t in rows])
    columns["violations"] = pandas.array([json.dumps([float(v) for v in t.violations]) for t in rows], dtype="str")
    columns["why"] = pandas.array([t.why for t in rows], dtype="str")
    columns["batch"] = pandas.array([t.batch for t in rows], dtype="int64")
    columns["digest"] = pandas.array([t.digest for t in rows], dtype="str")
    return pandas.DataFrame(columns)


def survivors_frame(results: Results) -> pandas.DataFrame:
    """The table of survivors; without rows where nothing survives, with few columns where nothing completed."""
    import pandas

    if results.surviving is not None:
        return results.surviving.frame
    columns: dict[str, Any] = {"number": "int64", **dict.fromkeys(results.plan.space.names, "str"), "value": "float64",
               "statistic": "float64"}  # fmt: skip
    return pandas.DataFrame({name: pandas.Series([], dtype=kind) for name, kind in columns.items()})


def top(frame: pandas.DataFrame, n: int) -> pandas.DataFrame:
    """The ``n`` best rows that have a value: feasible first, value falling, ties by number; ``rank`` from 1 leads."""
    valued = frame[frame["value"].notna()]
    best = valued.sort_values(["feasible", "value", "number"], ascending=[False, False, True], kind="stable").head(n)
    best = best.reset_index(drop=True)
    best.insert(0, "rank", range(1, len(best) + 1))
    return best


def top_table(frame: pandas.DataFrame, n: int) -> pandas.DataFrame:
    """The columns of ``top_trials.csv``: rank, number, value, parameters, metrics, feasible."""
    best = top(frame, n)
    kept = [c for c in best.columns if c not in (*LEADING, *TRAILING, "rank")]
    return best[["rank", "number", "value", *kept, "feasible"]]


def write_top_csv(frame: pandas.DataFrame, path: Path, n: int) -> None:
    """Write the ``n`` best trials: shortest decimals that read back exactly, empty where a number does not exist."""
    write_table_csv(top_table(frame, n), path)


def table_digest(frame: pandas.DataFrame) -> str:
    """SHA-256 (hex) of the bytes that :func:`write_parquet` writes: what ``sha256sum trials.parquet`` says."""
    import hashlib
    import io

    sink = io.BytesIO()
    write_parquet(frame, sink)
    return hashlib.sha256(sink.getbuffer()).hexdigest()


def completed_values(frame: pandas.DataFrame) -> FloatArray1D:
    """Objective values of the completed trials in the order of their numbers [n_completed]."""
    values: FloatArray1D = frame.loc[frame["state"] == TrialState.COMPLETE.value, "value"].to_numpy("float64")
    return values


def _ordered(rows: Sequence[Mapping[str, Any]], first: Sequence[str]) -> list[str]:
    seen = {name for row in rows for name in row}
    return [name for name in first if name in seen] + sorted(seen.difference(first))
