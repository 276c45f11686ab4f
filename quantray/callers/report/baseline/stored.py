"""A finished baseline as its directory holds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.callers.baseline.trace import CallCandles, Milestone, candles_of, milestones_of
from quantray.errors import ConfigError, DataError, near_miss

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, slots=True, eq=False)
class StoredBaseline:
    """A finished run of the alert baseline as its directory holds it; see :func:`open_baseline`."""

    run_dir: Path
    _alerts: pandas.DataFrame
    _leaderboard: pandas.DataFrame
    _summary: dict[str, Any]

    @property
    def study(self) -> str:
        return str(self._summary["study"])

    def alerts(self, caller: str | None = None) -> pandas.DataFrame:
        """One row a call; of one ``caller`` where it is named (ConfigError: unknown)."""
        return of_caller(self._alerts, caller)

    def leaderboard(self) -> pandas.DataFrame:
        """One row a caller, in its order."""
        return self._leaderboard

    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` holds."""
        return self._summary

    def candles(self, call_id: str) -> CallCandles:
        """The call's candles over its horizon. DataError also where the slice that they were read from is gone."""
        from quantray.callers.data import open_slice

        made = Path(self._summary["slice"])
        if not made.is_dir():
            raise DataError(f"the candles of {self.study} are no longer in {made}; the same command makes them again")
        return only(candles_of(open_slice(made), [self._row(call_id)], int(self._summary["horizon_s"])), call_id)

    def milestones(self, call_id: str) -> list[Milestone]:
        """Entry, levels as they were touched, highest price, exit of the simple trade and end, in order of time."""
        horizon_s = int(self._summary["horizon_s"])
        return milestones_of(self._row(call_id), horizon_s)

    def _row(self, call_id: str) -> dict[str, Any]:
        from quantray.callers.report.baseline.tables import plain_row

        found = self._alerts[self._alerts["call_id"] == call_id]
        if not len(found):
            raise ConfigError(near_miss(call_id, self._alerts["call_id"], what="call"))
        return plain_row({str(name): value for name, value in found.iloc[0].items()})


def open_baseline(run_dir: str | Path) -> StoredBaseline:
    """The alert baseline that a directory holds. ConfigError where it holds none."""
    import json

    import pandas

    place = Path(run_dir)
    try:
        summary = json.loads((place / "summary.json").read_text(encoding="utf-8"))
        if summary.get("kind") != "alert_baseline":
            raise ValueError("its summary.json is of something else")
        alerts = pandas.read_parquet(place / "alerts.parquet")
        board = pandas.read_parquet(place / "leaderboard.parquet")
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(f"{place} holds no finished alert baseline ({error}); give the run_dir of one") from None
    return StoredBaseline(place, alerts, board, summary)


def of_caller(frame: pandas.DataFrame, caller: str | None) -> pandas.DataFrame:
    if caller is None:
        return frame
    if not (frame["caller"] == caller).any():
        raise ConfigError(near_miss(caller, frame["caller"].unique(), what="caller"))
    return frame[frame["caller"] == caller].reset_index(drop=True)


def only(found: Iterator[CallCandles | None], call_id: str) -> CallCandles:
    candles = next(found)
    if candles is None:
        raise DataError(f"call {call_id!r} has no entry, so there are no candles behind it")
    return candles
