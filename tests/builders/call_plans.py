"""Small markets of calls in real DuckDB files, and plans on them."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from quantray.callers import CallerPlan, CallerResults
from quantray.callers.data import CallsData
from quantray.callers.pipeline import run
from quantray.callers.policies import Policy, read_policy
from quantray.callers.policies.objective import Bounds
from quantray.settings import OutOfSample, Runner
from tests.builders.call_tables import START, data_of
from tests.builders.candles import MINUTE, SPECS, candles

#: Every kind of policy, each with an end, so that windows are short.
POLICIES: tuple[Policy, ...] = tuple(read_policy({"hold": "2h", **spec}) for spec in SPECS)


def market(
    folder: Path, *, n_calls: int = 60, n_assets: int = 5, n_callers: int = 3, length: int = 500, seed: int = 0,
    reverse: bool = False, **settings: Any,
) -> CallsData:  # fmt: skip
    """Rough candles of a few assets, one of which dies early; calls in bunches of three at one minute.

    ``reverse`` writes the same rows of calls in the opposite order.
    """
    parts = {f"TOKEN{a}": candles(length // (2 if a == 0 else 1), seed=seed * 100 + a) for a in range(n_assets)}
    names = [name for name, part in parts.items() for _ in part.ts]
    columns: dict[str, Any] = {k: np.concatenate([getattr(p, k) for p in parts.values()]) for k in
                               ("open", "high", "low", "close", "volume")}  # fmt: skip
    ts = START + np.concatenate([p.ts for p in parts.values()])
    stamps = pa.array(ts // 1000, pa.timestamp("us", tz="UTC"))
    table = pa.table({"asset": names, "ts": stamps, **columns})
    rng = np.random.default_rng(seed)
    end = max(int(p.ts[-1]) for p in parts.values()) // MINUTE
    minutes = np.repeat(rng.integers(0, end, n_calls // 3 + 1), 3)[:n_calls]
    calls = pa.table({
        "call_id": [f"c{i:04d}" for i in range(n_calls)],
        "caller": [f"caller_{i}" for i in rng.integers(0, n_callers, n_calls)],
        "asset": [f"TOKEN{i}" for i in rng.integers(0, n_assets, n_calls)],
        "ts": pa.array((START + minutes * MINUTE) // 1000, pa.timestamp("us", tz="UTC")),
    })  # fmt: skip
    if reverse:
        calls = calls.take(np.arange(n_calls)[::-1])
    return data_of(folder, calls, table, **{"bucket_rows": 1000, **settings})


def plan_on(data: CallsData, run_dir: Path, **other: Any) -> CallerPlan:
    """A plan over every kind of policy on ``data``."""
    given: dict[str, Any] = {"bounds": Bounds(min_trades=3), "oos": OutOfSample(0.3), "runner": Runner("local", 2)}
    return CallerPlan("test", data, other.pop("policies", POLICIES), run_dir, **{**given, **other})


def finished(data: CallsData, run_dir: Path, **other: Any) -> CallerResults:
    return run(plan_on(data, run_dir, **other), say=lambda sentence: None)


def bytes_of(run_dir: Path) -> dict[str, str]:
    """Digest of every file of the table."""
    parts = sorted((run_dir / "policies").glob("*.parquet"))
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in parts}


def shown(results: CallerResults) -> list[dict[str, Any]]:
    """Everything of the units that a report could show, as values that compare."""
    return [_plain(unit) for unit in results.units]


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return (value.dtype.str, value.shape, value.tobytes())
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return repr(value)


TP_SL = tuple(read_policy({"tp": tp, "sl": sl, "hold": "2h"}) for tp in (1.03, 1.06, 1.1) for sl in (0.9, 0.95))
