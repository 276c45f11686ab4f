"""What is wrong with candles, counted while they are read; and the gates that judge it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D
from quantray.callers.data.prints import lone_prints
from quantray.callers.data.settings import CallsData, Gates
from quantray.callers.market import PRICES, Candles, Inventory, Spans
from quantray.durations import NS
from quantray.errors import DataError

#: Gate -> (share, sentence).
GATES = {
    "max_undated_candles": ("undated_share", "of the rows of candles have no time, or an impossible one"),
    "max_conflicting_candles": ("conflicts_share", "of the rows of candles contradict another of the same time"),
    "max_inconsistent_candles": ("inconsistent_share", "of the candles have a low or high inside their open or close"),
    "max_nonpositive_candles": ("nonpositive_share", "of the rows of candles have a price that is no number above 0"),
    "max_zero_volume_candles": ("zero_volume_share", "of the rows of candles have no volume"),
    "max_missing_candles": ("missing_share", "of the candles that the windows span are missing"),
    "max_scale_jumps": ("scale_jump_assets_share", "of the assets change the scale of their price"),
    "max_lone_prints": ("lone_prints_share", "of the candles have a lone print"),
}
COUNTS = (
    "rows", "candles", "undated", "duplicates", "conflicts", "inconsistent", "nonpositive", "zero_volume",
    "zero_volume_dropped", "no_volume", "assets_without_volume", "expected", "missing", "gaps", "scale_jumps",
    "lone_highs", "lone_lows", "assets", "assets_without_candles", "scale_jump_assets",
)  # fmt: skip
SHARES = {
    "duplicates": "rows", "conflicts": "rows", "inconsistent": "candles", "nonpositive": "rows",
    "zero_volume": "rows", "missing": "expected", "scale_jump_assets": "assets",
}  # fmt: skip


class Hygiene:
    """Counts over blocks of candles; :meth:`summary` is what reports show and gates read."""

    def __init__(self, data: CallsData, interval_s: int, spans: Spans, traded: BoolArray1D) -> None:
        self.data, self.step, self.spans, self.traded = data, interval_s * NS, spans, traded
        self.counts: Counter[str] = Counter()
        self.unpriced: Counter[str] = Counter()  # asset -> its candles without a price
        self.jumps: list[tuple[str, int, float]] = []  # (asset, when its price changes scale, how many times)
        self.longest_gap_s = 0
        self.worst_print = 1.0

    def add(self, block: Candles) -> None:
        """Count one block; its assets are whole."""
        counts = self.counts
        counts["rows"] += len(block) + block.duplicates + block.conflicts + len(block.unpriced) + block.idle
        counts["candles"] += len(block)
        counts["duplicates"] += block.duplicates
        counts["conflicts"] += block.conflicts
        opened, high, low, close = (getattr(block, p) for p in PRICES)
        counts["inconsistent"] += int(((low > np.minimum(opened, close)) | (high < np.maximum(opened, close))).sum())
        counts["nonpositive"] += len(block.unpriced)
        self.unpriced.update(asset for asset, _, _ in block.unpriced)
        counts["zero_volume"] += int((block.volume == 0).sum()) + block.idle
        counts["zero_volume_dropped"] += block.idle
        counts["assets_without_volume"] += int((~self.traded[block.index]).sum())
        counts["inside"] += self._inside(block)
        counts["no_volume"] += int(np.isnan(block.volume).sum())
        self._between(block, opened, close)
        lone = lone_prints(block, self.data.print_filter_k)
        counts["lone_highs"] += int(lone.high.sum())
        counts["lone_lows"] += int(lone.low.sum())
        self.worst_print = max(self.worst_print, lone.worst)

    def _inside(self, block: Candles) -> int:
        """Candles of the stretches themselves, without the one that was read behind each."""
        total = 0
        for asset, rows in block:
            mine = self.spans.of(range(asset, asset + 1))
            low, high = np.searchsorted(block.ts[rows], mine.start_ns), np.searchsorted(block.ts[rows], mine.end_ns)
            total += int((high - low).sum())
        return total

    def _between(self, block: Candles, opened: np.ndarray, close: np.ndarray) -> None:
        """Gaps and changes of scale between a candle and the next of its asset."""
        if len(block) < 2:
            return
        first = self._beginnings(block)
        step = np.where(first[1:], 0, np.diff(block.ts))
        self.counts["gaps"] += int((step > self.step).sum())
        self.longest_gap_s = max(self.longest_gap_s, max(int(step.max()) - self.step, 0) // NS)
        between = ~first[1:] & _jumps(opened[1:], close[:-1], self.data.scale_jump)
        within = ~first[1:] & ~between & _jumps(close[1:], close[:-1], self.data.scale_jump)
        self.counts["scale_jumps"] += int((between | within).sum())
        owner = np.searchsorted(block.offsets, np.arange(1, len(block)), side="right") - 1
        self.counts["scale_jump_assets"] += len(np.unique(owner[between | within]))
        for rows, shift in ((between, 0), (within, self.step - 1)):
            for row in np.flatnonzero(rows).tolist():
                times = max(close[row + 1] / close[row], close[row] / close[row + 1])
                self.jumps.append((block.assets[int(owner[row])], int(block.ts[row + 1]) + shift, float(times)))

    def _beginnings(self, block: Candles) -> np.ndarray:
        """True for the first candle of each stretch [r]: nothing between two stretches was read."""
        first = np.zeros(len(block) + 1, bool)
        for asset, rows in block:
            starts = self.spans.of(range(asset, asset + 1)).start_ns
            first[rows.start + np.searchsorted(block.ts[rows], starts)] = True
        return first[:-1]

    def summary(self, inventory: Inventory, found: int) -> dict[str, float]:
        """Counts and shares in a fixed order. ``found``: assets with a candle in the stretches."""
        counts, spans = self.counts, self.spans
        counts["expected"] = int(spans.expected(self.step // NS, inventory.phase_ns).sum())
        counts["undated"] = inventory.undated
        counts["missing"] = max(counts["expected"] - counts["inside"], 0)
        counts["assets"] = found
        counts["assets_without_candles"] = len(np.unique(spans.asset)) - found
        shares = {f"{name}_share": counts[name] / max(counts[whole], 1) for name, whole in SHARES.items()}
        shares["lone_prints_share"] = (counts["lone_highs"] + counts["lone_lows"]) / max(counts["candles"], 1)
        return {
            **{name: counts[name] for name in COUNTS},
            "longest_gap_s": self.longest_gap_s,
            "worst_lone_print": self.worst_print,
            "undated_share": inventory.undated_share,
            **shares,
        }


def _jumps(now: FloatArray1D, before: FloatArray1D, times: float) -> BoolArray1D:
    """Prices that are so many times the price before, or so many times less."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = now / before
    return np.asarray((ratio >= times) | (ratio <= 1 / times), bool)


def listed_counts(counts: Mapping[str, int], most: int = 5) -> str:
    """The assets with the highest counts, each with its own."""
    order = sorted(counts, key=lambda name: (-counts[name], name))
    more = f" and {len(order) - most:,} more" if len(order) > most else ""
    return ", ".join(f"{name} ({counts[name]:,})" for name in order[:most]) + more


def check_candle_gates(
    quality: Mapping[str, float], gates: Gates, unpriced: Mapping[str, int] = MappingProxyType({})
) -> None:
    """Refuse candles of which more is wrong than the plan allows. DataError names gate, share and limit.

    ``unpriced``: assets with candles without a price -> how many, to be named.
    """
    for gate, (share, what) in GATES.items():
        value, limit = quality.get(share, 0.0), getattr(gates, gate)
        if value > limit:
            who = f" ({listed_counts(unpriced)})" if unpriced and gate == "max_nonpositive_candles" else ""
            raise DataError(
                f"gate {gate}: {value:.2%} {what}{who}, the limit is {limit:.2%}; clean the data, or raise gates.{gate}"
            )
