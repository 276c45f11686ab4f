"""What a grid of policies costs: against reading the candles once, and against vectorbt where it can be imported.

    python -m benchmarks.policy_grid [--vectorbt PYTHON]

``--vectorbt`` names a Python interpreter that has vectorbt (an environment of its own: its pins are old).
Ratios are of medians taken in one run; the machine's noise is printed beside them.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from benchmarks import _policy_grid_vectorbt as other
from quantray.callers.policies import grid
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.evaluate import Block, Market, Pool, returns
from quantray.callers.policies.objective import Bounds, rank
from quantray.callers.policies.program import NS, compile_policies
from quantray.callers.policies.tables import Windows, build_tables

AXES: dict[str, tuple[Any, ...]] = {
    "sl_mults": (0.95, 0.92, 0.9, 0.88, 0.85, 0.8, 0.75, 0.7),
    "activation": (0,),
    "trail": (0.05, 0.1, 0.15, 0.2, 0.25, 0.3),
    "hold": ("5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "24h", "48h"),
    "tp_mults": (1.1, 1.2, 1.3, 1.5, 1.75, 2, 2.5, 3, 4, 5),
}


class Seconds(NamedTuple):
    """Of several runs; on a busy machine the best is what the work costs, the others what it had to wait."""

    median: float
    worst: float
    best: float

    @property
    def text(self) -> str:
        return "   ".join(f"{name} {x * 1e3:8.2f} ms" for name, x in self._asdict().items())


def timed(work: Callable[[], Any], runs: int = 9) -> Seconds:
    return side_by_side([work], runs)[0]


def side_by_side(works: Sequence[Callable[[], Any]], runs: int) -> list[Seconds]:
    """Seconds of each, taken in turns: what disturbs the machine disturbs all of them."""
    seconds: list[list[float]] = [[] for _ in works]
    for turn in range(runs + 1):
        for work, taken in zip(works, seconds, strict=True):
            began = time.perf_counter()
            work()
            if turn:  # the first run compiles and touches memory
                taken.append(time.perf_counter() - began)
    return [Seconds(statistics.median(taken), max(taken), min(taken)) for taken in seconds]


def walks(n_calls: int, n_candles: int, vol: float, seed: int = 0, days: int = 7) -> tuple[Any, Windows]:
    """Candles of ``n_calls`` random walks, one call at the start of each; the calls are spread over ``days``."""
    rng = np.random.default_rng(seed)
    close = np.exp(np.cumsum(rng.normal(0, vol, (n_calls, n_candles)), axis=1))
    open_ = np.concatenate([np.ones((n_calls, 1)), close[:, :-1]], axis=1)
    spread = np.exp(np.abs(rng.normal(0, vol / 2, (2, n_calls, n_candles))))
    first = np.sort(rng.integers(0, days * 1440, n_calls))
    columns = {
        "ts": ((first[:, None] + np.arange(n_candles)) * 60 * NS).ravel(),
        "open": open_.ravel(), "high": (np.maximum(open_, close) * spread[0]).ravel(),
        "low": (np.minimum(open_, close) / spread[1]).ravel(), "close": close.ravel(), "volume": np.ones(close.size),
    }  # fmt: skip
    entry = np.arange(n_calls) * n_candles
    return SimpleNamespace(**columns), Windows(entry, entry + n_candles, entry)


@njit(cache=True, nogil=True)
def read_once(ts, open_, high, low, close, volume):  # type: ignore[no-untyped-def]
    """Touch every column of every candle once: the least that anything on candles costs."""
    a = b = c = d = e = 0.0
    t = 0
    for i in range(open_.shape[0]):
        t += ts[i]
        a += open_[i]
        b += high[i]
        c += low[i]
        d += close[i]
        e += volume[i]
    return t + a + b + c + d + e


def against_reading(n_calls: int, n_candles: int) -> None:
    """The whole grid against one pass over its candles."""
    candles, windows = walks(n_calls, n_candles, 0.004)
    program = compile_policies(grid("mixed", of="fixed", **AXES))
    costs = Costs()
    tables = build_tables(candles, windows, program.levels, 60)
    columns = [getattr(candles, k) for k in ("ts", "open", "high", "low", "close", "volume")]
    net = np.empty((n_calls, len(program)))
    last = np.empty((n_calls, len(program)), np.int16)
    works: list[Callable[[], Any]] = [
        lambda: read_once(*columns),
        lambda: build_tables(candles, windows, program.levels, 60),
        lambda: returns(tables, program, costs, net, last),
    ]
    reading, build, combine = side_by_side(works, 25)
    print(f"\n{n_calls} calls x {n_candles:,} candles x {len(program):,} policies (exits and returns), one core")
    for name, took in (
        ("reading the candles once", reading), ("first-touch tables", build), ("grid from tables", combine),
    ):  # fmt: skip
        spread = (
            f"median {took.median * 1e3:8.2f} ms   worst {took.worst * 1e3:8.2f} ms   best {took.best * 1e3:8.2f} ms"
        )
        print(f"{name:28} {spread}   {took.median / reading.median:6.2f} x")
    print(
        f"tables and grid / reading once: {(build.median + combine.median) / reading.median:.2f} x by medians, "
        f"{(build.best + combine.best) / reading.best:.2f} x by best runs"
    )
    print(f"per trade of the grid: {combine.best / (n_calls * len(program)) * 1e9:.2f} ns")
    with_capital(candles, windows, tables, program)


def with_capital(candles: Any, windows: Windows, tables: Any, program: Any) -> None:
    """All metrics of every policy, without an account and with one."""
    n = len(windows.entry)
    calls = np.arange(n)
    pool = Pool(calls, calls, np.zeros(n, np.int64), calls)
    market = Market(candles, 60, 0, int(candles.ts.max()) + 60 * NS)
    for name, account in (("no account", Account(limited=False)), ("finite capital", Account(max_positions=None))):
        block = Block(tables, program, pool, account, Costs())
        took = timed(lambda block=block: block.metrics(market), 5)
        each = took.best / (n * len(program)) * 1e9
        print(f"{'all metrics, ' + name:28} {took.text}   {each:6.1f} ns a trade")


def growth() -> None:
    """How cost grows with calls, candles and policies, and with what an account is asked."""
    names = ("calls", "candles", "policies", "tables ms", "grid ms", "metrics ms", "on capital ms", "drawdown ms")
    print("\n| " + " | ".join(names) + " |\n|" + "---:|" * len(names))
    for n_calls, n_candles, n_policies in (
        (400, 1440, 480), (100, 1440, 480), (1600, 1440, 480), (400, 720, 480), (400, 2880, 480), (400, 1440, 4800),
    ):  # fmt: skip
        candles, windows = walks(n_calls, n_candles, 0.004)
        axes = AXES if n_policies == 4800 else {**AXES, "tp_mults": (2,)}
        program = compile_policies(grid("mixed", of="fixed", **axes))
        tables = build_tables(candles, windows, program.levels, 60)
        calls = np.arange(n_calls)
        pool = Pool(calls, calls, np.zeros(n_calls, np.int64), calls)
        market = Market(candles, 60, 0, int(candles.ts.max()) + 60 * NS)
        free, limited = (Block(tables, program, pool, Account(limited=on, max_positions=None), Costs())
                         for on in (False, True))  # fmt: skip
        some = np.arange(0, len(program), len(program) // 10)[:10]  # drawdowns are measured for few
        works: list[Callable[[], Any]] = [
            lambda c=candles, w=windows, p=program: build_tables(c, w, p.levels, 60),
            lambda t=tables, p=program: returns(t, p, Costs()),
            lambda b=free, m=market: b.metrics(m),
            lambda b=limited, m=market: b.metrics(m),
            lambda b=limited, m=market, rows=some: b.drawdowns(rows, m, m.closes),
        ]
        cells = [f"{took.best * 1e3:.1f}" for took in side_by_side(works, 5)]
        print("| " + " | ".join([f"{n_calls:,}", f"{n_candles:,}", f"{n_policies:,}", *cells]) + " |")
    print("best of 5; metrics: of every policy, every call traded; drawdown: of 10 policies, at every candle's end")


def many_callers(n_callers: int = 1000, per_caller: int = 10, n_candles: int = 1440) -> None:
    """Every caller alone on finite capital: tables once, then all metrics and the best policy of each."""
    candles, windows = walks(n_callers * per_caller, n_candles, 0.004)
    axes = {**AXES, "sl_mults": (0.95, 0.9, 0.85, 0.8, 0.75), "trail": (0.05, 0.1, 0.15, 0.2)}
    program = compile_policies(grid("mixed", of="fixed", **{**axes, "hold": ("15m", "1h", "4h", "12h", "24h")}))
    began = time.perf_counter()
    tables = build_tables(candles, windows, program.levels, 60)
    built = time.perf_counter() - began
    market = Market(candles, 60, 0, int(candles.ts.max()) + 60 * NS)
    closes = market.closes
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        for caller in range(n_callers):
            calls = np.arange(caller, n_callers * per_caller, n_callers)
            pool = Pool(calls, calls, np.zeros(per_caller, np.int64), calls)
            block = Block(tables, program, pool, Account(), Costs())
            rank(
                block.metrics(market), program.n_parts, "captured_return", Bounds(),
                drawdowns=lambda rows, block=block: block.drawdowns(rows, market, closes),
            )  # fmt: skip
        seconds.append(time.perf_counter() - began)
    held = sum(getattr(candles, k).nbytes for k in ("ts", "open", "high", "low", "close", "volume")) / 2**20
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\n{n_callers:,} callers x {per_caller} calls x {len(program):,} policies x {n_candles:,} candles, one core")
    print(
        f"tables, first run {built:.2f} s; metrics on capital and the best policy of each caller: median "
        f"{statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s, best {min(seconds):.2f} s"
    )
    print(f"peak memory {peak:,.0f} MiB, of which candles {held:,.0f} MiB")


def load() -> str:
    """How busy the machine is."""
    return "load " + " ".join(f"{x:.2f}" for x in os.getloadavg()) + f" on {os.cpu_count()} cores"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectorbt", help="a Python interpreter that can import vectorbt")
    args = parser.parse_args()
    print(load())
    against_reading(400, 2880)
    growth()
    many_callers()
    if args.vectorbt:
        other.compare(args.vectorbt)
    print(load())


if __name__ == "__main__":
    main()
