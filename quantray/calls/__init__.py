"""Calls and their candles: load, plan, cover, slice. Every stage is a function with a result of its own.

``load_calls`` reads and filters, ``plan_calls`` says what each call needs, ``cover`` which calls have an entry,
``materialise`` puts the candles where workers read them, ``locate`` finds the trades' rows, ``describe`` shows any.
"""

from __future__ import annotations

from quantray.calls.candles import CandleSource, open_candles
from quantray.calls.coverage import Coverage, cover, require_eligible
from quantray.calls.describing import describe
from quantray.calls.fetching import fetched_per_call
from quantray.calls.hygiene import check_candle_gates, listed_counts
from quantray.calls.loading import load_calls
from quantray.calls.locate import CallRows, locate
from quantray.calls.manifest import CandleSlice, open_slice
from quantray.calls.planning import needs_of, plan_calls
from quantray.calls.quoting import compare_prices
from quantray.calls.settings import KEYS, CallsData, CallSettings, CoverageSettings
from quantray.calls.slices import materialise
from quantray.calls.synthetic_settings import SyntheticCalls
from quantray.calls.types import CallPlan, Calls, Candles, Exclusion, Inventory, Needs
from quantray.calls.worklist import listed_calls, worklist, write_listed, write_worklist

__all__ = [
    "KEYS",
    "CallPlan",
    "CallRows",
    "CallSettings",
    "Calls",
    "CallsData",
    "CandleSlice",
    "CandleSource",
    "Candles",
    "Coverage",
    "CoverageSettings",
    "Exclusion",
    "Inventory",
    "Needs",
    "SyntheticCalls",
    "check_candle_gates",
    "compare_prices",
    "cover",
    "describe",
    "fetched_per_call",
    "listed_calls",
    "listed_counts",
    "load_calls",
    "locate",
    "materialise",
    "needs_of",
    "open_candles",
    "open_slice",
    "plan_calls",
    "require_eligible",
    "worklist",
    "write_listed",
    "write_worklist",
]  # fmt: skip
