"""Which calls of a small source are covered, and why the others are not."""

from quantray.callers.data import (
    CoverageSettings,
    Exclusion,
    Needs,
    cover,
    load_calls,
    open_candles,
    plan_calls,
)  # fmt: skip
from tests.builders.call_tables import data_of

HOLD_S = 3600


def covered(folder, calls, candles, needs=None, settings=None):
    data = data_of(folder, calls, candles)
    with open_candles(data) as source:
        plan = plan_calls(load_calls(data), source.inventory.interval_s, needs or Needs(HOLD_S))
        return cover(plan, source, settings or CoverageSettings())


def reasons(coverage):
    by_id = zip(coverage.plan.calls.call_id, coverage.reason.tolist(), strict=True)
    return {name: Exclusion(code).name.lower() for name, code in by_id}
