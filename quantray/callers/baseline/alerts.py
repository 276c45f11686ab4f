"""The calls of a run and what is known of each so far: columns over the calls, in (ts, asset, call_id) order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from quantray.arrays import BoolArray1D, FloatArray1D, IntArray1D
from quantray.callers.baseline.columns import CODES, FLAGS, LATE, REAL, REASONS, RECORD, SECONDS, STATUSES
from quantray.callers.baseline.groups import plain_list
from quantray.callers.data import Coverage, Exclusion
from quantray.callers.policies.account import Costs
from quantray.durations import NS, iso

_STATUS = {Exclusion.NONE: "ok", Exclusion.TOO_NEW: "too_new", Exclusion.BAD_PRICE: "bad_entry"}
#: Status of each exclusion, as a place in STATUSES.
_STATUS_OF = np.array([STATUSES.index(_STATUS.get(e, "missing")) for e in Exclusion], np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Alerts:
    """``records`` [n] (:data:`RECORD`) hold what was measured; ``done`` [n] of which calls that is true."""

    coverage: Coverage
    records: np.ndarray[tuple[int], np.dtype[np.void]]
    done: BoolArray1D
    costs: Costs

    @classmethod
    def empty(cls, coverage: Coverage, costs: Costs) -> Alerts:
        """None is measured yet."""
        n = len(coverage)
        return cls(coverage, np.zeros(n, RECORD), np.zeros(n, bool), costs)

    def __len__(self) -> int:
        return len(self.done)

    @property
    def status(self) -> IntArray1D:
        """Status of each call [n], as a place in STATUSES: known before anything is measured."""
        return _STATUS_OF[self.coverage.reason]

    def take(self, rows: np.ndarray[tuple[int], np.dtype[np.void]]) -> None:
        """Enter the records [k] (:data:`RECORD`) of some more calls; ``done`` of each is set last."""
        at = rows["call"]
        self.records[at] = rows
        self.done[at] = True

    def so_far(self) -> Alerts:
        """The same calls with what is measured by now: later records change nothing of it."""
        return Alerts(self.coverage, self.records, self.done.copy(), self.costs)

    def real(self, name: str) -> FloatArray1D:
        """A column as floats [n], NaN where it does not exist or is not measured."""
        if name == "tp_sl_net":
            return net_of(self.real("tp_sl_return"), self.costs)
        if name == "entry_delay_s":
            values = (self.coverage.entry_ns - self.coverage.plan.calls.ts) / NS
            return np.where(self.coverage.entry_ns >= 0, values, np.nan)
        values = self.records[name].astype(np.float64)
        if name in SECONDS or name in CODES:
            values[values < 0] = np.nan
        return np.where(self.done, values, np.nan)

    def row(self, call: int) -> dict[str, Any]:
        """One call as plain values, under the names of the alerts' table; None where something does not exist."""
        return self.rows(np.array([call]))[0]

    def rows(self, at: IntArray1D) -> list[dict[str, Any]]:
        """Some calls as plain values, in the order of ``at`` [k], their places among all."""
        columns = self.columns(at)
        return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]

    def of(self, caller: str) -> IntArray1D:
        """Places of the calls [k] of one caller, measured or not, in time order."""
        return self.coverage.plan.calls.of(caller)

    def columns(self, at: IntArray1D) -> Mapping[str, list[Any]]:
        """Every column of the alerts' table for the calls ``at`` [k], as lists of plain values."""
        from quantray.callers.baseline.columns import ALERTS

        found = {**self._of_calls(at), **self._of_coverage(at), **self._measured(at)}
        return {name: found[name] for name in ALERTS}

    def _of_calls(self, at: IntArray1D) -> dict[str, list[Any]]:
        calls = self.coverage.plan.calls
        places = at.tolist()
        return {
            "call_id": [calls.call_id[i] for i in places],
            "caller": [calls.callers[i] for i in calls.caller[at].tolist()],
            "asset": [calls.assets[i] for i in calls.asset[at].tolist()],
            "chain": [calls.chain[i] for i in places],
            "ts_ns": calls.ts[at].tolist(),
            "ts": [iso(ns) for ns in calls.ts[at].tolist()],
            "price_at_call": plain_list(calls.price_at_call[at]),
            "mcap": plain_list(calls.mcap[at]),
        }

    def _of_coverage(self, at: IntArray1D) -> dict[str, list[Any]]:
        c = self.coverage
        reasons = [None if e is Exclusion.NONE else e.name.lower() for e in Exclusion]
        entry = [ns if ns >= 0 else None for ns in c.entry_ns[at].tolist()]
        return {
            "status": [STATUSES[i] for i in self.status[at].tolist()],
            "why_not": [reasons[i] for i in c.reason[at].tolist()],
            "candles": c.present[at].tolist(),
            "candles_expected": c.expected[at].tolist(),
            "coverage": c.share[at].tolist(),
            "longest_gap_s": c.longest_gap_s[at].tolist(),
            "thin": c.thin[at].tolist(),
            "vendor_gap": c.vendor_gap[at].tolist(),
            "entry_ns": entry,
            "entry": [None if ns is None else iso(ns) for ns in entry],
            "entry_delay_s": _whole(self.real("entry_delay_s")[at]),
            "entry_price": plain_list(c.entry_open[at]),
        }

    def _measured(self, at: IntArray1D) -> dict[str, list[Any]]:
        done = self.done[at].tolist()
        found: dict[str, list[Any]] = {n: plain_list(self.real(n)[at]) for n in (*REAL[1:], *LATE, "tp_sl_net")}
        found |= {name: _whole(self.real(name)[at]) for name in SECONDS}
        reason = self.records["tp_sl_reason"][at].tolist()
        found["tp_sl_reason"] = [REASONS[k] if there else None for k, there in zip(reason, done, strict=True)]
        for name in ("tp_sl_ambiguous", "headfake"):
            found[name] = [None if v is None else bool(v) for v in _whole(self.real(name)[at])]
        for name in FLAGS:
            values = self.records[name][at].tolist()
            found[name] = [v if there else None for v, there in zip(values, done, strict=True)]
        return found


def net_of(gross: FloatArray1D, costs: Costs) -> FloatArray1D:
    """Returns [n] after costs of both sides, from returns before them [n]; fractions of the entry's price."""
    sold = 1.0 if costs.basis == "entry" else 1.0 + gross
    return gross - (costs.side + costs.side * sold)


def _whole(values: FloatArray1D) -> list[int | None]:
    return [None if v != v else int(v) for v in values.tolist()]


def named(names: Sequence[str], at: IntArray1D) -> list[str]:
    """The names at some places [k]."""
    return [names[i] for i in at.tolist()]
