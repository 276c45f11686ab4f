"""What one call offered, in plain slow Python: every measure from its definition, over whole lists of candles.

It makes no pass and keeps no running state; the kernel must equal it.
"""

from __future__ import annotations

from tests.reference.policies import Candle

NS = 1_000_000_000
LEVELS = {"1_2x": 1.2, "1_5x": 1.5, "2x": 2.0, "3x": 3.0, "4x": 4.0, "5x": 5.0, "10x": 10.0}


def known_ns(candle: Candle, level: float, interval: int) -> int:
    """When a touch inside a candle is known: at its end, at its start where the open was there already."""
    return candle.ts if candle.open >= level else candle.ts + interval


def first_touch(seen: list[Candle], level: float) -> int | None:
    """Place of the first candle whose high reaches the level."""
    return next((i for i, c in enumerate(seen) if c.high >= level), None)


def lowest(candles: list[Candle]) -> float:
    return min(c.low for c in candles)


def standing(seen: list[Candle], i: int, interval: int, until: int) -> int:
    """Ns for which the close of candle ``i`` stands, inside the horizon."""
    ends = [min(c.ts + interval, until) for c in seen] + [until]
    return ends[i + 1] - ends[i]


def simple_trade(seen: list[Candle], tp: float, sl: float, interval: int, until: int) -> dict:
    price, begin = seen[0].open, seen[0].ts
    stop, target = price * sl, price * tp
    for c in seen:
        both = c.low <= stop and c.high >= target
        if c.open <= stop and c.low <= stop:
            return trade(c.open / price, "stop", c.ts - begin, False)
        if c.open >= target and c.high >= target:
            return trade(target / price, "target", c.ts - begin, False)
        if c.low <= stop:
            return trade(stop / price, "stop", c.ts + interval - begin, both)
        if c.high >= target:
            return trade(target / price, "target", c.ts + interval - begin, False)
    return trade(seen[-1].close / price, "horizon", until - begin, False)


def trade(multiple: float, reason: str, after: int, both: bool) -> dict:
    return {"tp_sl_return": multiple - 1.0, "tp_sl_reason": reason, "tp_sl_time_s": after // NS,
            "tp_sl_ambiguous": both}  # fmt: skip


def from_peak(seen: list[Candle]) -> float:
    """Largest fall from the highest price so far; a candle's high comes before its low."""
    price = seen[0].open
    return max(1.0 - c.low / max([price, *(x.high for x in seen[: i + 1])]) for i, c in enumerate(seen))


def giveback(seen: list[Candle], touched: int | None) -> float | None:
    """Largest share of the gain at a peak that a later candle gave back, over the peaks from the touch on."""
    if touched is None or touched + 1 >= len(seen):
        return None
    price, found = seen[0].open, []
    for i in range(touched + 1, len(seen)):
        peak = max(c.high for c in seen[:i])
        found.append(max((peak - seen[i].low) / (peak - price), 0.0))
    return max(found)


def offers(candles: list[Candle], horizon: int, tp: float, sl: float, interval: int) -> dict:
    """All measures of a call that enters at the open of the first of ``candles``; ``horizon``, ``interval`` in ns."""
    price, begin = candles[0].open, candles[0].ts
    until = begin + horizon
    seen = [c for c in candles if c.ts < until]
    out: dict = {"entry_price": price}
    ath = max([price, *(c.high for c in seen)])
    at = None if ath == price else first_touch(seen, ath)
    out["ath_multiple"] = ath / price
    out["time_to_ath_s"] = 0 if at is None else (known_ns(seen[at], ath, interval) - begin) // NS
    out["highest_close_multiple"] = max([price, *(c.close for c in seen)]) / price
    touched = {name: first_touch(seen, price * level) for name, level in LEVELS.items()}
    for name, i in touched.items():
        level = price * LEVELS[name]
        out[f"time_to_{name}_s"] = None if i is None else (known_ns(seen[i], level, interval) - begin) // NS
        if name in ("1_2x", "1_5x", "2x"):
            fall = None if i is None else 1.0 - min(price, lowest(seen[: i + 1])) / price
            out[f"drawdown_before_{name}"] = fall
        if name in ("2x", "3x", "4x", "5x", "10x"):
            later = [] if i is None else seen[i + 1 :]
            out[f"drawdown_after_{name}"] = max(1.0 - lowest(later) / level, 0.0) if later else None
    behind = seen if at is None else seen[at + 1 :]
    out["drawdown_after_ath"] = max(1.0 - lowest(behind) / ath, 0.0) if behind else None
    above = next((i for i, c in enumerate(seen) if c.high > price), len(seen) - 1)
    out["drawdown"] = 1.0 - min(price, lowest(seen)) / price
    out["drawdown_before_above"] = 1.0 - min(price, lowest(seen[: above + 1])) / price
    out["drawdown_from_peak"] = max(from_peak(seen), 0.0)
    out["end_return"] = seen[-1].close / price - 1.0
    out["silent_s"] = max(until - seen[-1].ts - interval, 0) // NS
    out |= simple_trade(seen, tp, sl, interval, until)
    out |= path(seen, touched, price, interval, until)
    return out


def path(seen: list[Candle], touched: dict, price: float, interval: int, until: int) -> dict:
    stands = [standing(seen, i, interval, until) for i in range(len(seen))]
    horizon = until - seen[0].ts
    under = sum(s for s, c in zip(stands, seen, strict=True) if c.close < price)
    profit = sum(s for s, c in zip(stands, seen, strict=True) if c.close > price)
    out: dict = {"under_water_share": under / horizon, "in_profit_share": profit / horizon}
    first, second = touched["1_2x"], touched["1_5x"]
    left = 0 if first is None else sum(stands[first:])
    kept = 0 if first is None else sum(s for s, c in list(zip(stands, seen, strict=True))[first:]
                                       if c.close >= price * 1.1)  # fmt: skip
    out["retention_after_1_2x"] = kept / left if left else None
    out["giveback_after_1_5x"] = giveback(seen, touched["1_5x"])
    out["giveback_after_2x"] = giveback(seen, touched["2x"])
    between = [] if first is None else seen[first + 1 : len(seen) if second is None else second + 1]
    fake = bool(between) and lowest(between) < price
    out["headfake"] = None if first is None else fake
    out["headfake_depth"] = None if first is None else 1.0 - lowest(between) / price if fake else 0.0
    return out
