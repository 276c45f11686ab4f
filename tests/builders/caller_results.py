"""Results of the per-caller optimiser on rough little markets: real tables, accounts and rankings, no files but one."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from quantray.callers.data.coverage import Coverage
from quantray.callers.data.settings import CallsData, CoverageSettings
from quantray.callers.data.windows import plan_calls
from quantray.callers.market import Calls, Exclusion, Needs
from quantray.callers.notes import notes_of
from quantray.callers.plan import CallerPlan
from quantray.callers.policies import Policy, grid
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.evaluate import Block, Market, Pool
from quantray.callers.policies.objective import NO_TRADES, Bounds, collapsed, rank
from quantray.callers.policies.program import compile_policies
from quantray.callers.policies.tables import Tables, build_tables
from quantray.callers.prepare import Prepared
from quantray.callers.results import GROUP, CallerResults, Neighbour, Part, UnitResult
from quantray.callers.split import HELD_OUT, PARTS, TRAIN, Split, split_calls
from quantray.callers.stages.levels import Steps
from quantray.settings import OutOfSample
from quantray.stats.checks import Check, Verdict, Word
from tests.builders.pools import case

TP, SL = (1.02, 1.05, 1.1), (0.9, 0.95, 0.98)
QUALITY = {
    "rows": 1610, "candles": 1600, "duplicates": 10, "conflicts": 0, "inconsistent": 1, "nonpositive": 0,
    "zero_volume": 160, "no_volume": 0, "expected": 4000, "missing": 2400, "gaps": 320, "scale_jumps": 2,
    "lone_highs": 3, "lone_lows": 1, "assets": 4, "assets_without_candles": 0, "scale_jump_assets": 1,
    "longest_gap_s": 1140, "worst_lone_print": 1.7, "duplicates_share": 0.0062, "conflicts_share": 0.0,
    "inconsistent_share": 0.0006, "nonpositive_share": 0.0, "zero_volume_share": 0.1, "missing_share": 0.6,
    "scale_jump_assets_share": 0.25, "lone_prints_share": 0.0025,
}  # fmt: skip
WORDS = (Word.DISBELIEVE, Word.DOUBTFUL, Word.TOO_LITTLE_DATA, Word.BELIEVE)


def policies() -> tuple[Policy, ...]:
    return grid("v1", tp_mults=list(TP), sl_mults=list(SL), hold="1h")


def plan(folder: Path, fraction: float = 0.3, **given: Any) -> CallerPlan:
    spec = {"tp_mults": list(TP), "sl_mults": list(SL), "hold": "1h"}
    default: dict[str, Any] = {"account": Account(initial=5000.0, max_positions=6), "bounds": Bounds(min_trades=1)}
    return CallerPlan(
        "sample", CallsData(), policies(), folder / "run", spec, oos=OutOfSample(fraction), **{**default, **given}
    )


def coverage(found: Any, n_callers: int, seed: int) -> Coverage:
    """Every call of a case, in its order; some left out, some thin."""
    at = found.windows.entry
    n, ts = len(at), found.candles.ts[at]
    owner = np.random.default_rng(seed).integers(0, n_callers, n)
    width = len(str(n_callers))
    calls = Calls(
        tuple(f"c{i:05d}" for i in range(n)), owner.astype(np.int32), found.pool.asset.astype(np.int32), ts,
        np.full(n, np.nan), np.full(n, np.nan), ("solana",) * n,
        tuple(f"caller_{i:0{width}d}" for i in range(n_callers)),
        tuple(f"token<{i}>" for i in range(4)), {}, "calls.parquet", {"read": n + 3, "duplicates": 3, "kept": n},
        (("caller_0", "caller_O"),), ("nobody",),
    )  # fmt: skip
    windows = plan_calls(calls, 60, Needs(max_hold_s=3600))
    reason = np.zeros(n, np.int8)
    reason[::17] = Exclusion.LATE_ENTRY
    present = np.full(n, 55)
    present[::9] = 20
    late = reason > 0
    return Coverage(
        windows, CoverageSettings(), reason, np.where(late, -1, ts), np.where(late, np.nan, found.candles.open[at]),
        present, np.full(n, 62), np.zeros(n, np.int64), np.full(n, 300), np.arange(n) % 11 == 0, np.zeros(n, bool),
        np.full(n, int(found.candles.ts[-1]) + 60 * 10**9), (), None, np.zeros(n, bool),
    )  # fmt: skip


class Bench:
    """A market, its calls and the tables of a grid."""

    def __init__(self, p: CallerPlan, n_callers: int, n_calls: int, seed: int) -> None:
        found = case(n_calls, length=600, seed=seed)
        order = np.argsort(found.pool.rank)
        rows = {name: getattr(found.windows, name)[order] for name in ("entry", "stop", "warm")}
        found.windows = replace(found.windows, **rows)
        found.pool = replace(found.pool, asset=found.pool.asset[order])
        self.plan, self.candles = p, found.candles
        self.coverage = coverage(found, n_callers, seed)
        self.calls = self.coverage.plan.calls
        self.program = compile_policies(p.policies)
        self.tables: Tables = build_tables(found.candles, found.windows, self.program.levels, 60)
        self.split: Split = split_calls(self.coverage, p.oos.fraction)
        self.steps = Steps(p.policies)

    def block(self, owner: int | None, part: int, costs: Costs | None = None) -> tuple[Block, Market]:
        mine = (self.split.part == part) & (True if owner is None else self.calls.caller == owner)
        at = np.flatnonzero(mine)
        pool = Pool(at, self.calls.asset[at], self.calls.caller[at], at)
        made = Block(self.tables, self.program, pool, self.plan.account, costs or self.plan.costs)
        return made, Market(self.candles, 60, *self.split.period(part))

    def part(self, owner: int | None, part: int, best: int, metrics: dict[str, Any]) -> Part:
        made, market = self.block(owner, part)
        start, end = self.split.period(part)
        closes = market.closes[(market.closes >= start) & (market.closes <= end)]
        if not self.plan.account.limited:
            closes = closes[:0]
        equity, _ = made.equity(best, market, closes)
        return Part(row(metrics, best), made.trades(best, market), closes, equity, start, end)

    def unit(self, name: str, owner: int | None, number: int) -> tuple[UnitResult, dict[int, dict[str, Any]]]:
        mine = np.ones(len(self.calls), bool) if owner is None else self.calls.caller == owner
        held = self.split.split_ns is not None
        columns = {}
        for part in self.split.parts:
            made, market = self.block(owner, part)
            columns[part] = made.metrics(market, closes=market.closes if self.plan.account.limited else None)
        ranking = rank(columns[TRAIN], self.program.n_parts, self.plan.objective, self.plan.bounds, self.plan.ties)
        state = next(s for s in ("ranked", "infeasible", "unranked", NO_TRADES) if s in ranking.state)
        count = {part: int((mine & (self.split.part == part)).sum()) for part in range(4)}
        base = UnitResult(
            name, state if count[TRAIN] else "no_calls", int(mine.sum()), int((mine & self.coverage.eligible).sum()),
            count[TRAIN], count[HELD_OUT], count[3], self._collapsed(columns[TRAIN]),
            self._collapsed(columns[HELD_OUT]) if held else None,
            {s: ranking.state.count(s) for s in ("ranked", "infeasible", "unranked", "no_trades")},
        )  # fmt: skip
        if ranking.best is None:
            return base, columns
        best, name_of = ranking.best, self.plan.objective

        def at(i: int) -> tuple[dict[str, Any], dict[str, Any] | None]:
            return row(columns[TRAIN], i), row(columns[HELD_OUT], i) if held else None

        near = [
            Neighbour(i, change, at(i)[0][name_of], (at(i)[1] or {}).get(name_of), at(i)[0]["n_trades"])
            for i, change in self.steps.around(best)
        ]
        dear = [self.block(owner, p, Costs(50, 100))[0].metrics(self.block(owner, p)[1]) for p in self.split.parts]
        lane = (row(dear[0], best), row(dear[1], best) if held else None)
        lanes = {"costs 50/100 bps": lane, "one candle late": lane, "dead at zero": at(best)}
        word = WORDS[number % 3]
        checks = (
            Check("trades", 12.0, 30.0, False, "Only 12 trades."),
            Check("neighbours agree", None, None, None, "It cannot be told."),
            Check("earns", 1.0, 0.0, True, "It earns <after> costs."),
        )
        return replace(
            base, best=best, policy=self.plan.policies[best], value=at(best)[0][name_of],
            held_out_value=(at(best)[1] or {}).get(name_of), train=self.part(owner, TRAIN, best, columns[TRAIN]),
            held_out=self.part(owner, HELD_OUT, best, columns[HELD_OUT]) if held else None, neighbours=near,
            lanes=lanes, top=[(int(i), *at(int(i))) for i in ranking.order[:5]],
            verdict=Verdict(word, f"This one is judged: {word}.", checks),
        ), columns  # fmt: skip

    def _collapsed(self, columns: dict[str, Any]) -> str:
        return collapsed(columns["final_capital"], columns["n_trades"], self.plan.account.initial)


def row(columns: dict[str, Any], i: int) -> dict[str, float | int | None]:
    """Metrics of one policy, None where they do not exist."""
    values = {name: column[i].item() for name, column in columns.items()}
    return {name: None if value != value else value for name, value in values.items()}


def write_table(folder: Path, name: str, columns: dict[int, dict[str, Any]], number: int, by: str) -> None:
    """One file of the grid's table."""
    folder.mkdir(parents=True, exist_ok=True)
    pieces = []
    for part, metrics in columns.items():
        n = len(next(iter(metrics.values())))
        words = {key: pa.array([text] * n).dictionary_encode() for key, text in (("unit", name), ("part", PARTS[part]))}
        judged = {"objective": metrics[by], **metrics}
        measured = {key: pa.array(values, from_pandas=True) for key, values in judged.items()}
        pieces.append(pa.table({"unit": words["unit"], "policy": pa.array(range(n), pa.int32()), "part": words["part"],
                                **measured}))  # fmt: skip
    pq.write_table(pa.concat_tables(pieces).unify_dictionaries(), folder / f"part-{number:05d}.parquet")


