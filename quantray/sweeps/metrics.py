"""The metrics of candidates: names, units and directions, in the order of their columns, and their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from quantray.arrays import FloatArray2D, plain
from quantray.measures import Measure, Unit


class Metric(Measure):
    """A column of what a candidate earns; see docs/rules.md for what each is."""

    N_TRADES = Unit.COUNT, 1
    N_SESSIONS = Unit.COUNT, 1
    WIN_RATE = Unit.SHARE, 1
    RETURN_ON_RISK_PERCENT = Unit.PERCENT, 1
    EXPECTANCY = Unit.MONEY, 1
    AVG_RISK = (Unit.MONEY,)
    PROFIT_FACTOR = Unit.RATIO, 1
    TOTAL_PNL = Unit.MONEY, 1
    SHARPE = Unit.RATIO, 1
    MAX_DRAWDOWN = Unit.MONEY, -1, True
    MEDIAN_NET = Unit.MONEY, 1, True
    P05_NET = Unit.MONEY, 1, True
    MEAN_DURATION_S = Unit.SECONDS, 0, True
    MAX_DURATION_S = Unit.SECONDS, 0, True
    EXITS_EMERGENCY = Unit.COUNT, 0, True  # the exits stand in the order of ``trades.ExitReason``
    EXITS_END_OF_DAY = Unit.COUNT, 0, True
    EXITS_TAKE_PROFIT = Unit.COUNT, 0, True
    EXITS_STOP_LOSS = Unit.COUNT, 0, True
    EXITS_TIME = Unit.COUNT, 0, True
    EXITS_END_OF_DATA = Unit.COUNT, 0, True
    NO_BID_AT_CLOSE = Unit.COUNT, -1, True
    CARRIED_ENTRY_SHARE = Unit.SHARE, -1, True
    CARRIED_EXIT_SHARE = Unit.SHARE, -1, True
    REFUSED_LATE_ENTRY = Unit.COUNT, 0, True  # the refused ones stand in the order of ``trades.Refusal``
    REFUSED_NO_CONTRACT = Unit.COUNT, 0, True
    REFUSED_NO_QUOTE = Unit.COUNT, 0, True
    REFUSED_ZERO_QUOTE = Unit.COUNT, 0, True
    REFUSED_CROSSED_QUOTE = Unit.COUNT, 0, True
    REFUSED_NO_PRINT = Unit.COUNT, 0, True
    REFUSED_SESSION_END = Unit.COUNT, 0, True
    REFUSED_MAX_OPEN_POSITIONS = Unit.COUNT, 0, True
    REFUSED_NO_CASH = Unit.COUNT, 0, True
    N_SIGNALS = Unit.COUNT, 0, True
    N_SIGNALS_CARRIED = Unit.COUNT, 0, True


#: Every metric of a trial, in the order of its columns; the core ones, which need sums only, stand first.
METRICS = tuple(metric.key for metric in Metric)
CORE = tuple(metric.key for metric in Metric if not metric.listed)
#: Those that are counted while signals become entries, before capital and exits decide anything.
COUNTED = (
    *tuple(Metric)[Metric.REFUSED_LATE_ENTRY : Metric.REFUSED_MAX_OPEN_POSITIONS], Metric.N_SIGNALS,
    Metric.N_SIGNALS_CARRIED,
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Metrics:
    """Metrics of ``n`` candidates as columns; NaN in a float column means that the metric does not exist.

    ``session_net`` [n, sessions] is what each candidate earned in each session (0 without a trade).
    ``why`` maps the row of a candidate that could not be measured to the reason; its columns are void.
    """

    columns: Mapping[str, np.ndarray]
    session_net: FloatArray2D
    why: Mapping[int, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return int(self.session_net.shape[0])

    def row(self, i: int) -> dict[str, float | int | None]:
        """Metrics of candidate ``i`` as plain numbers, None for what does not exist."""
        return {name: plain(column[i]) for name, column in self.columns.items()}
