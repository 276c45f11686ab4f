"""What is missing, for whoever fetches data, and which calls were left out or are thin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from quantray.callers.data.coverage import Coverage
from quantray.callers.data.windows import merged
from quantray.callers.market import Exclusion
from quantray.durations import iso
from quantray.plain import write_csv

WORKLIST = ("asset", "from", "to", "calls", "reasons")
LISTED = ("call_id", "caller", "asset", "ts", "reason", "entry", "present", "expected", "share", "longest_gap_s",
          "silent", "vendor_gap")  # fmt: skip


def worklist(coverage: Coverage) -> list[dict[str, Any]]:
    """Stretches to fetch: the windows of calls left out or thin, merged per asset, in (asset, time) order."""
    plan = coverage.plan
    at = np.flatnonzero(~coverage.eligible | coverage.thin)
    asset, start, end = plan.calls.asset[at], plan.start_ns[at], plan.end_ns[at]
    spans = merged(plan.calls.assets, asset, start, end)
    rows = []
    for i, low, high in zip(spans.asset.tolist(), spans.start_ns.tolist(), spans.end_ns.tolist(), strict=True):
        inside = at[(asset == i) & (start >= low) & (end <= high)]
        reasons = sorted({_reason(coverage, k) for k in inside.tolist()})
        rows.append({"asset": plan.calls.assets[i], "from": iso(low), "to": iso(high), "calls": len(inside),
                     "reasons": " ".join(reasons)})  # fmt: skip
    return rows


def listed_calls(coverage: Coverage) -> list[dict[str, Any]]:
    """Every call that was left out or is thin, in the order of the calls."""
    calls = coverage.plan.calls
    share = coverage.share
    rows = []
    for k in np.flatnonzero(~coverage.eligible | coverage.thin).tolist():
        entry = int(coverage.entry_ns[k])
        rows.append({
            "call_id": calls.call_id[k], "caller": calls.callers[calls.caller[k]],
            "asset": calls.assets[calls.asset[k]], "ts": iso(int(calls.ts[k])), "reason": _reason(coverage, k),
            "entry": iso(entry) if entry >= 0 else "", "present": int(coverage.present[k]),
            "expected": int(coverage.expected[k]), "share": round(float(share[k]), 6),
            "longest_gap_s": int(coverage.longest_gap_s[k]), "silent": bool(coverage.silent[k]),
            "vendor_gap": bool(coverage.vendor_gap[k]),
        })  # fmt: skip
    return rows


def _reason(coverage: Coverage, call: int) -> str:
    code = Exclusion(int(coverage.reason[call]))
    return "thin" if code is Exclusion.NONE else code.name.lower()


def write_worklist(coverage: Coverage, path: str | Path) -> Path:
    """CSV of :func:`worklist`; a header alone when nothing is missing."""
    return _write(worklist(coverage), WORKLIST, Path(path))


def write_listed(coverage: Coverage, path: str | Path) -> Path:
    """CSV of :func:`listed_calls`."""
    return _write(listed_calls(coverage), LISTED, Path(path))


def _write(rows: list[dict[str, Any]], names: tuple[str, ...], path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_csv(path, names, rows)
    return path
