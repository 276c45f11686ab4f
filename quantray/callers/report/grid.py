"""What the table tells of a unit's whole grid: values, states, and which policies make the same trades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, IntArray1D
from quantray.callers.results import CallerResults
from quantray.callers.split import PARTS, TRAIN

#: Figures that trades alone decide, and that every policy has: where all of them are equal to the last bit, two
#: policies made the same trades. Distances of stops (R), reachable gains and doubts are of the policy.
OF_TRADES = (
    "n_trades", "skipped_max_positions", "skipped_max_positions_per_asset", "skipped_max_positions_per_caller",
    "skipped_no_cash", "skipped_below_minimum", "no_entry", "win_rate", "captured_return", "profit_factor",
    "expectancy", "time_exposed", "exposure", "end_of_data_share", "final_capital", "total_return",
)  # fmt: skip
#: Of :data:`GridValues.equal`: a policy that shares its trades with nobody, or has none.
ALONE = -1


@dataclass(frozen=True, slots=True, eq=False)
class GridValues:
    """One unit's grid by place in the grid [P]; NaN where there is no value, 0 trades where there is no row."""

    train: FloatArray1D  # objective
    held_out: FloatArray1D  # of every policy with report.held_out=all, else NaN
    n_trades: IntArray1D  # in training
    ranked: BoolArray1D  # meets every constraint, and has a value
    equal: IntArray1D  # policies of one number make the same training trades; ALONE

    @property
    def n_sets(self) -> int:
        """How many different sets of training trades the policies with a trade make."""
        traded = self.n_trades > 0
        numbers = self.equal[traded]
        return int((numbers == ALONE).sum()) + len(np.unique(numbers[numbers != ALONE]))

    def twins(self, policy: int | None) -> IntArray1D:
        """The other policies [k] that make the trades of ``policy``."""
        if policy is None or self.equal[policy] == ALONE:
            return np.zeros(0, np.int64)
        same = np.flatnonzero(self.equal == self.equal[policy])
        found: IntArray1D = same[same != policy]
        return found


def grid_values(results: CallerResults, units: Sequence[str]) -> dict[str, GridValues]:
    """Unit -> its grid, from the Parquet parts; a unit that is not in them has no values."""
    import pyarrow.dataset

    n, name = len(results.plan.policies), "objective"
    figures: dict[str, np.ndarray] = {unit: np.full((len(OF_TRADES), n), np.nan) for unit in units}
    values = {unit: {part: np.full(n, np.nan) for part in PARTS.values()} for unit in units}
    ranked = {unit: np.zeros(n, bool) for unit in units}
    if units and results.parts:
        source = pyarrow.dataset.dataset(results.parts, format="parquet")
        known = [*(c for c in OF_TRADES if c in source.schema.names), *(["state"] * ("state" in source.schema.names))]
        where = pyarrow.dataset.field("unit").isin(list(units))
        columns = list(dict.fromkeys(["unit", "part", "policy", name, *known]))
        for batch in source.to_batches(columns=columns, filter=where):
            for unit, part, rows in _stretches(batch):
                policy = _column(batch, "policy")[rows]
                there = ~np.isnan(policy)  # the mean of callers' levels is none of the grid's
                at, rows = policy[there].astype(np.int64), rows[there]
                values[unit][part][at] = _column(batch, name)[rows]
                if part == PARTS[TRAIN]:
                    for k, figure in enumerate(OF_TRADES):
                        if figure in known:
                            figures[unit][k, at] = _column(batch, figure)[rows]
                    ranked[unit][at] = _ranked(batch, values[unit][part][at], rows)
    return {unit: _grid(figures[unit], values[unit], ranked[unit]) for unit in units}


def _stretches(batch: Any) -> list[tuple[str, str, IntArray1D]]:
    """(unit, part, rows [k]) of what stands in a batch."""
    import pyarrow as pa

    coded = [batch.column(key).cast(pa.string()).dictionary_encode() for key in ("unit", "part")]
    unit, part = (column.indices.to_numpy(zero_copy_only=False) for column in coded)
    names = [column.dictionary.to_pylist() for column in coded]
    pairs = sorted(set(zip(unit.tolist(), part.tolist(), strict=True)))
    return [(names[0][u], names[1][p], np.flatnonzero((unit == u) & (part == p))) for u, p in pairs]


def _column(batch: Any, name: str) -> FloatArray1D:
    found: FloatArray1D = batch.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
    return found


def _ranked(batch: Any, values: FloatArray1D, rows: IntArray1D) -> BoolArray1D:
    import pyarrow as pa

    if "state" not in batch.schema.names:
        return ~np.isnan(values)
    states = np.array(batch.column("state").cast(pa.string()).to_pylist(), object)[rows]
    found: BoolArray1D = states == "ranked"
    return found


def _grid(figures: np.ndarray, values: dict[str, FloatArray1D], ranked: BoolArray1D) -> GridValues:
    train, held = values.values()
    n_trades = np.nan_to_num(figures[OF_TRADES.index("n_trades")]).astype(np.int64)
    return GridValues(train, held, n_trades, ranked, _equal(figures, n_trades > 0))


def _equal(figures: np.ndarray, traded: BoolArray1D) -> IntArray1D:
    """A number [P] for each set of policies whose figures [F, P] are the same bits; ALONE for the others."""
    out = np.full(figures.shape[1], ALONE, np.int64)
    at = np.flatnonzero(traded)
    if len(at):
        bits = np.ascontiguousarray((figures[:, at] + 0.0).T).view(np.int64)  # + 0.0: -0 is 0
        _, number, count = np.unique(bits, axis=0, return_inverse=True, return_counts=True)
        number = number.reshape(-1)
        out[at] = np.where(count[number] > 1, number, ALONE)
    return out