def home() -> Path:
    """A folder that goes with the process."""
    made = tempfile.TemporaryDirectory(prefix="quantray-samples-")
    _KEPT.append(made)
    return Path(made.name)


_KEPT: list[Any] = []


@cache
def results(
    n_callers: int = 3, n_calls: int = 150, seed: int = 1, *, fraction: float = 0.3, mode: str = "both",
    limited: bool = True, min_trades: int = 1, minimum: float = 10.0, tables: bool = True,
) -> CallerResults:  # fmt: skip
    """A whole run; every number comes from the engine except verdicts, which are made up."""
    folder = home()
    objective = "final_capital" if limited and mode == "grouped" else "captured_return"
    p = plan(folder, fraction, mode=mode, objective=objective, bounds=Bounds(min_trades=min_trades),
             account=Account(initial=5000.0, max_positions=6, limited=limited, minimum=minimum))  # fmt: skip
    bench = Bench(p, n_callers, n_calls, seed)
    people: list[tuple[str, int | None]] = [(name, i) for i, name in enumerate(bench.calls.callers)]
    named = ([] if mode == "grouped" else people) + ([(GROUP, None)] if mode != "per_caller" else [])
    units = []
    for number, (name, owner) in enumerate(named):
        unit, columns = bench.unit(name, owner, number)
        units.append(unit)
        if tables:
            write_table(p.run_dir / "policies", name, columns, number, objective)
    made: Any = SimpleNamespace(quality=QUALITY)
    notes = notes_of(Prepared(p, bench.coverage.plan, made, bench.coverage, bench.split), units)
    return CallerResults(
        p, units, bench.coverage, p.run_dir / "policies", QUALITY, bench.calls.counts, bench.split.split_ns,
        "calls.parquet", "candles.parquet", {"calls": "ab" * 16, "policy": "cd" * 16}, {"quantray": "0.1.0"},
        reused=2, seconds=12.3, notes=(*notes, "A note of <the run>."),
    )  # fmt: skip


def many(n: int) -> CallerResults:
    """A run of ``n`` callers, made of few: what a report shows of each is the same."""
    r = results(tables=False)
    people = [u for u in r.units if u.name != GROUP]
    units = [replace(people[i % len(people)], name=f"caller_{i:05d}") for i in range(n)]
    return replace(r, units=[*units, r.unit(GROUP)])


SHAPES = {
    "both": lambda: results(),
    "nothing held out, no account": lambda: results(fraction=0.0, mode="per_caller", limited=False),
    "grouped": lambda: results(mode="grouped"),
    "one caller": lambda: results(1, 40, mode="per_caller"),
    "infeasible": lambda: results(min_trades=500),
    "no trades": lambda: results(minimum=1e9),
    "thousand callers": lambda: many(1000),
    "no units": lambda: replace(results(), units=(), notes=(), quality={}, digests={}, versions={}),
}
