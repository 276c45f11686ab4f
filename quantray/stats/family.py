"""The family a best candidate was picked from: one row of net per session for each that could have been picked."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantray.arrays import FloatArray1D, FloatArray2D
from quantray.trial import Trial


def family_of_surface(
    values: FloatArray1D, session_net: FloatArray2D, pick: int | None
) -> tuple[FloatArray2D, int | None]:
    """Rows of ``session_net`` [points, sessions] whose ``values`` [points] exist, and where ``pick`` is among them.

    A candidate that was infeasible could not have been picked and does not count. Raises ValueError when the pick is
    one of those.
    """
    eligible = ~np.isnan(values)
    if pick is None:
        return session_net[eligible], None
    if not eligible[pick]:
        raise ValueError(f"point {pick} was picked and has no value")
    return session_net[eligible], int(np.count_nonzero(eligible[:pick]))


def family_of_trials(trials: Sequence[Trial], best: Trial | None) -> tuple[FloatArray2D, int | None]:
    """The same for the feasible trials of a sampled search, ``best`` being one of them (by digest)."""
    eligible = [t for t in trials if t.feasible and t.session_net]
    n_sessions = len(eligible[0].session_net) if eligible else 0
    rows = np.array([t.session_net for t in eligible], np.float64).reshape(len(eligible), n_sessions)
    if best is None:
        return rows, None
    pick = next((i for i, t in enumerate(eligible) if t.digest == best.digest), None)
    if pick is None:
        raise ValueError(f"trial {best.number} was picked and is not among the feasible ones")
    return rows, pick
