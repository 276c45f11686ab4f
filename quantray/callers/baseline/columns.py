"""The columns of the alerts' table: names, what each is, how it is stored. Definitions are in docs/baseline.md."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Multiples of the entry price whose first touch is noted, as the kernel has them and as columns name them.
MULTIPLES = {"1_2x": 1.2, "1_5x": 1.5, "2x": 2.0, "3x": 3.0, "4x": 4.0, "5x": 5.0, "10x": 10.0}
BEFORE = ("1_2x", "1_5x", "2x")
BEHIND = ("2x", "3x", "4x", "5x", "10x")
#: Of the simple trade, in the order of the kernel's codes.
REASONS = ("target", "stop", "horizon")
#: Spec of a call: it is measured (ok), or why not.
STATUSES = ("ok", "missing", "bad_entry", "too_new")

#: Fractions and multiples, in the order of the kernel's columns; NaN: does not exist.
REAL = (
    "entry_price", "ath_multiple", "highest_close_multiple", "drawdown", "drawdown_from_peak", "drawdown_before_above",
    *(f"drawdown_before_{name}" for name in BEFORE), *(f"drawdown_after_{name}" for name in BEHIND),
    "drawdown_after_ath", "end_return", "tp_sl_return", "under_water_share", "in_profit_share", "retention_after_1_2x",
    "giveback_after_1_5x", "headfake_depth", "giveback_after_2x",
)  # fmt: skip
#: Seconds from the entry, in the order of the kernel's columns; -1: does not exist.
SECONDS = ("time_to_ath_s", "tp_sl_time_s", "silent_s", *(f"time_to_{name}_s" for name in MULTIPLES))
#: Small codes, -1: does not exist.
CODES = ("tp_sl_reason", "tp_sl_ambiguous", "headfake")
#: The same calls entered one candle later, until the same end.
LATE = ("late_ath_multiple", "late_end_return", "late_tp_sl_return")
FLAGS = ("dead", "rescaled")
#: One measured call as it is stored.
RECORD: np.dtype[Any] = np.dtype([
    ("call", np.int64), ("entry_ns", np.int64), *((name, np.float64) for name in REAL),
    *((name, np.int64) for name in SECONDS), *((name, np.int8) for name in CODES),
    *((name, np.float64) for name in LATE), *((name, np.bool_) for name in FLAGS),
])  # fmt: skip

#: Columns of the table of alerts in their order: one row a call that the filters left.
ALERTS = (
    "call_id", "caller", "asset", "chain", "ts_ns", "ts", "price_at_call", "mcap", "status", "why_not",
    "candles", "candles_expected", "coverage", "longest_gap_s", "thin", "vendor_gap",
    "entry_ns", "entry", "entry_delay_s", "entry_price",
    "ath_multiple", "time_to_ath_s", "highest_close_multiple", *(f"time_to_{name}_s" for name in MULTIPLES),
    "drawdown", "drawdown_from_peak", "drawdown_before_above", *(f"drawdown_before_{name}" for name in BEFORE),
    *(f"drawdown_after_{name}" for name in BEHIND), "drawdown_after_ath",
    "end_return", "silent_s", "dead",
    "tp_sl_return", "tp_sl_net", "tp_sl_reason", "tp_sl_time_s", "tp_sl_ambiguous",
    "under_water_share", "in_profit_share", "retention_after_1_2x", "giveback_after_1_5x", "giveback_after_2x",
    "headfake", "headfake_depth",
    *LATE, "rescaled",
)  # fmt: skip
#: What a column of the table holds: text, whole numbers, true or false; the others are real numbers.
TEXTS = ("call_id", "caller", "asset", "chain", "ts", "status", "why_not", "entry", "tp_sl_reason")
WHOLE = ("ts_ns", "candles", "candles_expected", "longest_gap_s", "entry_ns", "entry_delay_s", *SECONDS)
TRUTHS = ("thin", "vendor_gap", "dead", "tp_sl_ambiguous", "headfake", "rescaled")
