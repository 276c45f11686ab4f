"""A finished run over policies, as its folder holds it and the screens see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from quantray.callers.baseline.progress import Medians
from quantray.callers.baseline.trace import Milestone, candles_of, milestones_of
from quantray.callers.progress import STAGES
from quantray.callers.report.baseline.words import seconds, share
from quantray.callers.report.words import STATES
from quantray.callers.results import GROUP
from quantray.cli.tui.columns import Row
from quantray.cli.tui.offers import SIMPLE, call_row, chosen, exits_of, facts_of, medians_line, plain, sold
from quantray.cli.tui.pace import stage_line
from quantray.cli.tui.policies import CALLS, callers_columns
from quantray.cli.tui.source import Head, Picture
from quantray.durations import NS
from quantray.errors import DataError
from quantray.plain import amount
from quantray.report.words import duration


class Trade(NamedTuple):
    """What a unit's best policy made of a call."""

    part: str
    entry_ns: int
    entry_price: float
    exit_ns: int | None
    exit_price: float | None
    net: float | None
    reason: str | None
    skipped: str | None
    fills: int | None


class StoredPolicies:
    """A finished run over policies, as its folder holds it."""

    live, version = False, 0
    call_columns = CALLS

    def __init__(self, run_dir: Path, facts: Mapping[str, Any]) -> None:
        import pandas

        self.study, self._facts = str(facts["study"]), facts
        self.caller_columns = callers_columns(str(facts["objective"]))
        self._alerts = pandas.read_parquet(run_dir / "alerts.parquet")
        trades = pandas.read_parquet(run_dir / "trades.parquet")
        calls = pandas.read_parquet(run_dir / "calls.parquet", columns=["call_id", "part"])
        self._parts = dict(zip(calls["call_id"].astype(str), calls["part"].astype(str), strict=True))
        self._trades: dict[tuple[str, str], Trade] = {}
        for row in trades[["unit", "call_id", *Trade._fields]].to_dict("records"):
            values = [plain(row[name]) for name in Trade._fields]
            self._trades[str(row["unit"]), str(row["call_id"])] = Trade(*values)

    def head(self) -> Head:
        found = self._alerts[self._alerts["status"] == "ok"]
        names = ("ath_multiple", "time_to_ath_s", "drawdown", "end_return")
        medians = Medians(*(float(found[name].median()) for name in names)) if len(found) else Medians()
        n = len(self._facts["units"])
        told = f"finished in {duration(float(self._facts['seconds']))}: {amount(n, 'unit')}, "
        told += f"{amount(int(self._facts['n_policies']), 'policy', 'policies')}, by {self._facts['objective']}"
        return Head(stage_line(STAGES, None), told, medians_line(medians))

    def callers(self) -> Sequence[Row]:
        found = self._alerts[self._alerts["status"] == "ok"]
        names = {"ath_multiple": "median_ath_multiple", "time_to_ath_s": "median_time_to_ath_s",
                 "drawdown": "median_drawdown"}  # fmt: skip
        medians = found.groupby("caller")[list(names)].median().rename(columns=names)
        offered = {str(caller): {str(k): plain(v) for k, v in row.items()} for caller, row in medians.iterrows()}
        return [_unit(name, unit, offered.get(name, {})) for name, unit in self._facts["units"].items()]

    def calls(self, caller: str) -> Sequence[Row]:
        from quantray.callers.report.baseline.tables import plain_row

        mine = self._alerts if caller == GROUP else self._alerts[self._alerts["caller"] == caller]
        rows = (plain_row({str(k): v for k, v in row.items()}) for row in mine.to_dict("records"))
        return [self._call(call_row(row), caller) for row in rows]

    def _call(self, row: Row, unit: str) -> Row:
        trade = self._trades.get((unit, str(row["call_id"])))
        if trade is None:
            part = self._parts.get(str(row["call_id"]))
            left = row["state"] if row["status"] != "ok" else "not traded"
            return {**row, "unit": unit, "net": None, "part": part, "outcome": left}
        return {**row, "unit": unit, "net": trade.net, "part": trade.part, "outcome": trade.skipped or trade.reason}

    def exits(self, call: Row) -> Sequence[str]:
        """The best policy of the unit that is looked at, then the caller's and the group's, then the simple trade."""
        units = dict.fromkeys((str(call["unit"]), str(call["caller"]), GROUP))
        traded = [(self._trades.get((unit, str(call["call_id"]))), unit) for unit in units]
        return [*(unit for trade, unit in traded if trade is not None and trade.exit_ns is not None), *exits_of(call)]

    def picture(self, call: Row, exits: str | None) -> Picture:
        from quantray.callers.data import open_slice

        made, horizon_s = self._facts["slice"], int(self._facts["horizon_s"])
        if made is None or not Path(made).is_dir():
            raise DataError(f"the candles of {self.study} are no longer in {made}; the same command makes them again")
        candles = next(candles_of(open_slice(Path(made)), [call], horizon_s))
        if candles is None or not len(candles):
            raise DataError(f"this call has no candles: {call['state']}")
        marks = milestones_of(call, horizon_s)
        trade = None if exits in (None, SIMPLE) else self._trades.get((str(exits), str(call["call_id"])))
        if trade is None:
            return Picture(candles, chosen(marks, exits), facts_of(call), sold(call, exits))
        shown = sorted([*chosen(marks, None), *_marks_of(trade, call)], key=lambda mark: mark.ns)
        return Picture(candles, shown, facts_of(call), self._told(str(exits), trade))

    def _told(self, unit: str, trade: Trade) -> str:
        found = self._facts["units"].get(unit, {})
        best = found.get("pick") or found.get("best") or {}  # whose trades are stored
        fills = f" in {trade.fills} fills" if trade.fills is not None and trade.fills > 1 else ""
        held = "" if trade.exit_ns is None else f" after {seconds((trade.exit_ns - trade.entry_ns) / NS)}"
        return f"{best.get('policy', 'policy')} of {unit}: {trade.reason}{fills}{held}, {share(trade.net)} net"


def _marks_of(trade: Trade, call: Row) -> list[Milestone]:
    """Where the policy bought, if that was later than at the entry, and where it sold (at the mean of its fills)."""
    price = float(call["entry_price"])
    marks = []
    if trade.entry_ns != call["entry_ns"] or trade.entry_price != price:
        marks.append(Milestone("bought", trade.entry_ns, trade.entry_price / price))
    if trade.exit_ns is not None and trade.exit_price is not None:
        marks.append(Milestone("exit", trade.exit_ns, trade.exit_price / price))
    return marks


def _unit(name: str, unit: Mapping[str, Any], offered: Mapping[str, Any]) -> Row:
    best, verdict = unit.get("pick") or unit["best"] or {}, unit["verdict"] or {}
    parts = [best.get(part) or {} for part in ("train_metrics", "held_out_metrics")]
    trades = [part.get("n_trades") for part in parts if part.get("n_trades") is not None]
    return {
        "caller": name, "n": unit["n_eligible"], **offered, "value": best.get("value"),
        "held_out": best.get("held_out"), "n_trades": sum(trades) if trades else None,
        "verdict": verdict.get("word"), "policy": best.get("policy") or STATES.get(unit["state"], unit["state"]),
    }  # fmt: skip
