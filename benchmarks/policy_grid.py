"""What a grid of policies costs: against reading the candles once, and against vectorbt where it can be imported.

    python -m benchmarks.policy_grid [--vectorbt PYTHON] [--calls N]

``--vectorbt`` names a Python interpreter that has vectorbt (an environment of its own: its pins are old).
"""

from __future__ import annotations

import argparse
import resource
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import njit

from benchmarks import _policy_grid_vectorbt as other
from benchmarks._page import Report, in_turns
from quantray.callers.policies import grid
from quantray.callers.policies.account import Account, Costs
from quantray.callers.policies.evaluate import Block, Market, Pool, returns
from quantray.callers.policies.objective import Bounds, rank
from quantray.callers.policies.program import NS, compile_policies
from quantray.callers.policies.tables import Windows, build_tables
from tests.builders.policy_markets import compare

SMALL = ["--calls", "4"]
AXES: dict[str, tuple[Any, ...]] = {
    "sl_mults": (0.95, 0.92, 0.9, 0.88, 0.85, 0.8, 0.75, 0.7),
    "activation": (0,),
    "trail": (0.05, 0.1, 0.15, 0.2, 0.25, 0.3),
    "hold": ("5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "24h", "48h"),
    "tp_mults": (1.1, 1.2, 1.3, 1.5, 1.75, 2, 2.5, 3, 4, 5),
}


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


def as_the_slow_walk(report: Report, n_calls: int) -> None:
    """Every kind of the grid's policies, trade for trade beside the plain Python that walks each of them."""
    candles, windows = walks(n_calls, 300, 0.004)
    policies = list(grid("mixed", of="fixed", **AXES))[::97]
    count, _ = compare(candles, windows, policies)
    report.equal(f"every fill, time, price and net of {count:,} trades of {len(policies)} policies is that of the "
                 "plain Python walk, to the last bit", count > 0)  # fmt: skip


def against_reading(report: Report, n_calls: int, n_candles: int) -> None:
    """The whole grid against one pass over its candles."""
    candles, windows = walks(n_calls, n_candles, 0.004)
    program = compile_policies(grid("mixed", of="fixed", **AXES))
    costs = Costs()
    tables = build_tables(candles, windows, program.levels, 60)
    columns = [getattr(candles, k) for k in ("ts", "open", "high", "low", "close", "volume")]
    net = np.empty((n_calls, len(program)))
    last = np.empty((n_calls, len(program)), np.int16)
    reading, build, combine = in_turns([
        lambda: read_once(*columns),
        lambda: build_tables(candles, windows, program.levels, 60),
        lambda: returns(tables, program, costs, net, last),
    ], 25)  # fmt: skip
    size, once = f"{n_calls} calls x {n_candles:,} candles", ("reading the candles once", reading)
    report.row(f"{size}: first-touch tables for {len(program):,} policies", build, beside=once, bound=True)
    report.row(f"{size}: exits and returns of all of them", combine, beside=once, bound=True)
    both = [a + b for a, b in zip(build, combine, strict=True)]
    report.row(f"{size}: tables and grid together", both, beside=once, bound=True)
    report.row("a trade of the grid", [seconds / net.size for seconds in combine])
    with_capital(report, candles, windows, tables, program)


def with_capital(report: Report, candles: Any, windows: Windows, tables: Any, program: Any) -> None:
    """All metrics of every policy, without an account and with one."""
    n = len(windows.entry)
    calls = np.arange(n)
    pool = Pool(calls, calls, np.zeros(n, np.int64), calls)
    market = Market(candles, 60, 0, int(candles.ts.max()) + 60 * NS)
    for name, account in (("no account", Account(limited=False)), ("finite capital", Account(max_positions=None))):
        block = Block(tables, program, pool, account, Costs())
        took = in_turns([lambda block=block: block.metrics(market)])[0]
        report.row(f"all metrics of every policy, {name}", took)
        report.row(f"all metrics, {name}, a trade", [seconds / (n * len(program)) for seconds in took])


def growth(report: Report, size: int) -> None:
    """How cost grows with calls, candles and policies, and with what an account is asked."""
    names = ("first-touch tables", "grid", "all metrics, no account", "all metrics, on capital", "drawdowns of 10")
    for n_calls, n_candles, n_policies in (
        (size, 1440, 480), (size // 4, 1440, 480), (4 * size, 1440, 480), (size, 720, 480), (size, 2880, 480),
        (size, 1440, 4800),
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
        for name, took in zip(names, in_turns(works), strict=True):
            report.row(f"{n_calls:,} calls x {n_candles:,} candles x {n_policies:,} policies: {name}", took)


def many_callers(report: Report, n_callers: int, per_caller: int = 10, n_candles: int = 1440) -> None:
    """Every caller alone on finite capital: tables once, then all metrics and the best policy of each."""
    candles, windows = walks(n_callers * per_caller, n_candles, 0.004)
    axes = {**AXES, "sl_mults": (0.95, 0.9, 0.85, 0.8, 0.75), "trail": (0.05, 0.1, 0.15, 0.2)}
    program = compile_policies(grid("mixed", of="fixed", **{**axes, "hold": ("15m", "1h", "4h", "12h", "24h")}))
    tables = build_tables(candles, windows, program.levels, 60)
    market = Market(candles, 60, 0, int(candles.ts.max()) + 60 * NS)
    closes = market.closes

    def each() -> None:
        for caller in range(n_callers):
            calls = np.arange(caller, n_callers * per_caller, n_callers)
            pool = Pool(calls, calls, np.zeros(per_caller, np.int64), calls)
            block = Block(tables, program, pool, Account(), Costs())
            rank(
                block.metrics(market), program.n_parts, "captured_return", Bounds(),
                drawdowns=lambda rows, block=block: block.drawdowns(rows, market, closes),
            )  # fmt: skip

    build, ranking = in_turns([lambda: build_tables(candles, windows, program.levels, 60), each], 3)
    size = f"{n_callers:,} callers x {per_caller} calls x {len(program):,} policies x {n_candles:,} candles"
    report.row(f"{size}: tables", build)
    report.row(f"{size}: metrics on capital and each caller's best policy", ranking)
    held = sum(getattr(candles, k).nbytes for k in ("ts", "open", "high", "low", "close", "volume")) / 2**20
    report.row(f"{size}: candles", [held], unit="MiB")
    report.row(
        "largest memory of this process", [resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024], unit="MiB"
    )


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vectorbt", help="a Python interpreter that can import vectorbt")
    parser.add_argument("--calls", type=int, default=400)
    given = parser.parse_args(arguments)
    report = Report("policy_grid", "a grid of policies over calls, one core")
    as_the_slow_walk(report, min(given.calls, 20))
    against_reading(report, given.calls, 2880)
    growth(report, given.calls)
    many_callers(report, given.calls * 5 // 2)
    if given.vectorbt:
        other.compare(report, given.vectorbt)
    else:
        report.note("vectorbt is not measured here: it needs an environment of its own, `--vectorbt PYTHON`.")
    return report


if __name__ == "__main__":
    main()
