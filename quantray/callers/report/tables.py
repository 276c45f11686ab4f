"""The tables of a finished run of the optimiser: the best policies, the calls, the whole grid.

``optimal_policies.csv``, ``calls.parquet`` and a notebook's frames come from here. What does not exist is null.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from quantray.arrays import IntArray1D
from quantray.callers.codes import SKIPS
from quantray.callers.market import Exclusion
from quantray.callers.policies.notation import written
from quantray.callers.policies.policy import Policy
from quantray.callers.results import CallerResults, Chosen, Part, UnitResult
from quantray.callers.split import DROPPED, UNUSED, split_calls
from quantray.callers.split import PARTS as PART_NAMES
from quantray.callers.stages.levels import AXES, NUMBERS, levels_of
from quantray.durations import iso
from quantray.durations import written as duration

if TYPE_CHECKING:
    import pandas
    from pandas.api.extensions import ExtensionArray

PARTS = tuple(PART_NAMES.values())
#: Metrics of the best policy that stand beside its objective, for each part.
SHOWN = (
    "n_trades", "final_capital", "total_return", "max_drawdown", "captured_return", "median_return", "win_rate",
    "profit_factor", "mean_r", "stop_out_rate", "ambiguous_share", "end_of_data_share", "no_entry",
    *(f"skipped_{name}" for name in SKIPS[1:]),
)  # fmt: skip
LATE, DEAD = "one candle late", "dead at zero"
_WHOLE = ("n_trades", "no_entry", *(f"skipped_{name}" for name in SKIPS[1:]))


def parts_of(unit: UnitResult | Chosen | None) -> list[tuple[str, Part]]:
    """The parts of the calls on which a policy was simulated: the unit's best one, or another."""
    both = zip(PARTS, (None, None) if unit is None else (unit.train, unit.held_out), strict=True)
    return [(name, part) for name, part in both if part is not None]


def best_frame(results: CallerResults) -> pandas.DataFrame:
    """One row a unit, callers by name, then the group: its best policy in columns and as text, and what came of it.

    ``policy_number`` is the policy's place in the grid, null for means of the callers' levels. Levels are multiples
    of the entry price; what the policy does not have is null.
    """
    import pandas

    objective = results.plan.objective
    rows = [_best_row(unit, objective) for unit in results.units]
    frame = pandas.DataFrame(rows, columns=_best_columns())
    whole = ["policy_number", "pick_number", "hold_s", *(f"{n}_{part}" for n in _WHOLE for part in PARTS)]
    for name in frame.columns:
        if name in whole or name.startswith("n_"):
            frame[name] = frame[name].astype("Int64")
        elif name in _FLAGS:
            frame[name] = frame[name].astype("boolean")
        elif name in _TEXT:
            frame[name] = texts(frame[name])
        else:
            frame[name] = frame[name].astype("float64")
    return frame


_FLAGS = ("wide_stop", "far_target")
_PICK = ("pick", "pick_number", "pick_statistic", "pick_value_train", "pick_value_held_out")
_TEXT = (
    "unit", "state", "policy", "pick", "hold", *(axis for axis in AXES if axis not in NUMBERS), "objective",
    "collapsed", "collapsed_held_out", "verdict", "verdict_headline",
)  # fmt: skip


def _best_columns() -> list[str]:
    levels = [name for axis in AXES for name in (("hold", axis) if axis == "hold_s" else (axis,))]
    counts = [f"n_{name}" for name in ("calls", "eligible", "train", "held_out", "dropped")]
    values = ["objective", "value_train", "value_held_out", *(f"{n}_{part}" for n in SHOWN for part in PARTS)]
    lanes = [f"value_{lane}_{part}" for lane in ("late", "dead_at_zero") for part in PARTS]
    said = [*_FLAGS, "collapsed", "collapsed_held_out", "n_survivors", *_PICK, "verdict", "verdict_headline"]
    return ["unit", "state", "policy", "policy_number", *levels, *counts, *values, *lanes, *said]


def _best_row(unit: UnitResult, objective: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "unit": unit.name, "state": unit.state, "policy_number": unit.best, "n_calls": unit.n_calls,
        "n_eligible": unit.n_eligible, "n_train": unit.n_train, "n_held_out": unit.n_held_out,
        "n_dropped": unit.n_dropped, "objective": objective, "value_train": unit.value,
        "value_held_out": unit.held_out_value, "collapsed": unit.collapsed,
        "collapsed_held_out": unit.collapsed_held_out, "n_survivors": unit.n_survivors,
    }  # fmt: skip
    if (pick := unit.pick) is not None:
        values = written(pick.policy), pick.number, pick.statistic, pick.value, pick.held_out_value
        row |= dict(zip(_PICK, values, strict=True))
    if unit.policy is not None:
        row |= _levels(unit.policy)
    if unit.verdict is not None:
        row |= {"verdict": str(unit.verdict.word), "verdict_headline": unit.verdict.headline}
    for name, part in parts_of(unit):
        row |= {f"{metric}_{name}": part.metrics.get(metric) for metric in SHOWN}
    for key, lane in (("late", LATE), ("dead_at_zero", DEAD)):
        for name, metrics in zip(PARTS, unit.lanes.get(lane, (None, None)), strict=True):
            row[f"value_{key}_{name}"] = (metrics or {}).get(objective)
    return row


