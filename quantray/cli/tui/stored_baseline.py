"""A finished alert baseline, as its folder holds it and the screens see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from quantray.callers.baseline.progress import INCOMPLETE, STAGES, Medians
from quantray.cli.tui.columns import Row
from quantray.cli.tui.offers import CALLERS, CALLS, call_row, chosen, exits_of, facts_of, medians_line, plain, sold
from quantray.cli.tui.pace import stage_line
from quantray.cli.tui.source import Head, Picture
from quantray.errors import DataError
from quantray.plain import amount
from quantray.report.words import duration

if TYPE_CHECKING:
    from quantray.callers.baseline_study import StoredBaseline


class StoredBaselineSource:
    """A finished run of the baseline, as its folder holds it."""

    live, version = False, 0
    caller_columns, call_columns = CALLERS, CALLS

    def __init__(self, stored: StoredBaseline) -> None:
        self.study, self._stored = stored.study, stored
        self._facts = stored.summary()
        self._stopped = any(note.startswith(INCOMPLETE) for note in self._facts["notes"])

    def head(self) -> Head:
        every = self._facts["everybody"]
        told = "stopped: " if self._stopped else f"finished in {duration(float(self._facts['seconds']))}: "
        told += f"{every['n_ok']:,} of {amount(int(every['n_calls']), 'call')} measured"
        medians = Medians(
            every["median_ath_multiple"], every["median_time_to_ath_s"], every["median_drawdown"],
            every["median_end_return"],
        )  # fmt: skip
        return Head(stage_line(STAGES, None), told, medians_line(medians))

    def callers(self) -> Sequence[Row]:
        rows = self._stored.leaderboard().to_dict("records")
        return [{**{str(k): plain(v) for k, v in row.items()}, "n": int(row["n_ok"])} for row in rows]

    def calls(self, caller: str) -> Sequence[Row]:
        from quantray.callers.report.baseline.tables import plain_row

        rows = self._stored.alerts(caller).to_dict("records")
        return [call_row(plain_row({str(k): v for k, v in row.items()})) for row in rows]

    def exits(self, call: Row) -> Sequence[str]:
        return exits_of(call)

    def picture(self, call: Row, exits: str | None) -> Picture:
        candles = self._stored.candles(str(call["call_id"]))
        if not len(candles):
            raise DataError(f"this call has no candles: {call['state']}")
        marks = self._stored.milestones(str(call["call_id"]))
        return Picture(candles, chosen(marks, exits), facts_of(call), sold(call, exits))
