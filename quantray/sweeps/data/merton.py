"""Prices of European options under a diffusion with lognormal jumps, at zero interest.

R. C. Merton, "Option pricing when underlying stock returns are discontinuous", J. Financial Economics 3 (1976):
given j jumps the log price is normal, so a price is a Poisson-weighted sum of Black (1976) prices.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

BLOCK = 1800  # instants priced together: as the close nears fewer jumps are worth summing over
TAIL = 1e-7  # probability of more jumps than are summed; times a jump of 1 % of 400 it is far below a tick


def merton_calls(
    spot: np.ndarray, strike: np.ndarray, variance: np.ndarray, intensity: np.ndarray, jump_mean: float, jump_vol: float
) -> np.ndarray:
    """Calls [k, n] on ``spot`` [n] with ``variance`` and expected number of jumps ``intensity`` [n] still to come.

    The underlying is a martingale: the drift that jumps bring is compensated.
    """
    out = np.empty((len(strike), len(spot)))
    for start in range(0, len(spot), BLOCK):
        part = slice(start, start + BLOCK)
        out[:, part] = _block(spot[part], strike, variance[part], intensity[part], jump_mean, jump_vol)
    return out


def _block(
    spot: np.ndarray, strike: np.ndarray, variance: np.ndarray, intensity: np.ndarray, jump_mean: float, jump_vol: float
) -> np.ndarray:
    growth = jump_mean + jump_vol**2 / 2  # log of a jump's mean factor
    weight = np.exp(-intensity)
    total, covered, jumps = np.zeros((len(strike), len(spot))), weight.copy(), 0
    while True:
        forward = spot * np.exp(jumps * growth - intensity * np.expm1(growth))
        price = black_calls(forward, strike[:, None], variance + jumps * jump_vol**2)
        price *= weight
        total += price
        if covered.min() >= 1 - TAIL:
            return total
        jumps += 1
        weight = weight * intensity / jumps
        covered += weight


def black_calls(forward: np.ndarray, strike: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Undiscounted Black price of calls [k, n] in currency; its intrinsic value where no variance is left."""
    sd = np.sqrt(np.maximum(variance, 1e-24))
    upper: np.ndarray = forward / strike  # in place from here on: fresh memory would take as long as the arithmetic
    np.log(upper, out=upper)
    upper /= sd
    upper += sd / 2
    lower = upper - sd
    for side, paid in ((upper, forward), (lower, strike)):
        ndtr(side, out=side)
        side *= paid
    upper -= lower
    return upper
