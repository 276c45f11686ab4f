"""Is the best of many better than luck: a maximum test over the whole family, sessions being the units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantray.arrays import FloatArray1D, FloatArray2D

EXACT_SESSIONS = 11  # up to here all 2^(K - 1) pairs of flips are enumerated
CHUNK = 65_536  # candidates at a time: normalising needs no second copy of the family


@dataclass(frozen=True, slots=True)
class RealityCheck:
    """Outcome of :func:`reality_check`. ``p_value`` belongs to the pick, ``p_family`` to the best of the family."""

    p_value: float
    p_family: float
    smallest_p: float  # what these sessions could show at best
    n_candidates: int
    n_sessions: int
    n_flips: int
    exact: bool


def reality_check(session_net: FloatArray2D, pick: int, *, n_flips: int = 2048, seed: int = 0) -> RealityCheck | None:
    """Test that the ``pick`` earns more than nothing, given that it was picked as the best of all.

    ``session_net`` [candidates, sessions] is what each candidate earned in each session. Each candidate's statistic is
    the studentised mean ``sum / sqrt(sum of squares)``, a rising function of Student's t. Were there no edge, a session
    would as well have come with the other sign, all candidates at once (so whatever they have in common is kept); the
    p-value is the share of sign patterns under which the BEST of the whole family reaches the pick's statistic.

    The idea of comparing with the family's maximum is White (2000), "A reality check for data snooping"; studentising
    it Hansen (2005), "A test for superior predictive ability"; sign flips as exact randomisation of symmetric,
    independent units and the adjustment of each member by the maximum Westfall and Young (1993) and Romano and Wolf
    (2005). Assumes sessions independent and, without an edge, symmetric around 0.

    All patterns are enumerated up to 11 sessions; beyond, ``n_flips`` are drawn (pairs of opposite patterns, the
    observed one among them) from ``seed``. Candidates that never earned or lost anything count for nothing.
    None when no session is left or the pick never traded. Raises ValueError for NaN.
    """
    n, k = session_net.shape
    if np.isnan(session_net).any():
        raise ValueError("session_net holds NaN; a session without a trade earns 0")
    if not k or not n or not np.any(session_net[pick]):
        return None
    exact = k <= EXACT_SESSIONS
    signs = _all_signs(k) if exact else _drawn_signs(k, n_flips // 2, seed)
    highest, lowest = _extremes(session_net, signs)
    null = np.concatenate([highest, -lowest])  # a pattern and its opposite
    tolerance = 1e-5  # of statistics up to sqrt(k), in single precision: equal ones must tie however they were summed
    observed = float(_normalised(session_net[pick : pick + 1])[0].sum())
    return RealityCheck(
        p_value=float(np.mean(null >= observed - tolerance)),
        p_family=float(np.mean(null >= highest[0] - tolerance)),
        smallest_p=1 / len(null),
        n_candidates=n,
        n_sessions=k,
        n_flips=len(null),
        exact=exact,
    )


def _all_signs(k: int) -> FloatArray2D:
    """Half of the 2^k patterns, the other half being their opposites; the first is the observed one [2^(k-1), k]."""
    codes = np.arange(2 ** (k - 1))
    bits = (codes[:, None] >> np.arange(k)) & 1  # the last session keeps its sign
    return np.where(bits == 1, -1.0, 1.0)


def _drawn_signs(k: int, n: int, seed: int) -> FloatArray2D:
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(n, k))
    signs[0] = 1.0
    return signs


def _normalised(rows: FloatArray2D) -> FloatArray2D:
    norm = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    unit: FloatArray2D = np.divide(rows, norm, out=np.zeros_like(rows), where=norm > 0)
    return unit


def _extremes(session_net: FloatArray2D, signs: FloatArray2D) -> tuple[FloatArray1D, FloatArray1D]:
    """Highest and lowest statistic over all candidates under each pattern, [patterns] each."""
    from quantray.stats.flips import extremes  # numba takes a second to import

    highest, lowest = np.full(len(signs), -np.inf, np.float32), np.full(len(signs), np.inf, np.float32)
    flips = np.ascontiguousarray(signs.T, np.float32)
    for start in range(0, len(session_net), CHUNK):
        rows = _normalised(np.asarray(session_net[start : start + CHUNK], np.float64))
        extremes(rows.astype(np.float32), flips, highest, lowest)
    return highest.astype(np.float64), lowest.astype(np.float64)
