"""Figures of the whole family that are shown and cannot decide: every neighbour counts as an independent try there."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from quantray.arrays import FloatArray1D, FloatArray2D
from quantray.stats.net_rows import Chunks, pieces, table_of
from quantray.stats.overfit import Overfit, overfit_probability
from quantray.stats.sharpe import deflated_sharpe, sharpes


@dataclass(frozen=True, slots=True)
class Compared:
    """The pick's Sharpe ratio against what so many tries give by luck, and how well picking works at all."""

    n_tried: int
    n_effective: float | None  # independent candidates that vary as much
    deflated: float | None  # probability that its Sharpe ratio beats the best of n_tried lucky ones
    deflated_effective: float | None  # of n_effective lucky ones
    overfit: Overfit | None


def compared(nets: FloatArray2D | Chunks, own: FloatArray1D, *, n_effective: float | None = None) -> Compared:
    """Of the family ``nets`` [candidates, units], each of them a try, and the pick's ``own`` [units].

    ``nets`` as in :func:`~quantray.stats.survivors.survivors`.
    """
    table = table_of(nets)
    ratios = np.concatenate([np.zeros(0), *(sharpes(rows) for _, rows in pieces(table))])
    known = ratios[~np.isnan(ratios)]
    spread = float(known.std(ddof=1)) if known.size > 1 else 0.0
    tried = table.n_candidates
    effective = None if n_effective is None else _known(deflated_sharpe(own, max(1, round(n_effective)), spread))
    return Compared(
        tried, n_effective, _known(deflated_sharpe(own, tried, spread)), effective, overfit_probability(table)
    )


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
