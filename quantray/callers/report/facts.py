"""The plain tables of the optimiser's report: what was asked, what it cost, which calls and candles it rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Protocol

import numpy as np

from quantray.callers.data import Coverage, describe, listed_calls
from quantray.callers.data.hygiene import GATES, SHARES
from quantray.callers.data.settings import Gates
from quantray.callers.report.words import label, metric
from quantray.callers.results import CallerResults
from quantray.durations import written
from quantray.report import words
from quantray.report.sheet import Sheet
from quantray.report.words import number, percent

#: Calls left out or thin that a page has.
LISTED = 1_000


class Gated(Protocol):
    """What a request says of the quality that it asks for, and of how far calls are followed."""

    @property
    def gates(self) -> Gates: ...
    @property
    def horizon_s(self) -> int: ...


class OfMarket(Protocol):
    """Results of anything on calls and candles."""

    @property
    def plan(self) -> Gated: ...
    @property
    def coverage(self) -> Coverage: ...
    @property
    def counts(self) -> Mapping[str, int]: ...
    @property
    def quality(self) -> Mapping[str, float]: ...
    @property
    def calls_source(self) -> str: ...
    @property
    def candles_source(self) -> str: ...


def asked(r: CallerResults) -> list[tuple[str, str]]:
    """The request in force."""
    plan, c = r.plan, r.coverage.plan
    grid = ", ".join(f"{key} {_value(value)}" for key, value in plan.grid.items() if value is not None)
    rows = [
        ("policies in the grid", f"{len(plan.policies):,}" + (f" ({grid})" if grid else "")),
        ("best by", label(plan.objective)),
        ("ties, then grid order", ", ".join(map(label, plan.ties)) or "grid order alone"),
        ("accounts", {"per_caller": "one a caller", "grouped": "one for the group", "both": "one a caller, and one for "
                      "the group"}[plan.mode]),
        ("inside a candle", plan.intrabar.replace("_", " ")),
        ("a target that an open jumps pays", {"limit": "its own price", "open": "the open"}[plan.target_gap]),
        ("entry", f"at the {plan.entry} of the first candle after the call"),
        ("held out", f"the last {percent(plan.oos.fraction, 0)} of the calls" if plan.oos.fraction else "nothing"),
        ("interval of the candles", str(describe(c)["interval"])),
        ("constraints", ", ".join(f"{label(k)} {words.parameter(v)}" for k, v in asdict(plan.bounds).items()
                                  if v is not None) or "none"),
        ("seed", str(plan.seed)),
    ]  # fmt: skip
    if plan.mode != "per_caller":
        pooled = {"pool": "optimised anew on the pool", "mean": "mean of the callers' targets and stops",
                  "weighted": "mean of the callers' targets and stops, weighted by trades"}  # fmt: skip
        kept = "; collapsed callers are left out" if plan.filter_collapsed else ""
        rows.append(("the group's policy", pooled[plan.grouped] + kept))
    return rows


def _value(value: object) -> str:
    return ", ".join(map(_value, value)) if isinstance(value, list | tuple) else words.parameter(value)


def money(r: CallerResults) -> list[tuple[str, str]]:
    """Costs and the rules of the account."""
    c, a = r.plan.costs, r.plan.account
    basis = "of the entry's notional" if c.basis == "entry" else "of what is traded"
    rows = [("fees and slippage a side", f"{c.taker_bps:g} + {c.slippage_bps:g} bp {basis}")]
    if not a.limited:
        return [*rows, ("account", "none: every call is traded, money is not counted")]
    size = {
        "risk": f"by risk: at most {number(a.max_risk_per_trade)} lost at the stop",
        "fixed": f"fixed: {number(a.amount)}",
        "fraction": f"a fraction: {percent(a.max_allocation_pct)}",
    }[a.sizing]
    return [
        *rows,
        ("initial capital", number(a.initial)),
        ("size of a position", size),
        ("position at most", f"{percent(a.max_allocation_pct)} of {a.basis.replace('_', ' ')}"),
        ("positions at most", _limit(a.max_positions)),
        ("per asset", _limit(a.max_positions_per_asset)),
        ("per caller", _limit(a.max_positions_per_caller)),
        ("smallest position", number(a.minimum)),
    ]


def _limit(value: int | None) -> str:
    return "no limit" if value is None else f"{value:,}"


def funnel(r: OfMarket) -> list[tuple[str, str]]:
    """Calls: read, left out by each filter, kept; then by their coverage."""
    rows = [(words.label(name), number(n)) for name, n in r.counts.items() if n or name in ("read", "kept")]
    rows += [(_coverage(name), number(n)) for name, n in r.coverage.counts.items() if n or name == "eligible"]
    c = r.coverage
    extra = (("thin windows among the eligible", c.thin), ("never printed again by the window's end", c.silent),
             ("window meets a known outage", c.vendor_gap))  # fmt: skip
    return rows + [(name, number(int((mask & c.eligible).sum()))) for name, mask in extra]


def _coverage(name: str) -> str:
    return {
        "eligible": "eligible", "too_new": "left out: the data ends too early", "no_candles": "left out: no candles",
        "late_entry": "left out: first candle too late", "bad_price": "left out: bad entry price",
        "low_coverage": "left out: thin window (selects on the future)",
    }.get(name, name)  # fmt: skip


def coverage_rows(r: OfMarket) -> list[tuple[str, str]]:
    """How much of the windows of the eligible calls there is."""
    share = r.coverage.share[r.coverage.eligible]
    if not len(share):
        return []
    low, middle = (float(np.quantile(share, q)) for q in (0.05, 0.5))
    gap = int(r.coverage.longest_gap_s[r.coverage.eligible].max())
    return [
        ("candles present, median call", percent(middle)),
        ("candles present, 5 % worst calls", percent(low)),
        ("longest silence after an entry", words.duration(gap)),
    ]


def listed(r: OfMarket) -> Sheet:
    """Calls that were left out or are thin, left out ones first."""
    rows = sorted(listed_calls(r.coverage), key=lambda row: row["reason"] == "thin")
    cells = [
        [row["ts"], row["caller"], row["asset"], row["call_id"], row["reason"].replace("_", " "), percent(row["share"])]
        for row in rows[:LISTED]
    ]
    return Sheet("Calls left out or thin", ["call at", "caller", "asset", "call", "why", "candles"], cells, first=20)


def listed_total(r: OfMarket) -> int:
    """How many there are; a page has the first :data:`LISTED`."""
    return len(listed_calls(r.coverage))


def quality(r: OfMarket) -> list[tuple[str, str, str, str, bool]]:
    """What is wrong with the candles: count, share, gate, whether the gate is kept."""
    rows = []
    for gate, (share, _) in GATES.items():
        name = share.removesuffix("_share")
        if share not in r.quality:
            continue
        count = r.quality.get(name, r.quality.get("lone_highs", 0) + r.quality.get("lone_lows", 0))
        value, limit = r.quality[share], getattr(r.plan.gates, gate)
        of = SHARES.get(name, "candles")
        shown = "no gate" if limit >= 1 else percent(limit, 0 if 100 * limit == int(100 * limit) else 1)
        rows.append((_wrong(name), number(int(count)), f"{percent(value, 2)} of {of}", shown, value <= limit))
    return rows


def _wrong(name: str) -> str:
    return {
        "undated": "no time, or an impossible one", "conflicts": "contradict another row",
        "inconsistent": "open or close outside low and high", "nonpositive": "price not above 0",
        "zero_volume": "no volume", "missing": "missing (idle or gone)",
        "scale_jump_assets": "assets whose price changes scale", "lone_prints": "lone prints",
    }.get(name, name.replace("_", " "))  # fmt: skip


def quality_counts(r: OfMarket) -> list[tuple[str, str]]:
    """The other counts of the candles, as they are."""
    told = {share.removesuffix("_share") for share, _ in GATES.values()}
    rows = []
    for name, value in r.quality.items():
        if not name.endswith("_share") and name not in told and value:
            shown = words.duration(value) if name.endswith("_s") else number(value)
            rows.append((words.label(name.removesuffix("_s")), shown))
    return rows


def sources(r: OfMarket) -> list[tuple[str, str]]:
    found = describe(r.coverage.plan)
    return [("calls", r.calls_source), ("candles", r.candles_source), ("assets", number(found["assets"])),
            ("horizon of a call (calls.horizon)", written(r.plan.horizon_s)),
            ("delay of the entry", str(found["delay"])),
            ("entry at most after", str(found["max_entry_lag"]))]  # fmt: skip


def near_names(r: OfMarket) -> list[str]:
    return [f"{a} and {b}" for a, b in r.coverage.plan.calls.near_names]


def value_words(r: CallerResults, value: float | None) -> str:
    """A value of the objective in its unit."""
    return metric(r.plan.objective, value)
