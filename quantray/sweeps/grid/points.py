"""The exact surface: every point of a finite space, each evaluated once, in ranges that are stored as they finish."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, FloatArray2D, IntArray1D
from quantray.errors import ConfigError, DiskError, Interrupted
from quantray.failures import is_fault
from quantray.plain import amount
from quantray.protocols import Counts
from quantray.stats.net_rows import InMemory
from quantray.sweeps.grid.columns import levels_of, nullable, reasons_of, tally
from quantray.sweeps.grid.files import SurfaceFiles, Tally
from quantray.sweeps.grid.outcome import check_failures
from quantray.sweeps.grid.surface import Surface, read
from quantray.sweeps.grid.together import Shared, Together
from quantray.sweeps.loop.ranges import Range, RangeClaims
from quantray.sweeps.market import Slice
from quantray.sweeps.metrics import CORE
from quantray.sweeps.objective import objective
from quantray.sweeps.plan import Plan
from quantray.sweeps.scores import FAIL, Scores, score, trial_of
from quantray.trial import Trial, TrialState

#: Points of one range: large enough to share signals, small enough to stay within some 100 MB with every metric.
RANGE = 131_072
#: Amounts, one a point and session, of one range at most, and points at least: a year of sessions has shorter ranges.
AMOUNTS, LEAST = 2**23, 4096
#: At least, of a black box: its candidates share nothing, and each may take seconds.
BOX_RANGE = 64
BOX_RANGES = 4096  # at most, each a file
_POLL_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The points ``start`` to ``stop`` of the space, scored."""

    start: int
    stop: int
    scores: Scores


