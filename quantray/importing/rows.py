"""One row of another tool as one of ours, or the reason why it is none."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

from quantray.errors import ConfigError
from quantray.importing.matching import SECONDS, Match

EMPTY = ("", "none", "null", "nan", "n/a", "na", "-")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
FIGURES = ("n_trades", "win_rate", "captured_return", "final_capital", "max_drawdown")


@dataclass(frozen=True, slots=True)
class Row:
    """A caller under a policy; of a single trade ``n_trades`` is 1. Shares and returns are fractions."""

    caller: str
    policy: str | None
    tp: float | None
    sl: float | None
    hold_s: float | None
    n_trades: int | None
    win_rate: float | None
    captured_return: float | None
    final_capital: float | None
    max_drawdown: float | None
    extra: str  # JSON of every column that is none of ours

    @property
    def content(self) -> tuple[Any, ...]:
        """What makes two rows the same."""
        return astuple(self)


def row_of(given: Mapping[str, Any], matches: Mapping[str, Match]) -> Row:
    """Raises ValueError with the reason when the row cannot be used."""

    def of(name: str) -> Any:
        value = given.get(matches[name].theirs) if name in matches else None
        return None if value is None or str(value).strip().casefold() in EMPTY else value

    caller = of("caller")
    if caller is None:
        raise ValueError("no caller")
    tp, sl, hold = _level(of("tp"), matches.get("tp")), _level(of("sl"), matches.get("sl")), _hold(of("hold"), matches)
    figures = {name: _figure(name, of(name), matches.get(name)) for name in FIGURES}
    if all(value is None for value in figures.values()):
        raise ValueError(f"no figure: none of {', '.join(FIGURES)}")
    trades, won = figures["n_trades"], figures["win_rate"]
    if trades is None and figures["final_capital"] is None and won is None:  # one row a trade
        trades, won = 1.0, float((figures["captured_return"] or 0.0) > 0)
    mine = {match.theirs for match in matches.values()}
    extra = {name: _plain(value) for name, value in given.items() if name not in mine}
    return Row(
        caller=str(caller).strip(),
        policy=_policy(of("policy"), tp, sl, hold),
        tp=tp,
        sl=sl,
        hold_s=hold,
        n_trades=None if trades is None else int(trades),
        win_rate=won,
        captured_return=figures["captured_return"],
        final_capital=figures["final_capital"],
        max_drawdown=figures["max_drawdown"],
        extra=json.dumps(extra, sort_keys=True, ensure_ascii=False),
    )


def _number(name: str, value: Any) -> float:
    text = str(value).strip().lstrip("$€£").rstrip("%xX ")
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    try:
        number = math.nan if isinstance(value, bool) else float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name}={value!r} is no number")
    return number


def _percent(value: Any, match: Match) -> bool:
    return match.unit == "%" or str(value).strip().endswith("%")


def _figure(name: str, value: Any, match: Match | None) -> float | None:
    if value is None or match is None:
        return None
    number = _number(name, value)
    if name != "n_trades" and name != "final_capital" and _percent(value, match):
        number /= 100.0
    if name == "n_trades" and (number < 0 or number != int(number)):
        raise ValueError(f"n_trades={value!r} is no count")
    if name == "max_drawdown":
        number = abs(number)  # some tools write a loss as a negative number
    if name in ("win_rate", "max_drawdown") and not 0 <= number <= 1:
        raise ValueError(f"{name}={value!r} is no share in [0, 1]; percentages need a column named {name}_pct")
    return number


def _level(value: Any, match: Match | None) -> float | None:
    """A multiple of the entry price; a percentage is the distance from it."""
    if value is None or match is None:
        return None
    number = _number(match.ours, value)
    if _percent(value, match):
        number = 1 + abs(number) / 100 if match.ours == "tp" else 1 - abs(number) / 100
    if match.ours == "tp" and not number > 1:
        raise ValueError(f"tp={value!r} is no multiple above 1; percentages need a column named tp_pct")
    if match.ours == "sl" and not 0 < number < 1:
        raise ValueError(f"sl={value!r} is no multiple between 0 and 1; percentages need a column named sl_pct")
    return number


def _hold(value: Any, matches: Mapping[str, Match]) -> float | None:
    """Seconds; a plain number is in the unit of its column's name, else in seconds."""
    from quantray.calls.durations import duration_s

    if value is None or "hold" not in matches:
        return None
    try:
        if not str(value).strip()[-1].isdigit():
            return float(duration_s(str(value), "hold"))
    except ConfigError as error:
        raise ValueError(str(error)) from None
    seconds = _number("hold", value) * SECONDS.get(matches["hold"].unit, 1)
    if not seconds > 0:
        raise ValueError(f"hold={value!r} is no duration above 0")
    return seconds


def _policy(value: Any, tp: float | None, sl: float | None, hold: float | None) -> str | None:
    """As it is named; where it is not, as we write these levels."""
    from quantray.policies import read_policy, written

    if value is not None:
        return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    levels = {"sl": sl, "tp": tp, "hold": None if hold is None else round(hold)}
    return None if tp is None and sl is None and hold is None else written(read_policy(levels))


def _plain(value: Any) -> Any:
    """JSON knows no NaN."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
