"""Calls and their candles: load, plan, cover, slice. Every stage is a function with a result of its own.

``load_calls`` reads and filters, ``plan_calls`` says what each call needs, ``cover`` which calls have an entry,
``materialise`` puts the candles where workers read them, ``locate`` finds the trades' rows, ``describe`` shows any.
"""

from __future__ import annotations

from quantray.callers.data.call_prices import compare_prices
from quantray.callers.data.calls import load_calls
from quantray.callers.data.candles import CandleSource, open_candles
from quantray.callers.data.coverage import Coverage, cover, require_eligible
from quantray.callers.data.facts import describe
from quantray.callers.data.fetches import fetched_per_call
from quantray.callers.data.hygiene import check_candle_gates, listed_counts
from quantray.callers.data.manifest import CandleSlice, open_slice
from quantray.callers.data.positions import CallRows, locate
from quantray.callers.data.settings import KEYS, CallsData, CallSettings, CoverageSettings
from quantray.callers.data.slices import materialise
from quantray.callers.data.synthetic_settings import SyntheticCalls
from quantray.callers.data.unparsed import NAME as UNPARSED
from quantray.callers.data.unparsed import no_calls, unparsed_note, write_unparsed
from quantray.callers.data.windows import needs_of, plan_calls
from quantray.callers.data.worklist import listed_calls, worklist, write_listed, write_worklist
from quantray.callers.market import CallPlan, Calls, Candles, Exclusion, Inventory, Needs

__all__ = [
    "KEYS",
    "UNPARSED",
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
    "no_calls",
    "open_candles",
    "open_slice",
    "plan_calls",
    "require_eligible",
    "unparsed_note",
    "worklist",
    "write_listed",
    "write_unparsed",
    "write_worklist",
]  # fmt: skip
