"""Stage B, scores: blocks of units and policies, from tables to capital to metrics, one file a block."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from quantray.arrays import FloatArray2D
from quantray.callers.metrics import METRICS
from quantray.callers.policies.account import Account
from quantray.callers.policies.evaluate import Block, Market
from quantray.callers.policies.objective import DAILY, FOLLOWED, objective
from quantray.callers.policies.program import Program
from quantray.callers.stages.store import Store
from quantray.callers.stages.warmup import warm
from quantray.callers.stages.work import TableSpec, Unit, Work
from quantray.files import Pieces, write_npy

#: Calls x policies of one block, and rows that its file holds. Neither knows how many workers there are.
PAIRS, ROWS = 2_000_000, 40_000
#: What a unit costs whatever its calls, in calls.
_LEAST = 16


@dataclass(frozen=True, slots=True)
class ScoreBlock:
    """Units ``[first:first + len(units)]`` under the policies ``[start:stop]`` of the grid."""

    number: int
    first: int
    units: tuple[Unit, ...]
    start: int
    stop: int

    @property
    def rows(self) -> int:
        return len(self.units) * (self.stop - self.start)


@dataclass(frozen=True, eq=False)
class ScoreSet:
    """Units with their blocks: which file holds what. ``name`` tells one set of units from another."""

    name: str
    units: tuple[Unit, ...]
    n_policies: int
    blocks: tuple[ScoreBlock, ...]
    pieces: Pieces
    stem: str

    def piece(self, block: ScoreBlock) -> str:
        """The name of the piece that holds the block."""
        return f"{self.stem}/block-{block.number:06d}.npy"

    def columns(self, unit: int) -> FloatArray2D:
        """Metrics of every policy of one unit, [parts, P, M]."""
        found = []
        for block in self.blocks:
            if block.first <= unit < block.first + len(block.units):
                size = block.stop - block.start
                at = (unit - block.first) * size
                found.append(np.load(self.pieces.path(self.piece(block)), mmap_mode="r")[:, at : at + size])
        return np.concatenate(found, axis=1)


def blocks_of(units: Sequence[Unit], n_calls: Sequence[int], n_policies: int) -> tuple[ScoreBlock, ...]:
    """Cut units and policies into blocks of about :data:`PAIRS` pairs and at most :data:`ROWS` rows (one at least)."""
    return tuple(
        ScoreBlock(number, first, tuple(units[first:last]), start, stop)
        for number, (first, last, start, stop) in enumerate(_cuts(n_calls, n_policies))
    )


def _cuts(n_calls: Sequence[int], n_policies: int) -> Iterator[tuple[int, int, int, int]]:
    first, pairs = 0, 0
    for u, n in enumerate(n_calls):
        cost = max(n, _LEAST) * n_policies
        full = pairs + cost > PAIRS or (u - first + 1) * n_policies > ROWS
        if full and u > first:
            yield first, u, 0, n_policies
            first, pairs = u, 0
        if cost > PAIRS or n_policies > ROWS:
            step = max(1, min(PAIRS // max(n, _LEAST), ROWS, n_policies))
            for start in range(0, n_policies, step):
                yield u, u + 1, start, min(start + step, n_policies)
            first, pairs = u + 1, 0
        else:
            pairs += cost
    if first < len(n_calls):
        yield first, len(n_calls), 0, n_policies


def scores_of(work: Work, name: str, units: Sequence[Unit], n_policies: int) -> ScoreSet:
    """The blocks of some units, in their order."""
    sizes = [sum(len(work.calls_of(u, part)) for part in work.prepared.split.parts) for u in units]
    blocks, stem = blocks_of(units, sizes, n_policies), f"{work.stem}/scores/{name}"
    return ScoreSet(name, tuple(units), n_policies, blocks, work.pieces, stem)


def scorer(work: Work, spec: TableSpec, scores: ScoreSet) -> Callable[[ScoreBlock], dict[str, Any]]:
    """What a worker does with a block: write its metrics, return what the ledger notes of them."""
    work.check_visible()
    warm()
    store = Store(work, spec)
    return lambda block: {"files": write_block(store, spec, block, scores)}


def write_block(store: Store, spec: TableSpec, block: ScoreBlock, scores: ScoreSet) -> dict[str, Any]:
    """Metrics [parts, units x policies, M] of a block as a .npy file; returns what is to be noted of it."""
    out, name = score_block(store, spec, block), scores.piece(block)
    return {name: scores.pieces.write(name, lambda path: write_npy(path, [out], out.dtype, out.shape)).as_json()}


def score_block(store: Store, spec: TableSpec, block: ScoreBlock) -> np.ndarray:
    """Metrics of every unit and policy of the block, each unit alone on the whole capital, [parts, rows, M]."""
    work, plan = store.work, store.work.prepared.plan
    program = _program(spec, block.start, block.stop)
    parts, size = work.prepared.split.parts, block.stop - block.start
    out = np.empty((len(parts), block.rows, len(METRICS)))
    for u, unit in enumerate(block.units):
        for k, part in enumerate(parts):
            gathered = store.gather(spec, work.calls_of(unit, part), marks=needs_marks(plan.account, plan.objective))
            scored = store.block(gathered, program, plan.account, plan.costs)
            columns = measured(scored, store.market(gathered, part), plan.account, plan.objective)
            for m, name in enumerate(METRICS):
                out[k, u * size : (u + 1) * size, m] = columns[name]
    return out


@lru_cache(maxsize=64)
def _program(spec: TableSpec, start: int, stop: int) -> Program:
    return spec.program(spec.policies[start:stop])


def measured(block: Block, market: Market, account: Account, by: str) -> dict[str, np.ndarray]:
    """Metrics of every policy of the block as columns [P], with those that only the objective ``by`` asks for."""
    asked = set(objective(by).metrics) if account.limited else set()
    closes = market.closes if "max_drawdown" in asked else None
    return block.metrics(market, closes=closes, daily=not DAILY.isdisjoint(asked))


def needs_marks(account: Account, by: str) -> bool:
    """Whether metrics depend on what open positions are worth between their entry and their exit."""
    return account.limited and (account.basis == "equity" or not FOLLOWED.isdisjoint(objective(by).metrics))
