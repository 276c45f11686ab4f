"""One row of another tool as one of ours, or the reason why it is none."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import Any

from quantray.callers.imports.columns import Match
from quantray.callers.imports.encoding import encoded, plain
from quantray.callers.imports.numbers import bare, is_empty, number, style_of, unit_in, without_currency
from quantray.callers.imports.units import UNITS, converted, fits, unit_of
from quantray.errors import ConfigError, DataError

FIGURES = ("n_trades", "win_rate", "captured_return", "final_capital", "max_drawdown")
_WHOLE = 2**53  # beyond it a number read as text is no exact count


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


@dataclass(frozen=True, slots=True)
class Reading:
    """How the columns of one file are read: which is which, in which unit, with which decimal sign."""

    matches: Mapping[str, Match]
    styles: Mapping[str, str]
    trades: bool  # a row is one trade

    @classmethod
    def of(
        cls, rows: Sequence[Mapping[str, object]], matches: Mapping[str, Match], trades: bool, style: str | None = None
    ) -> Reading:
        """Units and decimal signs from whole columns. DataError where several units or signs may be meant."""
        styles, found, unclear = {}, {}, []
        for ours, match in matches.items():
            values = [row[match.theirs] for row in rows if not is_empty(row.get(match.theirs))]
            if ours not in ("caller", "policy"):
                try:
                    styles[ours] = style or style_of(ours, _numeric(ours, values))
                    if ours in UNITS and (not match.unit or match.ours_alone):
                        match = _with_unit(match, values, styles[ours])
                except DataError as error:
                    unclear.append(str(error))
            found[ours] = match
        if unclear:
            raise DataError("; ".join(unclear))
        return cls(found, styles, trades)

    def row(self, given: Mapping[str, object]) -> Row:
        """Raises ValueError with the reason when the row cannot be used."""
        caller = self._text(given, "caller")
        if caller is None:
            raise ValueError("no caller")
        tp, sl, hold = (self._measured(given, name) for name in ("tp", "sl", "hold"))
        figures = {name: self._measured(given, name) for name in FIGURES}
        if self.trades and figures["captured_return"] is None:
            raise ValueError("a trade without its return")
        if all(value is None for value in figures.values()):
            raise ValueError(f"no figure: none of {', '.join(FIGURES)}")
        trades, won = figures["n_trades"], figures["win_rate"]
        if self.trades:
            trades, won = 1.0, float((figures["captured_return"] or 0.0) > 0)
        mine = {match.theirs for match in self.matches.values()}
        extra = {name: plain(value) for name, value in given.items() if name not in mine}
        return Row(
            caller=caller,
            policy=_policy(self._text(given, "policy"), tp, sl, hold),
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

    def _text(self, given: Mapping[str, object], ours: str) -> str | None:
        value = given.get(self.matches[ours].theirs) if ours in self.matches else None
        if is_empty(value):
            return None
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return encoded(str(value).strip())
        if ours == "policy":
            return json.dumps(plain(value), sort_keys=True, ensure_ascii=False)
        raise ValueError(f"{ours}={value!r} is no name")

    def _measured(self, given: Mapping[str, object], ours: str) -> float | None:
        """The number of one of our columns in our unit."""
        match = self.matches.get(ours)
        value = None if match is None else given.get(match.theirs)
        if match is None or is_empty(value):
            return None
        if ours == "hold" and _is_duration(value):
            return _duration(value)
        said = unit_in(value)
        if said and said not in UNITS.get(ours, ()):
            raise ValueError(f"{ours}={value!r} is no number: {ours} has no unit {said}")
        if said and match.unit and said != match.unit:
            raise ValueError(f"{ours}={value!r} contradicts its column, which is {match}")
        unit = said or match.unit
        found = number(ours, without_currency(value) if ours == "final_capital" else value, self.styles[ours])
        if ours == "n_trades" and not (0 <= found <= _WHOLE and found == int(found)):
            raise ValueError(f"n_trades={value!r} is no count")
        if ours not in UNITS:
            return found
        if not fits(ours, unit, found):
            raise ValueError(f"{ours}={value!r} is no {unit}{_ALLOWED.get((ours, unit), '')}")
        return converted(ours, unit, found)


_ALLOWED = {
    ("tp", "multiple"): " above 1", ("tp", "gain"): " above 0", ("tp", "percent"): " above 0",
    ("sl", "multiple"): " between 0 and 1", ("sl", "gain"): " between -1 and 1", ("sl", "percent"): " below 100",
    ("win_rate", "fraction"): " in [0, 1]", ("win_rate", "percent"): " in [0, 100]",
    ("max_drawdown", "fraction"): " in [-1, 1]", ("max_drawdown", "percent"): " in [-100, 100]",
}  # fmt: skip


def _numeric(ours: str, values: Iterable[object]) -> list[Any]:
    """The values that are written as numbers: no durations."""
    return [without_currency(v) if ours == "final_capital" else v for v in values
            if not (ours == "hold" and _is_duration(v))]  # fmt: skip


def _with_unit(match: Match, values: Sequence[object], style: str) -> Match:
    """With the unit of the values that do not say their own; what is no number fails row by row."""
    numbers = []
    for value in _numeric(match.ours, values):
        if not unit_in(value):
            try:
                numbers.append(number(match.ours, value, style))
            except ValueError:
                continue
    if not numbers or (match.ours_alone and min(numbers) >= -1):  # nobody loses more than the trade cost
        return match
    return replace(match, unit=unit_of(match.ours, match.theirs, numbers))


def _is_duration(value: object) -> bool:
    """Whether a time says its unit: 48h, not 48."""
    return isinstance(value, str) and bare(value)[-1:].isalpha()


def _duration(value: object) -> float:
    from quantray.durations import duration_s

    try:
        return float(duration_s(str(value), "hold"))
    except ConfigError as error:
        raise ValueError(str(error)) from None


def _policy(value: str | None, tp: float | None, sl: float | None, hold: float | None) -> str | None:
    """As it is named; where it is not, as we write these levels."""
    from quantray.callers.policies import read_policy, written

    if value is not None:
        return value
    levels = {"sl": sl, "tp": tp, "hold": None if hold is None else max(1, round(hold))}
    return None if tp is None and sl is None and hold is None else written(read_policy(levels))
