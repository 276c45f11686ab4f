"""Fair walks: prices on which no rule earns anything, and what each kind of policy makes of them.

A walk moves by ticks to the next power of ``1 + tick``, up with chance ``1 / (2 + tick)``: its expected price never
changes. By optional stopping (Doob 1953) whatever sells at prices that were there, at times that did not know the
future, returns 0 before costs; what a table shows beyond that is the simulation's own invention.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.callers.policies.account import Costs
from quantray.callers.policies.evaluate import returns
from quantray.callers.policies.intrabar import order_interval
from quantray.callers.policies.notation import read_policy
from quantray.callers.policies.policy import Policy
from quantray.callers.policies.program import NS, compile_policies
from quantray.callers.policies.tables import Windows, build_tables

#: Walks that are drawn at a time: bounds memory, and belongs to what a seed means.
BATCH = 500
#: Levels lie this far inside their tick, so that rounding never moves a touch to the next one.
NEAR = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class FairWalks:
    """Candles [r] of ``n`` walks, one behind the other, and one call on each; a candle opens where the last closed."""

    ts: IntArray1D
    open: FloatArray1D
    high: FloatArray1D
    low: FloatArray1D
    close: FloatArray1D
    volume: FloatArray1D
    windows: Windows
    interval_s: int
    tick: float


def fair_walks(
    n: int, interval_s: int = 60, *, seed: int = 0, tick: float = 0.001, ticks_per_minute: int = 20,
    before_s: int = 1800, held_s: int = 9000,
) -> FairWalks:  # fmt: skip
    """``n`` walks with ``before_s`` seconds of candles before the call and ``held_s`` behind it.

    Both are whole numbers of candles. The same seed gives the same ticks whatever the interval; volumes are lognormal
    and know nothing of the prices.
    """
    per = ticks_per_minute * interval_s // 60
    length = (before_s + held_s) // interval_s
    parts = [
        _batch(np.random.default_rng([seed, at]), min(BATCH, n - at), length, per, tick) for at in range(0, n, BATCH)
    ]
    prices = np.concatenate(parts, axis=1).reshape(4, -1)
    base = np.arange(n) * length
    volume = np.random.default_rng([seed, n]).lognormal(0, 1, n * length)
    ts = np.tile(np.arange(length) * interval_s * NS, n)
    windows = Windows(base + before_s // interval_s, base + length, base)
    opens, highs, lows, closes = prices
    return FairWalks(
        ts=ts, open=opens, high=highs, low=lows, close=closes, volume=volume, windows=windows, interval_s=interval_s,
        tick=tick,
    )  # fmt: skip


def _batch(rng: np.random.Generator, n: int, length: int, per: int, tick: float) -> np.ndarray:
    """Open, high, low and close [4, n, length] of ``n`` walks with ``per`` ticks a candle."""
    steps = np.where(rng.random((n, length * per), np.float32) < 1 / (2 + tick), 1, -1).astype(np.int32)
    at = np.concatenate([np.zeros((n, 1), np.int32), np.cumsum(steps, axis=1, dtype=np.int32)], axis=1)
    inside = at[:, :-1].reshape(n, length, per)
    opens, closes = at[:, :-1:per], at[:, per::per]
    high, low = (np.maximum(inside.max(axis=2), closes), np.minimum(inside.min(axis=2), closes))
    reach = length * per
    powers = (1 + tick) ** np.arange(-reach, reach + 1, dtype=float)
    prices: np.ndarray = powers[np.stack([opens, high, low, closes]) + reach]
    return prices


def with_lone_prints(walks: FairWalks, share: float = 0.005, seed: int = 0) -> FairWalks:
    """The walks with the highs of ``share`` of the candles 1.5 to 4 times what they were: nobody could sell there."""
    rng = np.random.default_rng([seed, len(walks.ts)])
    hit = rng.random(len(walks.ts)) < share
    return replace(walks, high=np.where(hit, walks.high * rng.uniform(1.5, 4, len(hit)), walks.high))


def drawn_back(walks: FairWalks, k: float) -> FairWalks:
    """The walks with every high more than ``k`` times its neighbours' drawn back to them, as the print filter does."""
    from quantray.callers.data.prints import clipped
    from quantray.callers.market import Candles

    n, length = len(walks.windows.entry), int(walks.windows.stop[0])
    prices = (walks.ts, walks.open, walks.high, walks.low, walks.close, walks.volume)
    found = clipped(Candles(("",) * n, np.arange(n, dtype=np.int32), np.arange(n + 1) * length, *prices), k)
    return replace(walks, high=found.high, low=found.low)


