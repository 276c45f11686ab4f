"""The surface of a complete table: what statistics need of it, and how it is read back from where it is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, FloatArray2D, IntArray1D
from quantray.protocols import Batch, Counts, Ledger
from quantray.runner.threads import in_order
from quantray.stats.net_rows import Nets, threads_there
from quantray.sweeps.grid.files import SurfaceFiles
from quantray.sweeps.grid.nets import kept
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
    nets: Nets  # [F, sessions] in currency
    counts: Counts
    metrics: Callable[[IntArray1D], Mapping[str, np.ndarray]]


def read(plan: Plan, market: Slice, files: SurfaceFiles) -> Surface:
    """What statistics need of a stored table: values of all points, nets per session of its family."""
    parts: list[tuple[FloatArray1D, IntArray1D, BoolArray1D]] = []
    dates = market.dates

    def nets() -> Iterator[FloatArray2D]:
        for _, found in in_order(files.ranges, partial(_read_part, plan, dates, files), threads_there()):
            parts.append(found[:3])
            yield found[3]

    held = kept(nets(), len(dates), files.ranges[-1][1], plan.data.memory_gb, files.pieces.folder)
    values, numbers, allowed = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Surface(values, numbers, allowed, held, files.counts([]), partial(_stored_metrics, files))


def _read_part(
    plan: Plan, days: Sequence[str], files: SurfaceFiles, points: Range
) -> tuple[FloatArray1D, IntArray1D, BoolArray1D, FloatArray2D]:
    """Ranked values, and numbers, bounds met and nets of the family, of one range."""
    import pyarrow.parquet as pq

    bounds = [f"violation_{b}" for b in plan.constraints.bounds]
    dates = [f"net_{d}" for d in days]
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
    """Numbers of the ``n`` best of ``values`` [points], best first, ties by number; NaN (no value) is left out."""
    found = np.flatnonzero(~np.isnan(values))
    if len(found) > n:
        least = np.partition(values[found], len(found) - n)[len(found) - n]
        found = found[values[found] >= least]
    return found[np.lexsort((found, -values[found]))][:n]


def keep_best(plan: Plan, ledger: Ledger, exact: Surface, n: int, files: SurfaceFiles) -> None:
    """Store the best points as trials of the study, so that its tools and its mirror know them; once."""
    numbers = best_numbers(exact.values, n)
    if not len(numbers) or ledger.counts().attempts:
        return
    trials = _read_trials(plan, numbers, exact, files)
    mine = ledger.claim(Batch(0, plan.space.candidates(numbers), tuple(t.digest for t in trials)))
    ledger.store(0, [t for t, owned in zip(trials, mine, strict=True) if owned])


def _read_trials(plan: Plan, numbers: np.ndarray, exact: Surface, files: SurfaceFiles) -> list[Trial]:
    """Numbered points with a value, which are of the family, as the trials that their evaluation gave."""
    import pyarrow.parquet as pq

    from quantray.space import candidate_digest

    found: dict[int, Trial] = {}
    bounds = [f"violation_{bound}" for bound in plan.constraints.bounds]
    nets = exact.nets.rows(np.searchsorted(exact.numbers, numbers)).tolist()
    net_of = dict(zip(numbers.tolist(), nets, strict=True))
    for points in files.ranges:
        wanted = [int(k) for k in numbers if points[0] <= k < points[1]]
        if not wanted:
            continue
        path = files.path(points)
        named = [name for name in METRICS if name in pq.read_schema(path).names]
        table = pq.read_table(path, columns=["state", "value", *bounds, *named])
        table = table.take([k - points[0] for k in wanted])
        for k, row in zip(wanted, table.to_pylist(), strict=True):
            params = plan.space.point(k)
            found[k] = Trial(
                candidate_digest(params), params, TrialState(row["state"]), row["value"],
                tuple(row[bound] for bound in bounds), {name: row[name] for name in named}, tuple(net_of[k]),
            )  # fmt: skip
    return [found[int(k)] for k in numbers]
