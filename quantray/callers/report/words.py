"""Names, units and policies of the per-caller optimiser as a reader wants them."""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import singledispatch

from quantray.callers.metrics import Metric
from quantray.callers.policies import (
    AtrStop,
    BreakEven,
    DelayedEntry,
    EmaCross,
    FixedStop,
    Ladder,
    PhasedStop,
    Policy,
    RsiCross,
    TakeProfit,
    TimeStop,
    Trailing,
    VolumeZ,
)  # fmt: skip
from quantray.durations import written
from quantray.measures import Unit
from quantray.report import words
from quantray.report.words import DASH

LABELS = {
    "n_trades": "trades",
    "captured_return": "mean net return",
    "median_return": "median net return",
    "p05_return": "5 % worst net return",
    "p25_return": "lower quarter of net returns",
    "p75_return": "upper quarter of net returns",
    "p95_return": "5 % best net return",
    "win_rate": "win rate",
    "profit_factor": "profit factor",
    "expectancy": "mean net per trade (money)",
    "mean_r": "mean R multiple",
    "capture_ratio": "captured of the reachable",
    "stop_outs": "stopped out",
    "stop_out_rate": "stopped out at a loss",
    "p95_adverse": "adverse excursion, 5 % worst",
    "time_exposed": "mean time in a trade",
    "exposure": "time with a position",
    "ambiguous_share": "order inside a candle decided",
    "end_of_data_share": "ended by the end of the data",
    "final_capital": "final capital",
    "total_return": "return of the account",
    "max_drawdown": "largest drawdown",
    "sharpe": "Sharpe, daily, annualised",
    "sortino": "Sortino, daily, annualised",
    "no_entry": "no entry (the dip never came)",
    "skipped_max_positions": "skipped: too many positions",
    "skipped_max_positions_per_asset": "skipped: asset already held",
    "skipped_max_positions_per_caller": "skipped: too many of the caller",
    "skipped_no_cash": "skipped: no cash",
    "skipped_below_minimum": "skipped: below the smallest size",
}
SHARES = tuple(metric.key for metric in Metric if metric.unit in (Unit.SHARE, Unit.RETURN))
#: What a unit without a best policy says instead.
STATES = {
    "ranked": "ranked",
    "infeasible": "no policy meets the constraints",
    "no_trades": "no trade executed",
    "unranked": "the objective exists for no policy",
    "no_calls": "no call to train on",
}
COLLAPSED = {"kept": "no", "collapsed": "yes", "no_trades": "no trades"}


def label(name: str) -> str:
    """A metric or key as words."""
    return LABELS[name] if name in LABELS else words.label(name)


def metric(name: str, value: float | None) -> str:
    """The value of a metric in its unit; a dash where it does not exist."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return DASH
    if name in SHARES:
        return words.percent(float(value), 2 if name.endswith("_return") else 1)
    if name == "time_exposed":
        return words.duration(float(value))
    if name in ("final_capital", "expectancy"):
        return words.number(float(value))
    return words.number(value, 2)


def gain(objective: str, value: float | None, initial: float) -> float | None:
    """How far a value lies above earning nothing, so that shares of it mean something."""
    if value is None or not math.isfinite(value):
        return None
    return value - nothing(objective, initial)


def nothing(objective: str, initial: float) -> float:
    """The value of an objective where nothing is earned."""
    return {"final_capital": initial, "profit_factor": 1.0}.get(objective, 0.0)


def span(seconds: float) -> str:
    """
    >>> span(172800), span(1800), span(90)
    ('48 h', '30 min', '1 min 30 s')
    """
    whole = int(seconds)
    if whole % 3600 == 0:
        return f"{whole // 3600} h"
    return f"{whole // 60} min" if whole % 60 == 0 else words.duration(seconds)


def axis_words(axis: str) -> str:
    """
    >>> axis_words("tp"), axis_words("hold_s"), axis_words("break_even")
    ('target', 'hold', 'break even')
    """
    return {"tp": "target", "sl": "stop"}.get(axis, axis.removesuffix("_s").replace("_", " "))


def level_words(axis: str, level: object) -> str:
    """A level of an axis of the grid, as a policy is written; one without the part is ``none``."""
    if level is None:
        return "none"
    return written(level) if axis == "hold_s" and isinstance(level, int) else words.parameter(level)


def sentence(policy: Policy, idle: Collection[object] = ()) -> str:
    """What the policy does, part by part, as a sentence; of its ``idle`` parts that none of its trades came to them."""
    text = "; ".join(_idle(part) if part in idle else _part(part) for part in policy)
    return text[:1].upper() + text[1:] + "."


def _idle(part: object) -> str:
    """What is said of a part that ended no trade."""
    if isinstance(part, TakeProfit):
        return f"the target of {part.tp:g}x was never reached"
    if isinstance(part, Ladder):
        return f"no level of the ladder was ever reached ({_part(part)})"
    if isinstance(part, TimeStop):
        return f"no trade lasted the {span(part.hold_s)} that it may"
    return f"{_part(part)} (it ended no trade)"


def _share(fraction: float) -> str:
    return f"{100 * fraction:.10g} %"


@singledispatch
def _part(part: object) -> str:
    raise TypeError(f"no words for the part {type(part).__name__}")


@_part.register
def _(part: DelayedEntry) -> str:
    return f"buy {_share(part.dip)} below the first price, if it comes within {span(part.wait_s)}"


@_part.register
def _(part: FixedStop) -> str:
    return f"stop at {part.sl:g}x the entry"


@_part.register
def _(part: Trailing) -> str:
    begin = f"once up {_share(part.activation)}" if part.activation else "from the entry on"
    return f"{begin}, a stop {_share(part.trail)} below the peak"


@_part.register
def _(part: BreakEven) -> str:
    return f"after {part.after:g}x the stop is raised to the entry"


@_part.register
def _(part: PhasedStop) -> str:
    return f"after {part.after:g}x the stop is raised to {part.stop:g}x"


@_part.register
def _(part: TakeProfit) -> str:
    return f"take profit at {part.tp:g}x"


@_part.register
def _(part: Ladder) -> str:
    return "sell " + ", ".join(f"{_share(fraction)} at {multiple:g}x" for multiple, fraction in part.rungs)


@_part.register
def _(part: EmaCross) -> str:
    return f"sell when the {part.fast}-candle EMA falls below the {part.slow}-candle one"


@_part.register
def _(part: RsiCross) -> str:
    return f"sell when the {part.period}-candle RSI falls through {part.level:g}"


@_part.register
def _(part: AtrStop) -> str:
    return f"sell on a close {part.multiple:g} ATR ({part.period} candles) below the {part.anchor}"


@_part.register
def _(part: VolumeZ) -> str:
    return f"sell when volume lies {part.z:g} deviations above its {part.period}-candle mean"


@_part.register
def _(part: TimeStop) -> str:
    return f"out after {span(part.hold_s)} at the latest"
