"""The metrics of candidates: their names, in the order of their columns, and their values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from quantray.arrays import FloatArray2D, plain
from quantray.sweeps.trades import Refusal


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


_REFUSED = tuple(f"refused_{r.name.lower()}" for r in Refusal)
_EXITS = ("emergency", "end_of_day", "take_profit", "stop_loss", "time", "end_of_data")
#: Every metric of a trial, in the order of its columns.
METRICS = (
    "n_trades", "n_sessions", "win_rate", "return_on_risk_percent", "expectancy", "avg_risk", "profit_factor",
    "total_pnl", "sharpe", "max_drawdown", "median_net", "p05_net", "mean_duration_s", "max_duration_s",
    *(f"exits_{name}" for name in _EXITS), "no_bid_at_close", "carried_entry_share", "carried_exit_share",
    *_REFUSED, "n_signals", "n_signals_carried",
)  # fmt: skip
_WHOLE = frozenset(
    name for name in METRICS if name.startswith(("n_", "exits_", "refused_")) or name == "no_bid_at_close"
)
