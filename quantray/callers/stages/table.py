"""The final table: Parquet parts with one row per unit, policy and part of the data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from quantray.callers.metrics import METRICS
from quantray.callers.plan import CallerPlan
from quantray.callers.policies.objective import Bounds, violations
from quantray.callers.policies.policy import Policy
from quantray.callers.split import PARTS, TRAIN
from quantray.callers.stages.levels import NUMBERS, levels_of, used_axes
from quantray.callers.stages.ranking import Ranked, rank_set
from quantray.callers.stages.scores import ROWS, ScoreSet
from quantray.callers.stages.store import Store
from quantray.callers.stages.work import TableSpec, Work

#: The folder of the parts, among the pieces and among the results.
TABLE = "policies"
#: Metrics that count something: whole numbers in the table.
COUNTS = ("n_trades", "skipped_max_positions", "skipped_max_positions_per_asset", "skipped_max_positions_per_caller",
          "skipped_no_cash", "skipped_below_minimum", "no_entry", "stop_outs")  # fmt: skip
STATES = ("ranked", "infeasible", "unranked", "no_trades")


@dataclass(frozen=True, slots=True)
class TablePart:
    """Units ``[first:last]`` of a set: one file of the table."""

    number: int
    first: int
    last: int


def parts_of(scores: ScoreSet) -> list[TablePart]:
    """The set cut into files of about :data:`ROWS` rows, whole units each."""
    step = max(1, ROWS // scores.n_policies)
    starts = range(0, len(scores.units), step)
    return [TablePart(i, start, min(start + step, len(scores.units))) for i, start in enumerate(starts)]


def folder_of(plan: CallerPlan) -> str:
    """The folder of the parts among the pieces: one for each choice of whose held-out values they show."""
    return TABLE if plan.report.held_out == "pick" else f"{TABLE}-{plan.report.held_out}"


def ranking_of(plan: CallerPlan) -> str:
    """What the ledger calls the ranking that writes them."""
    return "ranking" if plan.report.held_out == "pick" else f"ranking-{plan.report.held_out}"


def piece_of(work: Work, scores: ScoreSet, part: TablePart) -> str:
    """The name of the piece that holds the part."""
    return f"{work.stem}/{folder_of(work.prepared.plan)}/part-{scores.name.split('-')[0]}-{part.number:05d}.parquet"


def ranker(
    work: Work, spec: TableSpec, scores: ScoreSet, numbered: bool = True
) -> Callable[[TablePart], dict[str, Any]]:
    """What a worker does with a part: rank its units, write the file, return its note and the units' places.

    ``numbered`` False: the policies are none of the grid's, and have no number.
    """
    store, described = Store(work, spec), Described.of(spec.policies, numbered)
    n_parts = np.array([p.n_parts for p in spec.policies], np.int64)

    def write(part: TablePart) -> dict[str, Any]:
        ranked = [rank_set(store, spec, scores, u, n_parts) for u in range(part.first, part.last)]
        name, plan = piece_of(work, scores, part), work.prepared.plan
        shown = ranked if plan.report.held_out == "all" else [_unlooked(r) for r in ranked]
        note = work.pieces.write(name, lambda path: write_part(path, shown, described, plan.bounds, plan.objective))
        return {"files": {name: note.as_json()}, "places": [r.place.as_json() for r in ranked]}

    return write


def _unlooked(ranked: Ranked) -> Ranked:
    """Without its held-out part: what is shown of it is what pick and peak did there."""
    return replace(ranked, columns={TRAIN: ranked.columns[TRAIN]})


@dataclass(frozen=True, slots=True, eq=False)
class Described:
    """Columns that say which policy a row is about, [P] each."""

    columns: Mapping[str, Any]
    n: int

    @classmethod
    def of(cls, policies: Sequence[Policy], numbered: bool = True) -> Described:
        """Number, written text, and the level of every axis that the policies use."""
        import pyarrow as pa

        from quantray.callers.policies import written

        rows = [levels_of(p) for p in policies]
        found: dict[str, Any] = {
            "policy": pa.array(range(len(rows)) if numbered else [None] * len(rows), pa.int32()),
            "written": pa.array([written(p) for p in policies], pa.string()),
        }
        for axis in used_axes(policies):
            kind = pa.int64() if axis == "hold_s" else pa.float64() if axis in NUMBERS else pa.string()
            found[axis] = pa.array([row[axis] for row in rows], kind)
        return cls(found, len(rows))


def write_part(path: Path, ranked: Sequence[Ranked], about: Described, bounds: Bounds, objective: str) -> None:
    """Rows in the order of units, parts and policies; metrics that do not exist are null."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    pieces = [(r, part) for r in ranked for part in r.columns]
    columns: dict[str, Any] = {"unit": _repeated([r.place.name for r, _ in pieces], about.n)}
    for name, column in about.columns.items():
        columns[name] = pa.concat_arrays([column] * len(pieces))
    columns["part"] = _repeated([PARTS[part] for _, part in pieces], about.n)
    states = np.concatenate([[STATES.index(s) for s in r.ranking.state] for r, _ in pieces])
    columns["state"] = pa.DictionaryArray.from_arrays(states.astype(np.int8), list(STATES))
    columns["rank"] = pa.array(np.concatenate([_ranks(r) for r, _ in pieces]), from_pandas=True).cast(pa.int32())
    measured = [_measured(r, part) for r, part in pieces]
    columns["objective"] = pa.array(np.concatenate([m[objective] for m in measured]), from_pandas=True)
    for name in (name for name in measured[0] if name in METRICS):
        values = pa.array(np.concatenate([m[name] for m in measured]), from_pandas=True)
        columns[name] = values.cast(pa.int32()) if name in COUNTS else values
    outside = np.concatenate([violations(bounds, m) for m in measured])
    for k, (name, *_) in enumerate(bounds.given):
        columns[f"violation_{name}"] = pa.array(outside[:, k], from_pandas=True)
    pq.write_table(pa.table(columns), path, compression="zstd", compression_level=1)


def _measured(ranked: Ranked, part: int) -> dict[str, np.ndarray]:
    """Metrics of a part; drawdowns of the training calls are those that ranking measured."""
    found = dict(ranked.columns[part])
    if part == next(iter(ranked.columns)):
        found["max_drawdown"] = ranked.ranking.drawdown
    return found


def _ranks(ranked: Ranked) -> np.ndarray:
    """Place from 1 of every policy, NaN without one."""
    out = np.full(len(ranked.ranking.state), np.nan)
    out[ranked.ranking.order] = np.arange(1, len(ranked.ranking.order) + 1)
    return out


def _repeated(names: Sequence[str], n: int) -> Any:
    """Each name ``n`` times, as a dictionary."""
    import pyarrow as pa

    distinct = list(dict.fromkeys(names))
    place = {name: i for i, name in enumerate(distinct)}
    codes = np.repeat(np.array([place[name] for name in names], np.int32), n)
    return pa.DictionaryArray.from_arrays(codes, pa.array(distinct, pa.string()))