def kinds(tick: float = 0.001) -> dict[str, Policy]:
    """One policy of every kind, and mixes, with all levels on ticks of the walk: no fill is off by part of a tick."""

    def up(k: int) -> float:
        return float((1 + tick) ** k * (1 - NEAR))

    def down(k: int) -> float:
        return float((1 + tick) ** -k * (1 + NEAR))

    def trail(activation: int, k: int) -> dict[str, float]:
        return {"activation": up(activation) - 1 if activation else 0, "trail": 1 - down(k)}

    rungs = [[up(10), 0.5], [up(20), 0.3], [up(40), 0.2]]
    both: dict[str, object] = {"sl": down(20), "tp": up(30)}
    specs: dict[str, dict[str, object]] = {
        "fixed stop": {"sl": down(20)},
        "take profit": {"tp": up(30)},
        "stop and target": both,
        "time stop": {"hold": "30m"},
        "trailing": {"trailing": trail(0, 20)},
        "trailing, activated, hard stop": {"trailing": trail(10, 10), "sl": down(30)},
        "ladder": {"ladder": rungs, "sl": down(20)},
        "break-even": {"break_even": up(10), **both},
        "phased stop": {"phased": {"after": up(10), "stop": (1 + tick) ** 4 * (1 + NEAR)}, **both},
        "EMA cross": {"ema_cross": {"fast": 3, "slow": 8}, "sl": down(20)},
        "RSI cross": {"rsi_cross": {"period": 5, "level": 60}, "sl": down(20)},
        "ATR, chandelier": {"atr_stop": {"period": 5, "multiple": 3}, "tp": up(30)},
        "volume": {"volume_z": {"period": 10, "z": 2}, "tp": up(20)},
        "delayed entry": {"entry": {"dip": 1 - down(10), "wait": "1h"}, **both},
        "mix": {"trailing": trail(10, 10), "ladder": rungs, "break_even": up(20), "ema_cross": {}, "sl": down(30)},
    }
    return {name: read_policy({"hold": "2h", **spec}) for name, spec in specs.items()}


@dataclass(frozen=True, slots=True)
class MartingaleRow:
    """What one policy makes of fair walks: mean net return and its standard error under each order, as fractions."""

    kind: str
    policy: Policy
    n_trades: int
    costs: float  # what a fair price loses to them: the mean must not be above their negative
    stop_first: tuple[float, float]
    target_first: tuple[float, float]
    raise_first: tuple[float, float]
    ambiguous_share: float


def martingale_table(
    walks: FairWalks, costs: Costs, policies: Mapping[str, Policy] | None = None
) -> tuple[MartingaleRow, ...]:
    """Every policy on the walks, no account between. Both sides of a fair trade cost ``2 * costs.side`` on average."""
    chosen = kinds(walks.tick) if policies is None else policies
    program = compile_policies(list(chosen.values()))
    low, high, early = (
        build_tables(walks, walks.windows, program.levels, walks.interval_s, intrabar=order)
        for order in ("stop_first", "target_first", "raise_first")
    )
    interval = order_interval(low, high, program, costs)
    raised = returns(early, program, costs)[0]
    share = interval.ambiguous_share
    return tuple(
        MartingaleRow(
            name, policy, int(np.isfinite(raised[:, p]).sum()), 2 * costs.side, _estimate(interval.low[:, p]),
            _estimate(interval.high[:, p]), _estimate(raised[:, p]), float(share[p]),
        )
        for p, (name, policy) in enumerate(chosen.items())
    )  # fmt: skip


def _estimate(net: FloatArray1D) -> tuple[float, float]:
    """Mean and standard error of what is known."""
    net = net[np.isfinite(net)]
    return float(net.mean()), float(net.std(ddof=1) / np.sqrt(len(net)))


def as_markdown(rows: Sequence[MartingaleRow]) -> str:
    """The table as Markdown, in basis points of the entry's notional."""
    head = ("policy", "trades", "costs", "mean net return", "s.e.", "target first", "raise first", "ambiguous")
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    for row in rows:
        means = (-row.costs, *row.stop_first, row.target_first[0], row.raise_first[0])
        cells = (row.kind, f"{row.n_trades:,}", *(f"{x * 1e4:.1f}" for x in means), f"{row.ambiguous_share:.1%}")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)
