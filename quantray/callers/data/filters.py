"""Which rows of the table of calls stay, one filter after the other, each with its count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantray.callers.data.names import numbered
from quantray.callers.data.settings import CallsData, CallSettings
from quantray.durations import NS, day_ns


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Rows that stay, in (ts, asset, call_id) order, and how many each filter left out, in its order."""

    rows: np.ndarray
    counts: dict[str, int]


def filtered(
    rows: dict[str, np.ndarray], data: CallsData, settings: CallSettings, keep: set[str] | None, undated: int = 0
) -> Kept:
    """Apply every filter of the settings to columns [r]; ``keep`` are the callers to keep, None for all.

    ``undated`` rows more were read that have no time, or an impossible one: they are incomplete.
    """
    counts = {"read": len(rows["ts"]) + undated}
    alive = np.ones(len(rows["ts"]), bool)

    def leave_out(name: str, out: np.ndarray) -> None:
        counts[name] = int((alive & out).sum())
        np.logical_and(alive, ~out, out=alive)

    leave_out("incomplete", _null(rows, "caller", "asset"))
    counts["incomplete"] += undated
    leave_out("outside_dates", _outside_dates(rows["ts"], data))
    leave_out("other_chain", _other_chain(rows["chain"], settings.chain))
    leave_out("outside_mcap", _outside_band(rows["mcap"], settings))
    if keep is not None:
        leave_out("other_callers", np.array([c not in keep for c in rows["caller"]], bool))
    order = _ordered(rows, np.flatnonzero(alive))
    first = _first_calls(rows, order, settings.dedupe_s * NS)
    counts["duplicates"] = int((~first).sum())
    order = order[first]
    names, caller = numbered(rows["caller"][order])
    enough = (np.bincount(caller, minlength=len(names)) >= settings.min_per_caller)[caller]
    counts["below_min_per_caller"] = int((~enough).sum())
    return Kept(order[enough], counts)


def _null(rows: dict[str, np.ndarray], *names: str) -> np.ndarray:
    null: np.ndarray = np.any([[not value for value in rows[name].tolist()] for name in names], axis=0)
    return null


def _outside_dates(ts: np.ndarray, data: CallsData) -> np.ndarray:
    out = np.zeros(len(ts), bool)
    if data.from_ is not None:
        out |= ts < day_ns(data.from_)
    if data.to is not None:
        out |= ts >= day_ns(data.to) + 86_400 * NS
    return out


def _other_chain(chain: np.ndarray, wanted: str | None) -> np.ndarray:
    if wanted is None:
        return np.zeros(len(chain), bool)
    return np.array([c is None or str(c).casefold() != wanted.casefold() for c in chain], bool)


def _outside_band(mcap: np.ndarray, settings: CallSettings) -> np.ndarray:
    """A call of unknown market capitalisation is outside any band."""
    if settings.min_mcap is None and settings.max_mcap is None:
        return np.zeros(len(mcap), bool)
    low = -np.inf if settings.min_mcap is None else settings.min_mcap
    high = np.inf if settings.max_mcap is None else settings.max_mcap
    return ~((mcap >= low) & (mcap <= high))


def _ordered(rows: dict[str, np.ndarray], at: np.ndarray) -> np.ndarray:
    """``at`` in (ts, asset, call_id) order."""
    if not len(at):
        return at
    (_, ids), (_, assets) = (numbered(rows[name][at]) for name in ("call_id", "asset"))
    return at[np.lexsort((ids, assets, rows["ts"][at]))]


def _first_calls(rows: dict[str, np.ndarray], order: np.ndarray, window_ns: int) -> np.ndarray:
    """True where no kept call of the same caller and asset lies within the window before."""
    last: dict[tuple[str, str], int] = {}
    first = np.ones(len(order), bool)
    ts = rows["ts"][order].tolist()
    keys = zip(rows["caller"][order].tolist(), rows["asset"][order].tolist(), strict=True)
    for i, (key, now) in enumerate(zip(keys, ts, strict=True)):
        before = last.get(key)
        if before is not None and now - before <= window_ns:
            first[i] = False
        else:
            last[key] = now
    return first
