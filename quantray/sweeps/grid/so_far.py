"""What is stored of a table that is not complete: its counts, its reasons, and the best of its points by now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from quantray.arrays import IntArray1D
from quantray.digests import digest_of
from quantray.failures import Reason, counted
from quantray.files import Pieces
from quantray.plain import amount
from quantray.protocols import Counts
from quantray.space import candidate_digest
from quantray.sweeps.grid.columns import tally
from quantray.sweeps.grid.files import parts_noted
from quantray.sweeps.metrics import METRICS
from quantray.sweeps.plan import Plan
from quantray.trial import Trial, TrialState


@dataclass(frozen=True, slots=True, eq=False)
class Stored:
    """``trials`` in number order, of a table its best; ``counts`` and ``reasons`` of all that is stored."""

    trials: Sequence[Trial]
    counts: Counts
    reasons: Sequence[Reason]
    notes: tuple[str, ...] = ()


def stored_parts(plan: Plan, notes: Mapping[str, Any], digests: Mapping[str, str]) -> Stored:
    """The best ``report.top`` points of the parts that are noted and can be read.

    Their digests are not taken, which a whole run does: a page of what is not final does not wait for that.
    """
    pieces, stem = Pieces(plan.run_dir, plan.study), digest_of(digests)[:12]
    counts, best, reasons, lost = np.zeros(3, np.int64), _Best(plan), [], 0
    for start, (name, row) in sorted(parts_noted(notes, stem).items()):
        try:
            best.see(start, pieces.path(name))
            reasons += list(tally(pieces.path(name)))
        except OSError:
            lost += 1
            continue
        counts += row
    told = (f"{amount(lost, 'part of the table is', 'parts of the table are')} gone and evaluated again later.",)
    return Stored(best.trials(), Counts(*counts.tolist()), counted(reasons), told if lost else ())


class _Best:
    """The best points of the parts that it has seen, read again at the end with all that is stored of them."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self._bounds = plan, [f"violation_{bound}" for bound in plan.constraints.bounds]
        self._values, self._numbers = np.empty(0), np.empty(0, np.int64)
        self._paths: dict[int, Path] = {}  # first number of a part -> where it lies

    def see(self, start: int, path: Path) -> None:
        import pyarrow.parquet as pq

        table = pq.read_table(path, columns=["value", *self._bounds])
        values = table["value"].to_numpy().astype(np.float64)
        for bound in self._bounds:
            values = np.where(table[bound].to_numpy() <= 0, values, np.nan)
        self._paths[start] = path
        there = np.flatnonzero(~np.isnan(values))
        values, numbers = np.append(self._values, values[there]), np.append(self._numbers, start + there)
        kept = np.lexsort((numbers, -values))[: self.plan.report.top]
        self._values, self._numbers = values[kept], numbers[kept]

    def trials(self) -> list[Trial]:
        found: list[Trial] = []
        starts = sorted(self._paths)
        for k, start in enumerate(starts):
            stop = starts[k + 1] if k + 1 < len(starts) else np.inf
            mine = np.sort(self._numbers[(self._numbers >= start) & (self._numbers < stop)])
            found += self._read(start, mine) if len(mine) else []
        return found

    def _read(self, start: int, numbers: IntArray1D) -> list[Trial]:
        import pyarrow.parquet as pq

        path = self._paths[start]
        named = [name for name in METRICS if name in pq.read_schema(path).names]
        nets = [name for name in pq.read_schema(path).names if name.startswith("net_")]
        table = pq.read_table(path, columns=["state", "value", *self._bounds, *named, *nets]).take(numbers - start)
        rows = zip(numbers.tolist(), table.to_pylist(), strict=True)
        return [
            Trial(
                candidate_digest(params := self.plan.space.point(number)), params, TrialState(row["state"]),
                row["value"], tuple(row[bound] for bound in self._bounds), {name: row[name] for name in named},
                tuple(row[net] for net in nets), number=number,
            )
            for number, row in rows
        ]  # fmt: skip