def _levels(policy: Policy) -> dict[str, Any]:
    return {
        **levels_of(policy), "policy": written(policy), "hold": policy.hold_s and duration(policy.hold_s),
        "wide_stop": policy.wide_stop, "far_target": policy.far_target,
    }  # fmt: skip


def survivors_frame(results: CallerResults) -> pandas.DataFrame:
    """One row a unit and survivor that meets every bound: its policy with its levels, objective and Student's t.

    ``policy`` is its place in the grid (null for means of the callers' levels), ``pick`` the one that is judged.
    """
    import pandas

    rows = []
    for unit in results.units:
        t, grid = unit.surviving, results.plan.policies
        for number, value, statistic in (
            () if t is None else zip(t.numbers.tolist(), t.values.tolist(), t.statistic.tolist(), strict=True)
        ):
            picked = t is not None and t.pick is not None and t.pick.number == number
            rows.append(
                {
                    "unit": unit.name,
                    "policy": number,
                    "written": written(grid[number]),
                    **levels_of(grid[number]),
                    "objective": value,
                    "statistic": statistic,
                    "pick": picked,
                }
            )
    frame = pandas.DataFrame(rows, columns=["unit", "policy", "written", *AXES, "objective", "statistic", "pick"])
    for name in frame.columns:
        if name in ("policy", "hold_s"):
            frame[name] = frame[name].astype("Int64")
        elif name == "pick":
            frame[name] = frame[name].astype("boolean")
        elif name in ("unit", "written") or (name in AXES and name not in NUMBERS):
            frame[name] = texts(frame[name])
        else:
            frame[name] = frame[name].astype("float64")
    return frame


def calls_frame(results: CallerResults) -> pandas.DataFrame:
    """Every call that was left by the filters, in (ts, asset, call_id) order, with its coverage.

    ``reason`` says why it is left out (empty: it is eligible), ``part`` whether it was trained on, held out,
    ``dropped`` (held across the split) or ``excluded``. Where it is known, ``edited`` says whether it was changed.
    """
    import pandas

    c = results.coverage
    calls = c.plan.calls
    reasons = np.array(["" if e is Exclusion.NONE else e.name.lower() for e in Exclusion], object)
    entered = c.entry_ns >= 0
    frame = pandas.DataFrame({
        "call_id": texts(calls.call_id), "caller": texts(np.array(calls.callers, object)[calls.caller]),
        "asset": texts(np.array(calls.assets, object)[calls.asset]), "chain": texts(calls.chain), "ts_ns": calls.ts,
        "ts": times(calls.ts), "price_at_call": calls.price_at_call, "mcap": calls.mcap, "eligible": c.eligible,
        "reason": texts(reasons[c.reason]), "part": texts(call_parts(results)),
        "entry_ns": pandas.array(c.entry_ns, dtype="Int64"), "entry": times(c.entry_ns), "entry_open": c.entry_open,
        "present": c.present, "expected": c.expected, "share": c.share, "warmup_present": c.warmup_present,
        "longest_gap_s": c.longest_gap_s, "silent": c.silent, "vendor_gap": c.vendor_gap, "thin": c.thin,
    })  # fmt: skip
    frame.loc[~entered, ["entry_ns", "entry"]] = None
    if calls.edited is not None:
        known = [None if value < 0 else bool(value) for value in calls.edited.tolist()]
        frame.insert(8, "edited", pandas.Series(known, dtype="boolean"))
    return frame


def call_parts(results: CallerResults) -> list[str]:
    """The part of each call [n]: train, held_out, dropped or excluded."""
    names = {**PART_NAMES, UNUSED: "excluded", DROPPED: "dropped"}
    if not results.coverage.eligible.any():
        return [names[UNUSED]] * len(results.coverage)
    return [names[part] for part in split_calls(results.coverage, results.plan.oos.fraction).part.tolist()]


def policy_table(results: CallerResults, unit: str | None = None) -> pandas.DataFrame:
    """The whole grid: one row a unit, policy and part, in that order; of one unit where it is named.

    Held-out rows are there with ``report.held_out=all``.
    """
    import pyarrow.dataset

    where = None if unit is None else pyarrow.dataset.field("unit") == unit
    table = pyarrow.dataset.dataset(results.parts, format="parquet").to_table(filter=where)
    frame: pandas.DataFrame = table.to_pandas()
    return frame


def texts(values: Iterable[object]) -> ExtensionArray:
    """A column of text, null where there is none."""
    import pandas

    return pandas.array([None if v is None or v != v else str(v) for v in values], dtype="str")


def times(ns: IntArray1D) -> ExtensionArray:
    """UTC ``ns`` [n] in ISO to the second, further where it is needed."""
    return texts([iso(t) for t in ns.tolist()])
