"""The same trades by vectorbt: one call a policy, in an interpreter of its own; profits compared pair by pair.

Rules both follow here: entry at the close of the first candle, stop before target inside a candle, gaps fill at the
open (``target_gap=open``; by default a target fills at its own price), a trailing stop known before the candle, the
rest sold at the last close. One rule differs where an open jumps over the target and the same candle's low reaches the
stop: vectorbt looks at the stop first, here the open comes first.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:  # the other interpreter has nothing of ours
    from benchmarks._page import Report

TARGETS = (1.01, 1.02, 1.03, 1.05, 1.08, 1.12, 1.2, 1.5)
DISTANCES = (0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3)
COST = 0.004
EQUAL = 1e-9
Prices = dict[str, np.ndarray]


def market(n_calls: int, n_candles: int, seed: int, rough: bool) -> Prices:
    """Prices [candles, calls] of random walks; ``rough``: many opens jump, and some lows lie far below."""
    rng = np.random.default_rng(seed)
    vol, shape = 0.004, (n_candles, n_calls)
    jump = np.where(rng.random(shape) < 0.2, rng.normal(0, 2 * vol, shape), 0.0)
    step = rng.normal(0, vol, shape)
    after = np.exp(np.cumsum((jump if rough else 0.0) + step, axis=0))
    open_ = after / np.exp(step)
    far = np.where(rng.random(shape) < 0.05, np.exp(rng.normal(0, 0.03, (2, *shape))), 1.0)
    if rough:
        open_ = open_ * far[0]
    high = np.maximum(open_, after) * np.exp(np.abs(rng.normal(0, vol / 2, shape)))
    low = np.minimum(open_, after) / np.exp(np.abs(rng.normal(0, vol / 2, shape)))
    return {"open": open_, "high": high, "low": low * np.minimum(far[1], 1.0) if rough else low, "close": after}


def specs() -> list[dict[str, Any]]:
    """TP x SL, each stop fixed and trailing: 128 policies."""
    fixed = [{"tp": tp, "sl": 1 - d} for tp in TARGETS for d in DISTANCES]
    return fixed + [{"tp": tp, "trailing": {"activation": 0, "trail": d}} for tp in TARGETS for d in DISTANCES]


def ours(prices: Prices, runs: int = 0) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Net returns [policies, calls], whether a gap paid the target, and the seconds of tables and grid in each run."""
    from quantray.callers.kernels.codes import Phase
    from quantray.callers.policies import read_policy
    from quantray.callers.policies.account import Costs
    from quantray.callers.policies.evaluate import returns
    from quantray.callers.policies.program import NS, compile_policies
    from quantray.callers.policies.tables import Windows, build_tables

    n_candles, n_calls = prices["close"].shape
    columns = {k: v.T.ravel() for k, v in prices.items()}
    ts = np.tile(np.arange(n_candles) * 60 * NS, n_calls)
    candles = SimpleNamespace(ts=ts, volume=np.ones(len(ts)), **columns)
    entry = np.arange(n_calls) * n_candles
    windows = Windows(entry, entry + n_candles, entry)
    program = compile_policies([read_policy(spec) for spec in specs()])
    costs = Costs(COST * 1e4, 0)
    seconds = []
    for _ in range(runs + 1):  # the first one compiles
        began = time.perf_counter()
        tables = build_tables(candles, windows, program.levels, 60, entry="close", target_gap="open")
        net, last = returns(tables, program, costs)
        seconds.append(time.perf_counter() - began)
    gap = np.take_along_axis(tables.keys, last.astype(np.int64), axis=1) & 7 == Phase.GAP_TARGET
    return net.T, gap.T, seconds[1:]


