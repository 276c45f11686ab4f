"""Numbers and names as a reader wants them: units in the name, no false precision, a dash for what does not exist."""

from __future__ import annotations

import math

from quantray.cards import value_text

DASH = "–"
LABELS = {
    "n_trades": "trades",
    "n_sessions": "sessions",
    "win_rate": "win rate",
    "return_on_risk_percent": "return on risk",
    "expectancy": "mean net per trade",
    "avg_risk": "mean risk per trade",
    "total_pnl": "total net",
    "sharpe": "Sharpe per session",
    "max_drawdown": "largest drawdown",
    "median_net": "median net per trade",
    "p05_net": "5 % worst net per trade",
    "mean_duration_s": "mean holding time",
    "max_duration_s": "longest holding time",
    "no_bid_at_close": "no bid at the close",
    "carried_entry_share": "entries at carried prices",
    "carried_exit_share": "exits at carried prices",
    "n_signals": "signals",
    "n_signals_carried": "signals on carried bars",
}
#: Metrics of candidates by their unit, as ``quantray/sweeps/metrics.py`` has it; a machine knows no wing.
SHARES = ("win_rate", "carried_entry_share", "carried_exit_share")
MONEY = ("expectancy", "avg_risk", "total_pnl", "max_drawdown", "median_net", "p05_net")


def label(name: str) -> str:
    """A metric, parameter or key as words.

    >>> label("take_profit_percent"), label("max_trade_duration_seconds"), label("exits_stop_loss")
    ('take profit %', 'max trade duration (s)', 'exits: stop loss')
    """
    if name in LABELS:
        return LABELS[name]
    if not name.isidentifier():  # an objective of the user's: a function by its own name, an expression as it stands
        parts = name.split(".")
        return label(parts[-1]) if all(part.isidentifier() for part in parts) else name
    for prefix in ("exits_", "refused_"):
        if name.startswith(prefix):
            return f"{prefix[:-1]}: {label(name.removeprefix(prefix))}"
    for ending, unit in (("_percent", " %"), ("_seconds", " (s)"), ("_bps", " (bp)"), ("_s", " (s)")):
        if name.endswith(ending):
            return name.removesuffix(ending).replace("_", " ") + unit
    return name.replace("_", " ")


def number(value: float | str | None, digits: int = 2) -> str:
    """A number with thousands separators; whole numbers whole, small ones with significant digits."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return DASH
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int):
        return f"{value:,}".replace("-", "−")
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value and abs(value) < 10.0 ** (-digits) / 2:
        return f"{value:.2g}".replace("-", "−")
    return f"{value:,.{digits}f}".replace("-", "−")


def percent(share: float | None, digits: int = 1) -> str:
    """A share in [0, 1] as percent."""
    return DASH if share is None or math.isnan(share) else f"{number(100 * share, digits)} %"


def duration(seconds: float | None) -> str:
    """
    >>> duration(42), duration(75), duration(4000)
    ('42 s', '1 min 15 s', '1 h 06 min')
    """
    if seconds is None or math.isnan(seconds):
        return DASH
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s" if seconds >= 10 or seconds == whole else f"{seconds:.1f} s"
    minutes, s = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {s:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def left(seconds: float) -> str:
    """What is still to come, which nobody knows to the second: in one unit.

    >>> left(0.2), left(42.4), left(75), left(4000)
    ('1 s', '42 s', '1 min', '1 h')
    """
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{round(seconds / size):,} {unit}"
    return f"{max(1, round(seconds))} s"


def metric(name: str, value: float | None) -> str:
    """The value of a metric in its unit."""
    if value is None:
        return DASH
    if name in SHARES:
        return percent(float(value))
    if name == "return_on_risk_percent":
        return f"{number(float(value))} %"
    if name in ("mean_duration_s", "max_duration_s"):
        return duration(float(value))
    if name in MONEY:
        return number(float(value))
    return number(value, 3 if name == "sharpe" else 2)


def parameter(value: object) -> str:
    """A parameter's value, as it is written in a configuration."""
    return value_text(value)


def short(value: float | None) -> str:
    """A number for an axis or a cell: at most four characters or so."""
    if value is None or math.isnan(value):
        return ""
    size = abs(value)
    if size >= 1e6:
        text = f"{value / 1e6:.1f}M"
    elif size >= 1e4:
        text = f"{value / 1e3:.0f}k"
    elif size >= 100 or value == round(value):
        text = f"{value:.0f}"
    elif size >= 1:
        text = f"{value:.1f}"
    else:
        text = f"{value:.2g}"
    return text.replace("-", "−")
