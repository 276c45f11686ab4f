"""The rule of the pick in plain Python, candidate by candidate: the slow twin of quantray.stats.pick.choose."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence


def choose(
    values: Sequence[float],
    nets: Sequence[Sequence[float]],
    mask: Sequence[bool],
    statistic: Sequence[float],
    allowed: Sequence[bool],
    n_out: int,
    neighbours: Callable[[int], Sequence[float]],
    spread: Callable[[int], float],
) -> tuple[int, str] | None:
    """Number of the pick and the rule that chose it."""
    survivors = [i for i in range(len(values)) if mask[i] and allowed[i] and not math.isnan(values[i])]
    if not survivors:
        return None
    n_in = len(nets[0])

    def promising(i: int) -> bool:
        traded = sum(1 for x in nets[i] if x != 0)
        return (statistic[i] - 1.645) * math.sqrt(n_out / n_in) >= 2.49 and traded * n_out / n_in >= 8

    confirmable = [i for i in survivors if promising(i)]
    if not confirmable:
        return max(survivors, key=lambda i: (statistic[i], -i)), "statistic"
    best = max(confirmable, key=lambda i: (values[i], -i))
    error = spread(best)
    near = [i for i in confirmable if values[i] >= values[best] - (error if math.isfinite(error) else 0.0)]

    def lowest(i: int) -> float:
        return min([values[i], *(-math.inf if math.isnan(v) else v for v in neighbours(i))])

    return max(near, key=lambda i: (lowest(i), -i)), "objective"
