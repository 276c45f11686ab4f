"""The same trades by vectorbt: one call a policy, in an interpreter of its own; profits compared pair by pair.

Rules both follow here: entry at the close of the first candle, stop before target inside a candle, gaps fill at the
open, a trailing stop known before the candle, the rest sold at the last close. One rule differs where an open jumps
over the target and the same candle's low reaches the stop: vectorbt looks at the stop first, here the open comes first.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

TARGETS = (1.01, 1.02, 1.03, 1.05, 1.08, 1.12, 1.2, 1.5)
DISTANCES = (0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3)
COST = 0.004
GAP_TARGET = 1


def market(n_calls: int, n_candles: int, seed: int, gaps: bool) -> dict[str, np.ndarray]:
    """Prices [candles, calls] of random walks; with ``gaps`` a fifth of the opens jumps."""
    rng = np.random.default_rng(seed)
    vol, shape = 0.004, (n_candles, n_calls)
    jump = np.where(rng.random(shape) < 0.2, rng.normal(0, 2 * vol, shape), 0.0) if gaps else np.zeros(shape)
    step = rng.normal(0, vol, shape)
    after = np.exp(np.cumsum(jump + step, axis=0))
    open_ = after / np.exp(step)
    high = np.maximum(open_, after) * np.exp(np.abs(rng.normal(0, vol / 2, shape)))
    low = np.minimum(open_, after) / np.exp(np.abs(rng.normal(0, vol / 2, shape)))
    return {"open": open_, "high": high, "low": low, "close": after}


def ours(prices: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, float]:
    """Net returns [policies, calls], whether a gap paid the target, and the median seconds of tables and grid."""
    from quantray.policies import read_policy
    from quantray.policies.account import Costs
    from quantray.policies.program import NS, compile_policies
    from quantray.policies.scoring import returns
    from quantray.policies.tables import Windows, build_tables

    n_candles, n_calls = prices["close"].shape
    columns = {k: v.T.ravel() for k, v in prices.items()}
    ts = np.tile(np.arange(n_candles) * 60 * NS, n_calls)
    candles = SimpleNamespace(ts=ts, volume=np.ones(len(ts)), **columns)
    entry = np.arange(n_calls) * n_candles
    windows = Windows(entry, entry + n_candles, entry)
    program = compile_policies([read_policy(spec) for spec in specs()])
    costs = Costs(COST * 1e4, 0)
    seconds = []
    for _ in range(30):
        began = time.perf_counter()
        tables = build_tables(candles, windows, program.levels, 60, entry="close")
        net, last = returns(tables, program, costs)
        seconds.append(time.perf_counter() - began)
    gap = np.take_along_axis(tables.keys, last.astype(np.int64), axis=1) & 7 == GAP_TARGET
    return net.T, gap.T, float(np.median(seconds))


def specs() -> list[dict[str, Any]]:
    """TP x SL, each stop fixed and trailing: 128 policies."""
    fixed = [{"tp": tp, "sl": 1 - d} for tp in TARGETS for d in DISTANCES]
    return fixed + [{"tp": tp, "trailing": {"activation": 0, "trail": d}} for tp in TARGETS for d in DISTANCES]


def theirs(python: str, prices: dict[str, np.ndarray], repeat: int) -> dict[str, Any]:
    """Profits [policies, calls] by vectorbt and the median seconds of each of its forms."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "prices.npz", Path(folder) / "profits.npz"
        np.savez(source, **prices)
        done = subprocess.run([python, __file__, str(source), str(target), str(repeat)], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr)
        with np.load(target) as found:
            return {"pnl": found["pnl"], **json.loads(str(found["report"]))}


def run_there(source: str, target: str, repeat: int) -> None:
    """Runs in the other interpreter: needs numpy and vectorbt, nothing of ours."""
    import vectorbt as vbt

    with np.load(source) as found:
        prices = {k: found[k] for k in found.files}
    n, calls = prices["close"].shape
    entries, exits = np.zeros((n, calls), bool), np.zeros((n, calls), bool)
    entries[0], exits[-1] = True, True
    policies = [(tp - 1, d, trail) for trail in (False, True) for tp in TARGETS for d in DISTANCES]
    size = np.broadcast_to(1.0 / prices["close"][0], (n, calls)).copy()

    def one_by_one(engine: str) -> np.ndarray:
        rows = []
        for tp, sl, trail in policies:
            portfolio = vbt.Portfolio.from_signals(
                prices["close"], entries, exits, open=prices["open"], high=prices["high"], low=prices["low"], size=size,
                fees=COST, init_cash=100.0, sl_stop=sl, sl_trail=trail, tp_stop=tp, engine=engine, max_orders=2 * calls,
            )  # fmt: skip
            rows.append(portfolio.total_profit().to_numpy())
        return np.array(rows)

    report: dict[str, Any] = {"version": vbt.__version__, "seconds": {}}
    pnl = None
    for engine in ("numba", "rust"):
        try:
            pnl = one_by_one(engine)
        except Exception as error:
            report["seconds"][engine] = None
            report[f"why_{engine}"] = f"{type(error).__name__}: {error}"
            continue
        seconds = []
        for _ in range(repeat):
            began = time.perf_counter()
            one_by_one(engine)
            seconds.append(time.perf_counter() - began)
        report["seconds"][engine] = float(np.median(seconds)) if seconds else None
    np.savez(target, pnl=pnl, report=json.dumps(report))


def compare(python: str) -> None:
    """Print the ratio on 200 entries x 128 policies x 480 candles, and the differences on many more pairs."""
    prices = market(200, 481, 0, gaps=False)
    net, _, mine = ours(prices)
    found = theirs(python, prices, repeat=3)
    print(
        f"\n200 entries x {len(specs())} policies x 480 candles against vectorbt {found['version']}, one call a policy"
    )
    print(f"first-touch tables and grid: {mine * 1e3:.2f} ms")
    for engine, seconds in found["seconds"].items():
        if seconds is None:
            print(f"vectorbt, {engine} engine: not available ({found.get(f'why_{engine}')})")
        else:
            print(f"vectorbt, {engine} engine: {seconds * 1e3:9.1f} ms   {seconds / mine:8,.0f} x")
    pairs = worst = ruled = other = 0
    for seed, gaps in ((0, False), (1, False), (2, False), (3, True), (4, True)):
        prices = market(200, 481, seed, gaps)
        net, gap, _ = ours(prices)
        difference = np.abs(net - theirs(python, prices, repeat=0)["pnl"])
        explained = gap & (difference > 1e-9)
        pairs, ruled = pairs + net.size, ruled + int(explained.sum())
        other += int(((difference > 1e-9) & ~gap).sum())
        worst = max(worst, float(difference[~explained].max()))
    print(f"{pairs:,} pairs of profits: largest difference {worst:.1e}, {other} above 1e-9 without an explanation;")
    print(f"{ruled} where the open jumps over the target and the candle's low reaches the stop (see above)")


if __name__ == "__main__":
    run_there(sys.argv[1], sys.argv[2], int(sys.argv[3]))