def theirs(python: str, markets: Sequence[Prices], runs: int) -> tuple[list[np.ndarray], dict[str, Any]]:
    """Profits [policies, calls] on each market by vectorbt; the seconds of each of its forms on the first one."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "prices.npz", Path(folder) / "profits.npz"
        columns: dict[str, Any] = {f"{k}{i}": v for i, prices in enumerate(markets) for k, v in prices.items()}
        np.savez(source, **columns)
        done = subprocess.run([python, __file__, str(source), str(target), str(runs)], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        with np.load(target) as found:
            return [found[f"pnl{i}"] for i in range(len(markets))], json.loads(str(found["report"]))


def run_there(source: str, target: str, runs: int) -> None:
    """Runs in the other interpreter: needs numpy and vectorbt, nothing of ours."""
    import vectorbt as vbt

    with np.load(source) as found:
        n_markets = len(found.files) // 4
        markets = [{k: found[f"{k}{i}"] for k in ("open", "high", "low", "close")} for i in range(n_markets)]
    report: dict[str, Any] = {"version": vbt.__version__, "seconds": {}, "missing": {}}
    profits: dict[str, Any] = {}
    for engine in ("numba", "rust"):
        try:
            profits = {f"pnl{i}": one_by_one(prices, engine, True) for i, prices in enumerate(markets)}
        except ImportError as error:
            report["missing"][engine] = str(error)
            continue
        for name, profit in (("with profits", True), ("the simulation alone", False)):
            report["seconds"][f"{engine} engine, {name}"] = taken(
                lambda engine=engine, profit=profit: one_by_one(markets[0], engine, profit), runs
            )
    np.savez(target, report=json.dumps(report), **profits)


def one_by_one(prices: Prices, engine: str, profit: bool) -> np.ndarray:
    """Every policy over all calls at once: the widest form that one call has."""
    import vectorbt as vbt

    n, calls = prices["close"].shape
    entries, exits = np.zeros((n, calls), bool), np.zeros((n, calls), bool)
    entries[0], exits[-1] = True, True
    size = np.broadcast_to(1.0 / prices["close"][0], (n, calls)).copy()
    rows = []
    for trail in (False, True):
        for tp in TARGETS:
            for distance in DISTANCES:
                portfolio = vbt.Portfolio.from_signals(
                    prices["close"], entries, exits, open=prices["open"], high=prices["high"], low=prices["low"],
                    size=size, fees=COST, init_cash=100.0, sl_stop=distance, sl_trail=trail, tp_stop=tp - 1,
                    engine=engine, max_orders=2 * calls,
                )  # fmt: skip
                if profit:
                    rows.append(portfolio.total_profit().to_numpy())
    return np.array(rows)


def taken(work: Callable[[], Any], runs: int) -> list[float]:
    """Seconds of each run."""
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return seconds


def compare(report: Report, python: str, runs: int = 5) -> None:
    """The ratio on 200 entries x 128 policies x 480 candles, and the differences on many more pairs."""
    markets = [market(200, 481, seed, rough=seed > 2) for seed in range(5)]
    mine = ours(markets[0], 200)[2]
    profits, found = theirs(python, markets, runs)
    own = [ours(prices) for prices in markets]
    mine += ours(markets[0], 200)[2]  # before and after the other, on the same machine
    _differences(report, own, profits)
    for name, seconds in found["seconds"].items():
        report.row("200 entries x 128 policies x 480 candles: tables and grid", mine,
                   beside=(f"vectorbt {found['version']}, {name}", seconds))  # fmt: skip
    for engine, why in found["missing"].items():
        report.note(f"vectorbt, {engine} engine: not available ({why}).")


def _differences(
    report: Report, own: Sequence[tuple[np.ndarray, np.ndarray, Any]], profits: Sequence[np.ndarray]
) -> None:
    pairs = ruled = unexplained = 0
    worst = 0.0
    for (net, gap, _), pnl in zip(own, profits, strict=True):
        difference = np.abs(net - pnl)
        far = difference > EQUAL
        pairs += net.size
        ruled += int((far & gap).sum())
        unexplained += int((far & ~gap).sum())
        worst = max(worst, float(difference[~(far & gap)].max()))
    report.equal(
        f"{pairs:,} profits are those of vectorbt within {worst:.1e}, but for {ruled} where the open jumps over the "
        "target and the candle's low reaches the stop: there the open comes first here and the stop there",
        unexplained == 0,
    )


if __name__ == "__main__":
    run_there(sys.argv[1], sys.argv[2], int(sys.argv[3]))
