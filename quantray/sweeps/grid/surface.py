"""The surface of a complete table: what statistics need of it, and how it is read back from where it is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, FloatArray2D, IntArray1D
from quantray.protocols import Batch, Counts, Ledger
from quantray.sweeps.grid.files import SurfaceFiles
from quantray.sweeps.loop.ranges import Range
from quantray.sweeps.market import Slice
from quantray.sweeps.metrics import METRICS
from quantray.sweeps.plan import Plan
from quantray.trial import Trial, TrialState


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """What statistics need of the whole table; its family [F] are the points with enough trades.

    ``metrics`` gives the columns of all metrics for points by their numbers.
    """

    values: FloatArray1D  # [points] the objective, NaN where infeasible or none
    numbers: IntArray1D  # [F] rising
    allowed: BoolArray1D  # [F] every bound is met
    session_net: FloatArray2D  # [F, sessions] in currency
    counts: Counts
    metrics: Callable[[IntArray1D], Mapping[str, np.ndarray]]


def read(plan: Plan, market: Slice, files: SurfaceFiles) -> Surface:
    """What statistics need of a stored table: values of all points, nets per session of its family."""
    parts = [_read_part(plan, market, files, points) for points in files.ranges]
    return Surface(
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
        np.concatenate([part[3] for part in parts]),
        files.counts([]),
        partial(_stored_metrics, files),
    )


def _read_part(
    plan: Plan, market: Slice, files: SurfaceFiles, points: Range
) -> tuple[FloatArray1D, IntArray1D, BoolArray1D, FloatArray2D]:
    """Ranked values, and numbers, bounds met and nets of the family, of one range."""
    import pyarrow.parquet as pq

    bounds = [f"violation_{b}" for b in plan.constraints.bounds]
    dates = [f"net_{d}" for d in market.dates]
    table = pq.read_table(files.path(points), columns=["value", "n_trades", *bounds, *dates])
    allowed = np.ones(len(table), bool)
    for name in bounds:
        allowed &= table[name].to_numpy() <= 0
    n_trades = table["n_trades"].to_numpy()  # of a point that failed there is none
    family = np.flatnonzero(n_trades >= plan.constraints.min_trades)
    nets = np.empty((len(family), len(dates)))
    for k, date in enumerate(dates):
        nets[:, k] = table[date].to_numpy()[family]
    values = np.where(allowed, table["value"].to_numpy(), np.nan)
    return values, points[0] + family, allowed[family], nets


def _stored_metrics(files: SurfaceFiles, numbers: IntArray1D) -> dict[str, np.ndarray]:
    """Columns of the metrics of points by their numbers, which rise."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts: list[Any] = []
    for start, stop in files.ranges:
        wanted = numbers[(numbers >= start) & (numbers < stop)] - start
        if len(wanted) or not parts:
            path = files.path((start, stop))
            named = [name for name in METRICS if name in pq.read_schema(path).names]
            parts.append(pq.read_table(path, columns=named).take(wanted))
    table = pa.concat_tables(parts)
    return {name: table[name].to_numpy() for name in table.column_names}


def best_numbers(values: np.ndarray, n: int) -> np.ndarray:
    """Numbers of the ``n`` best points, best first, ties by number; points without a value are left out."""
    found = np.flatnonzero(~np.isnan(values))
    if len(found) > n:
        least = np.partition(values[found], len(found) - n)[len(found) - n]
        found = found[values[found] >= least]
    return found[np.lexsort((found, -values[found]))][:n]


def keep_best(plan: Plan, market: Slice, ledger: Ledger, values: np.ndarray, n: int, files: SurfaceFiles) -> None:
    """Store the best points as trials of the study, so that its tools and its mirror know them; once."""
    numbers = best_numbers(values, n)
    if not len(numbers) or ledger.counts().attempts:
        return
    trials = _read_trials(plan, market, numbers, files)
    mine = ledger.claim(Batch(0, plan.space.candidates(numbers), tuple(t.digest for t in trials)))
    ledger.store(0, [t for t, owned in zip(trials, mine, strict=True) if owned])


def _read_trials(plan: Plan, market: Slice, numbers: np.ndarray, files: SurfaceFiles) -> list[Trial]:
    """Numbered points with a value as the trials that their evaluation gave, from the stored surface."""
    import pyarrow.parquet as pq

    from quantray.space import candidate_digest

    found: dict[int, Trial] = {}
    for points in files.ranges:
        wanted = [int(k) for k in numbers if points[0] <= k < points[1]]
        if not wanted:
            continue
        table = pq.read_table(files.path(points)).take([k - points[0] for k in wanted])
        for k, row in zip(wanted, table.to_pylist(), strict=True):
            params = plan.space.point(k)
            found[k] = Trial(
                candidate_digest(params), params, TrialState(row["state"]), row["value"],
                tuple(row[f"violation_{bound}"] for bound in plan.constraints.bounds),
                {name: row[name] for name in METRICS if name in row},
                tuple(row[f"net_{date}"] for date in market.dates),
            )  # fmt: skip
    return [found[int(k)] for k in numbers]
