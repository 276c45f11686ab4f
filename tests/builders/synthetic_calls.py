"""A small synthetic market of calls."""

from quantray.callers.data import (
    CallsData,
    SyntheticCalls,
)

SMALL = SyntheticCalls(assets=6, callers=3, calls=60, days=2, tail_hours=6)


def small(folder, **changes):
    return CallsData(cache=str(folder), synthetic=SMALL, **changes)
