"""Which column of a file is which of ours: by its name, by a name close to it, or as it is told."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from quantray.errors import ConfigError, near_miss

#: Our column -> names that other tools give it, the clearest first.
NAMES: dict[str, tuple[str, ...]] = {
    "caller": ("caller", "caller_name", "channel", "channel_name", "alerter", "signal_source", "trader", "author"),
    "policy": ("policy", "policy_name", "policy_id", "strategy", "strategy_name", "strategy_id"),
    "tp": ("tp", "tp_mult", "tp_multiple", "take_profit", "takeprofit", "take_profit_mult", "tp_level", "target"),
    "sl": ("sl", "sl_mult", "sl_multiple", "stop_loss", "stoploss", "stop_loss_mult", "sl_level", "stop"),
    "hold": ("hold", "max_hold", "hold_time", "time_stop", "time_limit", "holding_period"),
    "n_trades": ("n_trades", "num_trades", "number_of_trades", "trade_count", "total_trades", "executed_trades",
                 "trades", "n"),
    "win_rate": ("win_rate", "winrate", "hit_rate", "win_ratio"),
    "captured_return": ("captured_return", "mean_net_return", "avg_net_return", "mean_return", "avg_return",
                        "average_return", "net_return", "captured", "return", "pnl", "roi"),
    "final_capital": ("final_capital", "final_equity", "ending_capital", "end_capital", "final_balance",
                      "ending_balance", "final_portfolio_value"),
    "max_drawdown": ("max_drawdown", "maximum_drawdown", "max_dd", "maxdd", "mdd", "drawdown"),
}  # fmt: skip
#: Of these a plain number may be an amount of money: they count only where the column says percent.
MONEY = ("pnl",)
PERCENT = ("pct", "percent", "percentage", "%")
SECONDS = {
    "s": 1, "sec": 1, "secs": 1, "seconds": 1, "m": 60, "min": 60, "mins": 60, "minutes": 60, "h": 3600, "hr": 3600,
    "hrs": 3600, "hours": 3600, "d": 86_400, "days": 86_400,
}  # fmt: skip
CLOSE = 0.86  # how alike a name must be to be guessed


@dataclass(frozen=True, slots=True)
class Match:
    """Our column is theirs; ``unit`` is what its name says of it; ``guessed`` where only a close name was found."""

    ours: str
    theirs: str
    unit: str = ""
    guessed: bool = False

    def __str__(self) -> str:
        unit = f" ({self.unit})" if self.unit else ""
        return f"{self.ours} <- {self.theirs}{unit}{', guessed' if self.guessed else ''}"


def match(columns: Iterable[str], told: Mapping[str, str]) -> dict[str, Match]:
    """Our column -> the file's. ``told`` names some by hand, empty: none. ConfigError for a name that neither has."""
    known = list(dict.fromkeys(columns))
    found: dict[str, Match] = {}
    for ours, theirs in told.items():
        if ours not in NAMES:
            raise ConfigError(f"--map {ours}={theirs}: {near_miss(ours, NAMES, what='column')}")
        if theirs and theirs not in known:
            raise ConfigError(f"--map {ours}={theirs}: {near_miss(theirs, known, what='column of the file')}")
        if theirs:
            found[ours] = Match(ours, theirs, _split(theirs, ours)[1])
    for exact in (True, False):
        for ours in NAMES:
            taken = {m.theirs for m in found.values()}
            free = [name for name in known if name not in taken]
            if ours not in told and ours not in found:
                best = _named(ours, free) if exact else _alike(ours, free)
                if best is not None:
                    found[ours] = best
    return found


def _named(ours: str, columns: Sequence[str]) -> Match | None:
    """The column that goes by one of our names, the clearest name first."""
    split = [(theirs, *_split(theirs, ours)) for theirs in columns]
    for name in NAMES[ours]:
        for theirs, stem, unit in split:
            if stem == name and (name not in MONEY or unit == "%"):
                return Match(ours, theirs, unit)
    return None


def _alike(ours: str, columns: Sequence[str]) -> Match | None:
    names = [name for name in NAMES[ours] if len(name) > 3]  # short names are alike by accident
    best: tuple[float, Match] | None = None
    for theirs in columns:
        stem, unit = _split(theirs, ours)
        for name in names:
            alike = difflib.SequenceMatcher(None, stem, name).ratio()
            if alike >= CLOSE and (best is None or alike > best[0]) and name not in MONEY:
                best = alike, Match(ours, theirs, unit, guessed=True)
    return None if best is None else best[1]


def _split(theirs: str, ours: str) -> tuple[str, str]:
    """(name without its unit, unit): ``metrics.winRatePct`` is (win_rate, %), ``hold_hours`` (hold, hours)."""
    last = theirs.split(".")[-1]
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", last).replace("%", " % ")
    parts = [part for part in re.split(r"[^a-z0-9%]+", spaced.casefold()) if part]
    if len(parts) > 1 and parts[-1] in PERCENT:
        return "_".join(parts[:-1]), "%"
    if len(parts) > 1 and ours == "hold" and parts[-1] in SECONDS:
        return "_".join(parts[:-1]), parts[-1]
    return "_".join(parts), ""