def ranges(plan: Plan, sessions: int = 1) -> list[Range]:
    """The space cut into ranges of point numbers: what is claimed, evaluated and stored together.

    The more ``sessions`` are searched, the shorter they are: a range's nets are held while it is evaluated.
    """
    size = plan.space.size
    if size is None:
        continuous = [d.name for d in plan.space.dimensions if d.values is None]
        raise ConfigError(f"search=exhaustive needs a finite space; give {', '.join(continuous)} a step or values")
    shared = plan.strategy.gives_signals
    fits = max(LEAST, 2 ** (max(AMOUNTS // max(sessions, 1), 1).bit_length() - 1))
    step = min(RANGE, fits) if shared else max(BOX_RANGE, -(-size // BOX_RANGES))
    return [(start, min(start + step, size)) for start in range(0, size, step)]


def evaluate_core(plan: Plan, market: Slice, points: Range) -> Part:
    """Core metrics of a range."""
    return _part(plan, market, points, False)


def evaluate_full(plan: Plan, market: Slice, points: Range) -> Part:
    """All metrics of a range."""
    return _part(plan, market, points, True)


def _part(plan: Plan, market: Slice, points: Range, full: bool) -> Part:
    return Part(*points, score(plan, market, plan.space.candidates(np.arange(*points)), full=full))


def surface(plan: Plan, market: Slice) -> Surface:
    """The whole table in memory, core metrics only: what a sampled search is compared with.

    Constraints on metrics that need the list of trades make it compute them all.
    """
    listed = any(key.split("_", 1)[1] not in CORE for key in plan.constraints.bounds)
    listed |= not set(objective(plan.objective).metrics) <= set(CORE)
    work = evaluate_full if listed else evaluate_core
    from quantray.runner.spread import spread

    made = spread(plan, market, ranges(plan, len(market)), work, kind="local", workers=plan.runner.workers)
    parts = [_reduced(plan, part) for _, part in made]
    return Surface(
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
        InMemory(np.concatenate([part[3] for part in parts])),
        Counts(*(sum(part[4][k] for part in parts) for k in range(3))),
        partial(_evaluated_metrics, plan, market),
    )


def _reduced(plan: Plan, part: Part) -> tuple[FloatArray1D, IntArray1D, BoolArray1D, FloatArray2D, list[int]]:
    """What the surface keeps of a part: ranked values, numbers, bounds met and nets of its family, counts."""
    scores, family = part.scores, part.scores.family(plan.constraints.min_trades)
    numbers = part.start + np.flatnonzero(family)
    return scores.ranked, numbers, scores.allowed[family], scores.metrics.session_net[family], scores.counts()


def _evaluated_metrics(plan: Plan, market: Slice, numbers: IntArray1D) -> dict[str, np.ndarray]:
    """All metrics of points, by evaluating them."""
    chunks = [numbers[k : k + RANGE] for k in range(0, max(len(numbers), 1), RANGE)]
    found = [score(plan, market, plan.space.candidates(chunk)).metrics.columns for chunk in chunks]
    return {name: np.concatenate([columns[name] for columns in found]) for name in found[0]}


def exhaust(
    plan: Plan,
    market: Slice,
    files: SurfaceFiles,
    claims: RangeClaims,
    on_part: Callable[[Tally, Trial | None], object],
    *,
    whole: bool = True,
) -> Surface | None:
    """Evaluate what is not stored yet, a range at a time, to Parquet ``files``; then rank.

    A range counts as stored when the ledger notes it and its file is as it was written; an interrupted table goes on
    where it stopped. ``on_part`` hears of what there is already, then after each range and while others are waited
    for. What other drivers have claimed is left to them: with ``whole`` this waits for it, and takes it over from one
    that died; else None is returned when nothing is left to claim. DiskError where there is no room; TooManyFailures
    as soon as the stored points that failed (those a rule of the strategy refuses do not count) pass
    ``search.max_failures``.
    """
    todo = _missing(files, claims)
    so_far, best = Tally(files, claims, todo), None
    on_part(so_far, best)
    check_failures(plan, reasons_stored(files, todo))
    try:
        while todo:
            for part in _evaluated(plan, market, files, claims, todo):
                so_far.add(part.scores.counts())
                best = _better(best, plan, part)
                on_part(so_far, best)
                if any(map(is_fault, part.scores.metrics.why.values())):
                    check_failures(plan, reasons_stored(files, files.todo()))
            if not whole:
                return None
            if todo := _missing(files, claims):
                time.sleep(_POLL_S)
                so_far.look()
                on_part(so_far, best)
    except KeyboardInterrupt:
        raise Interrupted(
            f"stopped after {so_far.counts.attempts:,} of {amount(plan.space.size or 0, 'point')}; the same command "
            f"goes on there"
        ) from None
    except DiskError as error:
        raise DiskError(
            f"stopped after {so_far.counts.attempts:,} of {amount(plan.space.size or 0, 'point')}: {error}"
        ) from None
    return read(plan, market, files)


def _missing(files: SurfaceFiles, claims: RangeClaims) -> list[Range]:
    """Ranges without their files, by what was stored before the files were looked at."""
    claims.look()
    return files.todo()


def _evaluated(
    plan: Plan, market: Slice, files: SurfaceFiles, claims: RangeClaims, todo: list[Range]
) -> Iterator[Part]:
    """Claim, evaluate and store, range by range."""
    from quantray.runner.spread import goes_to_ray, spread

    kind, compiled, workers = plan.runner.kind, plan.strategy.gives_signals, plan.runner.workers
    results: Iterator[tuple[Range, Part]]
    if compiled and goes_to_ray(plan, kind, compiled):
        results = _on_ray(plan, market, todo, claims.won(todo))
    else:
        work = _sharing(plan, market, todo) if compiled else evaluate_full
        results = spread(plan, market, claims.won(todo), work, kind=kind, compiled=compiled, workers=workers)
    for points, part in results:
        files.write(points, part.scores.counts(), partial(write_part, plan, market, part))
        claims.store(points)
        yield part


def _on_ray(plan: Plan, market: Slice, todo: Sequence[Range], won: Iterable[Range]) -> Iterator[tuple[Range, Part]]:
    """Ranges on a Ray, which gets blocks of sessions to make tables of, and then the tables: never the market."""
    from quantray.runner.spread import spread

    for shared, some in Together(plan, market, todo, on_ray=True).shared(won):
        yield from spread(plan, shared, some, evaluate_shared, kind="ray", workers=plan.runner.workers)


def evaluate_shared(plan: Plan, shared: Shared, points: Range) -> Part:
    """All metrics of a range, in a task that has the tables of its stretch."""
    return Part(*points, shared.score(plan, points))


def _sharing(plan: Plan, market: Slice, todo: Sequence[Range]) -> Callable[[Plan, Slice, Range], Part]:
    """The evaluation of ranges on threads, which share what they prepare."""
    together = Together(plan, market, todo)
    return lambda _, __, points: Part(*points, together.score(points))


def reasons_stored(files: SurfaceFiles, todo: Iterable[Range]) -> Iterator[tuple[int, str, str, int]]:
    """Why stored points are not complete: (first number, state, reason, count), a range at a time."""
    left = set(todo)
    for points in files.ranges:
        if points not in left:
            yield from tally(files.path(points))


def _better(best: Trial | None, plan: Plan, part: Part) -> Trial | None:
    ranked = part.scores.ranked
    if np.isnan(ranked).all():
        return best
    i = int(np.nanargmax(ranked))
    trial = trial_of(plan, part.scores, i, plan.space.point(part.start + i))
    return trial if best is None or (trial.value or 0) > (best.value or 0) else best


def write_part(plan: Plan, market: Slice, part: Part, path: Path) -> None:
    """One range as Parquet: number, state, value, parameters, metrics, violations, net per session."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    scores, candidates = part.scores, plan.space.candidates(np.arange(part.start, part.stop))
    columns: dict[str, Any] = {"number": np.arange(part.start, part.stop, dtype=np.int64)}
    columns["state"] = pa.DictionaryArray.from_arrays(scores.state, [str(s) for s in TrialState])
    columns["value"] = nullable(scores.value)
    for d, name in enumerate(candidates.names):
        columns[name] = levels_of(candidates.codes[:, d], candidates.levels[d])
    failed = scores.state == FAIL
    columns.update((name, nullable(column, failed)) for name, column in scores.metrics.columns.items())
    for j, bound in enumerate(plan.constraints.bounds):
        columns[f"violation_{bound}"] = nullable(scores.violations[:, j], failed)
    for k, date in enumerate(market.dates):
        columns[f"net_{date}"] = scores.metrics.session_net[:, k]
    columns["why"] = reasons_of(plan, scores.state, scores.metrics)
    pq.write_table(pa.table(columns), path, compression="zstd", compression_level=1)
