"""Probability of backtest overfitting: does the best on one half of the sessions stay good on the other half."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, FloatArray2D
from quantray.stats.net_rows import Chunks, pieces, table_of

MIN_SESSIONS = 6
MAX_BLOCKS = 12
MAX_CANDIDATES = 100_000


@dataclass(frozen=True, slots=True)
class Overfit:
    """Outcome of :func:`overfit_probability`."""

    pbo: float  # share of splits in which the best of one half is at or below the median of the other
    p_loss: float  # share of splits in which the best of one half loses money in the other
    median_rank: float  # median relative rank in the other half, in (0, 1); 0.5 is what luck gives
    n_splits: int
    n_blocks: int
    n_candidates: int  # that were compared, at most 100,000


def overfit_probability(session_net: FloatArray2D | Chunks) -> Overfit | None:
    """Bailey, Borwein, López de Prado and Zhu (2015), "The probability of backtest overfitting", by CSCV.

    ``session_net`` [candidates, sessions], or such rows to be read in pieces, twice. Sessions are cut in time order
    into an even number of near-equal blocks (at most 12); for each choice of half of them the candidate with the
    highest net there is ranked by its net in the other half: ``rank / (N + 1)``, ties at their middle. The share of
    splits with a relative rank of at most one half is the probability. The measure is total net, which exists for
    every candidate and any sessions.

    Candidates that never earned or lost anything are left out; of a family above 100,000 as many are drawn, always the
    same ones. None under 6 sessions (fewer than 20 splits say nothing) or with fewer than 2 candidates left. NaN is a
    ValueError.
    """
    table = table_of(session_net)
    k = table.n_units
    wanted = np.concatenate([np.zeros(0, np.bool_), *(_traded(rows) for _, rows in pieces(table))])
    places = np.flatnonzero(wanted)
    if k < MIN_SESSIONS or len(places) < 2:
        return None
    if len(places) > MAX_CANDIDATES:  # not every m-th: a table repeats with its dimensions
        drawn = np.random.default_rng(0).choice(len(places), MAX_CANDIDATES, replace=False)
        wanted[:] = False
        wanted[places[drawn]] = True
    n_blocks = min(k - k % 2, MAX_BLOCKS)
    bounds = np.linspace(0, k, n_blocks + 1).round().astype(int)
    found = [
        np.add.reduceat(rows[wanted[start : start + len(rows)]], bounds[:-1], axis=1) for start, rows in pieces(table)
    ]
    blocks = np.ascontiguousarray(np.concatenate(found).T)  # [blocks, candidates]
    total = blocks.sum(axis=0)
    ranks, nets = [], []
    for half in combinations(range(1, n_blocks), n_blocks // 2 - 1):
        first = blocks[[0, *half]].sum(axis=0)
        second = total - first
        for chosen_on, judged_on in ((first, second), (second, first)):  # a split and its mirror image
            pick = int(np.argmax(chosen_on))
            ranks.append(_relative_rank(judged_on, pick))
            nets.append(float(judged_on[pick]))
    rank = np.array(ranks)
    return Overfit(
        pbo=float(np.mean(rank <= 0.5)),
        p_loss=float(np.mean(np.array(nets) < 0)),
        median_rank=float(np.median(rank)),
        n_splits=len(rank),
        n_blocks=n_blocks,
        n_candidates=blocks.shape[1],
    )


def _traded(rows: FloatArray2D) -> BoolArray1D:
    """Which rows earned or lost something, ever."""
    if np.isnan(rows).any():
        raise ValueError("session_net holds NaN; a session without a trade earns 0")
    return np.asarray(np.any(rows != 0, axis=1))


def _relative_rank(values: FloatArray1D, pick: int) -> float:
    """Rank of ``values[pick]`` from the bottom over ``n + 1``, in (0, 1); ties share the middle rank."""
    own = values[pick]
    below, equal = np.count_nonzero(values < own), np.count_nonzero(values == own)
    return (below + (equal + 1) / 2) / (len(values) + 1)
