"""Sentences that the reader of any result of this run should see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from quantray.callers.data import Calls, CallsData, CandleSlice, Coverage, unparsed_note
from quantray.callers.prepare import Prepared
from quantray.callers.results import UnitResult
from quantray.durations import written
from quantray.plain import amount

CLIPPED = "data.print_filter=clip draws lone prints back to their neighbours: it cleans with hindsight."


def notes_of(prepared: Prepared, units: Sequence[UnitResult]) -> list[str]:
    """What selects on the future, who never traded, what was dropped at the split."""
    plan, coverage = prepared.plan, prepared.coverage
    notes = market_notes(plan.data, coverage, prepared.slice, prepared.told, _rescaled(prepared, units))
    because = "the longest hold of the grid" if plan.calls.horizon is None else "calls.horizon"
    notes.append(f"A call counts when the data reach {written(plan.horizon_s)} behind its latest entry: {because}.")
    notes += cut_off(coverage)
    silent = [u.name for u in units if u.state == "no_trades"]
    if silent:
        notes.append(f"ZERO TRADES for {listed(silent)}, whatever the policy of the grid: there is no best one.")
    empty = [u.name for u in units if u.state == "no_calls"]
    if empty:
        notes.append(f"No call to train on for {listed(empty)}: none is eligible and ends before the split.")
    dropped = int((prepared.split.part == 3).sum())
    if dropped:
        those = amount(dropped, "call before the split was", "calls before the split were")
        notes.append(f"{those} dropped because {'it' if dropped == 1 else 'they'} could be held across it.")
    if prepared.split.split_ns is None:
        notes.append("Nothing was held out (oos.fraction=0): every value shown was picked on the calls it is told of.")
    return notes + about_calls(prepared.calls)


def market_notes(
    data: CallsData, coverage: Coverage, made: CandleSlice, told: Sequence[str], rescaled: Sequence[str]
) -> list[str]:
    """What the reader of anything on these candles should know; ``rescaled`` are the sentences about their scale."""
    notes = [coverage.note + "."] if coverage.note else []
    notes += told
    if data.print_filter == "clip":
        notes.append(CLIPPED)
    notes += rescaled
    still = int(made.quality.get("assets_without_volume", 0))
    if still:
        who = amount(still, "asset has", "assets have")
        notes.append(
            f"{who} no volume anywhere in the source: a candle that was only filled forward cannot be told from a "
            "trade there, so all of them are kept."
        )
    return notes


def cut_off(coverage: Coverage) -> list[str]:
    """Calls whose assets seem to end where a file does."""
    cut_off = int(coverage.cut_off.sum())
    if not cut_off:
        return []
    end = np.datetime64(coverage.common_end_ns, "ns").astype("datetime64[m]")
    return [
        f"Several assets print for the last time at {end} UTC, before the source ends: so ends a file, not a "
        f"market. {amount(cut_off, 'call reaches beyond it and is', 'calls reach beyond it and are')} shown as "
        f"if the asset had died; list it under "
        "coverage.outages (from there, no end) and they are too new instead."
    ]


def about_calls(calls: Calls) -> list[str]:
    """Rows that are no call, callers who were asked for as groups or have no call, and callers who may be one."""
    notes = []
    incomplete = calls.counts.get("incomplete", 0)
    if incomplete:
        notes.append(f"Calls without an id, a caller, an asset or a time, left out: {incomplete:,}.")
    if note := unparsed_note(calls):
        notes.append(note)
    if calls.absent:
        notes.append(f"Asked for, but without a call in the data: {listed(calls.absent)}.")
    if calls.groups_of_one:
        notes.append(f"calls.groups: no group has the name of {listed(calls.groups_of_one)}; taken as callers.")
    if calls.near_names:
        pairs = ", ".join(f"{a!r} and {b!r}" for a, b in calls.near_names[:5])
        notes.append(f"Callers spelt alike, counted as different: {pairs}; calls.aliases makes them one.")
    return notes


def _rescaled(prepared: Prepared, units: Sequence[UnitResult]) -> list[str]:
    """Prices that change scale, and whose figures hold trades across such a change."""
    touched = {u.name: sum(p.jumped for p in (u.train, u.held_out) if p is not None) for u in units}
    touched = {name: n for name, n in touched.items() if n}
    if not touched:
        return []
    assets = sorted({asset for asset, _, _ in prepared.slice.jumps})
    return [
        f"Prices of {listed(assets)} change scale ({prepared.plan.data.scale_jump:g}x and more from one candle to the "
        "next: another token, another unit, or a mistake). Trades across it are in the figures of "
        f"{listed([f'{name} ({n:,})' for name, n in touched.items()])}; no market paid them."
    ]


def listed(names: Sequence[str], most: int = 10) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
