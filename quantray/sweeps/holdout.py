"""The data of a plan, and the part of it that its search never sees."""

from __future__ import annotations

import math

from quantray.errors import DataError
from quantray.plain import amount
from quantray.sweeps.market import Slice
from quantray.sweeps.plan import Plan
from quantray.sweeps.strategy import check_volume


def split(market: Slice, fraction: float) -> tuple[Slice, Slice | None]:
    """Sessions the search may see, and the last ``max(1, floor(fraction * n))``, which it never does."""
    n = len(market)
    if fraction == 0:
        return market, None
    if n < 3:
        raise DataError(
            f"{amount(n, 'session')} cannot be split into a search and a held-out part; "
            "set oos.fraction=0, or give at least 3 sessions"
        )
    held = max(1, math.floor(fraction * n))
    return market.take(0, n - held), market.take(n - held, n)


def load_slice(plan: Plan) -> Slice:
    """The plan's data, refused when the share of quarantined rows passes a gate."""
    from quantray.sweeps.data import check_gates, load

    slice = load(plan.data)
    check_gates(slice, plan.gates)
    check_volume(plan.strategy.resolved, slice)
    return slice
