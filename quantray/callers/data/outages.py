"""Where the vendor has no candles: known outages and missing files, so that they are not taken for silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import numpy as np

from quantray.callers.data.columns import canonical
from quantray.callers.data.lists import read_list
from quantray.callers.market import CallPlan
from quantray.errors import ConfigError

FOREVER = np.iinfo(np.int64).max
FIELDS = ("asset", "from", "to")


@dataclass(frozen=True, slots=True)
class Outage:
    """[start, end) without candles; ``asset`` None: all of them; ``end_ns`` FOREVER: the source ends there."""

    asset: str | None
    start_ns: int
    end_ns: int


def read_outages(file: str | None) -> tuple[Outage, ...]:
    """The list that ``coverage.outages`` names. ConfigError for what is no list of {asset, from, to}."""
    if file is None:
        return ()
    rows = read_list(file, "coverage.outages")
    where = f"coverage.outages={file}"
    if not isinstance(rows, list):
        raise ConfigError(f"{where} must be a list of {{asset, from, to}}, got {rows!r}")
    return tuple(_outage(row, where) for row in rows)


def _outage(row: object, where: str) -> Outage:
    if not isinstance(row, Mapping) or not set(row) <= set(FIELDS) or "from" not in row:
        raise ConfigError(f"{where}: {row!r} must be a mapping of asset (optional), from, to (optional)")
    start = _instant(row["from"], where)
    end = FOREVER if row.get("to") is None else _instant(row["to"], where)
    if start >= end:
        raise ConfigError(f"{where}: from {row['from']} does not lie before to {row['to']}")
    return Outage(None if row.get("asset") is None else canonical(str(row["asset"])), start, end)


def _instant(value: object, where: str) -> int:
    """UTC nanoseconds; a time without a zone is UTC."""
    try:
        parsed = value if isinstance(value, date) else datetime.fromisoformat(str(value))
    except ValueError:
        raise ConfigError(f"{where}: {value!r} is no time like 2025-05-06T12:00:00Z") from None
    moment = parsed if isinstance(parsed, datetime) else datetime(parsed.year, parsed.month, parsed.day)
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(zoned.timestamp()) * 1_000_000_000


def source_ends(plan: CallPlan, end_ns: int, outages: tuple[Outage, ...]) -> np.ndarray:
    """Where the source ends for each call's asset [n]: with its last candle, or where an outage never ends."""
    ends = np.full(len(plan.calls.assets), end_ns, np.int64)
    for outage in outages:
        if outage.end_ns == FOREVER:
            ends = np.where(_of(plan, outage), np.minimum(ends, outage.start_ns), ends)
    return ends[plan.calls.asset]


def in_outage(plan: CallPlan, outages: tuple[Outage, ...]) -> np.ndarray:
    """True for calls whose window meets an outage of their asset [n]."""
    hit = np.zeros(len(plan), bool)
    for outage in outages:
        meets = (plan.start_ns < outage.end_ns) & (plan.end_ns > outage.start_ns)
        hit |= meets & _of(plan, outage)[plan.calls.asset]
    return hit


def unexplained_ns(outages: tuple[Outage, ...], asset: str, start_ns: np.ndarray, end_ns: np.ndarray) -> np.ndarray:
    """How much of each stretch [start, end) of an asset lies in none of its outages, ns [s]."""
    left = np.maximum(end_ns - start_ns, 0)
    reach = np.array(start_ns, np.int64)
    for outage in sorted((o for o in outages if o.asset in (None, asset)), key=lambda o: o.start_ns):
        low, high = np.maximum(reach, outage.start_ns), np.minimum(end_ns, outage.end_ns)
        left = left - np.maximum(high - low, 0)
        reach = np.maximum(reach, high)
    return np.asarray(left)


def _of(plan: CallPlan, outage: Outage) -> np.ndarray:
    """Assets that the outage is about [assets]."""
    return np.array([outage.asset in (None, asset) for asset in plan.calls.assets], bool)
