"""How often the verdict believes without an edge, and with one: the table of docs/verdict.md.

    python scripts/calibrate.py --phase tune            # seeds and markets on which alpha was chosen
    python scripts/calibrate.py --phase frozen          # the published run: fresh seeds, three markets more
    python scripts/calibrate.py --phase frozen --table  # the table of what there is so far

Results are kept in --results (JSON), cell by cell: a run that was stopped goes on where it was. A cell is a market (or
the edge that gives an oracle a certain power) and a number of units; its studies are numbered, and each draws from a
generator of its own, made of (phase, market, units, number): a larger --studies goes on where a smaller one ended.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from quantray.stats.across import false_discoveries  # noqa: E402
from quantray.stats.checks import Word  # noqa: E402
from quantray.stats.held_out import held_out_test  # noqa: E402
from quantray.stats.survivors import LEVEL as FAMILY_LEVEL  # noqa: E402
from quantray.stats.verdict import ADAPTIVE_ALPHA, ALPHA, verdict  # noqa: E402
from quantray.stats.wording import percent  # noqa: E402
from tests.builders import luck  # noqa: E402
from tests.builders.luck import Study, chosen, evidence_of, judged, oracle  # noqa: E402

UNITS = (12, 40, 120)
POWER_UNITS = (12, 40, 60, 120)
POWERS = (0.5, 0.8, 0.95)
ALPHAS = (0.05, 0.1, 0.2)
ORACLE = 0.05  # the level at which the oracle tests the best candidate
LEVELS = {"family": FAMILY_LEVEL, "alpha": ALPHA, "adaptive": ADAPTIVE_ALPHA}
SLOW = ("TPE, 300 trials",)


# ---------------------------------------------------------------------------------------------------- cells


def rng_of(phase: str, name: str, n_units: int, number: int) -> np.random.Generator:
    """A generator of its own for each study."""
    return np.random.default_rng([zlib.crc32(phase.encode()), zlib.crc32(name.encode()), n_units, number])


def edge_for(power: float, n_units: int, market: Callable[..., Study], n: int = 600) -> float:
    """The edge of a trade at which the oracle's power is ``power``: a planted row is its row without an edge, and more

    in proportion to its trades.
    """
    bases = [market(rng_of("edge", market.__name__, n_units, i), n_units, 0.0) for i in range(n)]
    rows = [(s.nets[luck.PLANTED, s.n_in :], s.counts[luck.PLANTED, s.n_in :]) for s in bases]
    low, high = 0.0, 4.0
    for _ in range(10):
        edge = (low + high) / 2
        found = [held_out_test(net + edge * count, level=0.05) for net, count in rows]
        hits = sum(f.p_value is not None and f.p_value <= ORACLE and f.total > 0 for f in found)
        low, high = (edge, high) if hits / n < power else (low, edge)
    return (low + high) / 2


def in_deviations(edge: float, n_units: int, market: Callable[..., Study]) -> float:
    """The same edge in standard deviations of a unit of the planted candidate."""
    rows = [market(rng_of("edge", market.__name__, n_units, i), n_units, 0.0) for i in range(100)]
    net = np.concatenate([s.nets[luck.PLANTED] for s in rows])
    return float(edge * np.concatenate([s.counts[luck.PLANTED] for s in rows]).mean() / net.std())


def callers_study(rng: np.random.Generator, number: int, n_skilled: int, n_callers: int = 50) -> list[int]:
    """Callers believed, those of them without skill; every caller has a table of policies over 40 blocks of days."""
    n_units, edge = 40, 0.15
    common, entries = rng.normal(0, 0.3, (n_units, 1)), []
    for i in range(n_callers):
        m = luck.moves(rng, n_units, int(rng.integers(4, 25)))
        m.added = common * m.side + (edge if i < n_skilled else 0.0)
        s = luck.study(m, rng)
        found, pick = chosen(s, number)
        row = None if pick is None else s.nets[s.family[pick.number]]
        test = None if row is None else held_out_test(row[s.n_in :], level=0.1 / n_callers, seed=number)
        entries.append((s, found, pick, row, test))
    p = np.array([np.nan if t is None or t.p_value is None else t.p_value for *_, t in entries])
    across = false_discoveries(p)
    believed = []
    for s, found, pick, row, test in entries:
        if pick is None or row is None:
            believed.append(False)
            continue
        word = verdict(evidence_of(s, found, pick, test, alpha=across.bar)).word
        believed.append(word is Word.BELIEVE)
    return [sum(believed), sum(believed[n_skilled:])]


# ---------------------------------------------------------------------------------------------------- real candles


def placebo(candles: Candles, rng: np.random.Generator, cost: float) -> Study:
    """Random entries on real candles, long or short by chance: 54 policies of target, stop and hold; days are units."""
    targets, stops, holds = (0.005, 0.01, 0.02, 0.04, 0.08, math.inf), (0.01, 0.02, math.inf), (60, 240, 720)
    n_days = candles.close.shape[1] // 1440 - 1
    day = np.repeat(np.arange(n_days), 24)
    asset = rng.integers(0, len(candles.close), day.size)
    start = day * 1440 + rng.integers(0, 1440, day.size)
    side = rng.choice((1, -1), day.size)
    at = start[:, None] + np.arange(max(holds))
    entry = candles.open[asset, start][:, None]
    best = side[:, None] * (
        np.where(side[:, None] > 0, candles.high[asset[:, None], at], candles.low[asset[:, None], at]) / entry - 1
    )
    worst = side[:, None] * (
        np.where(side[:, None] > 0, candles.low[asset[:, None], at], candles.high[asset[:, None], at]) / entry - 1
    )
    close = side[:, None] * (candles.close[asset[:, None], at] / entry - 1)
    rows = []
    for target in targets:
        up = np.where((best >= target).any(axis=1), (best >= target).argmax(axis=1), max(holds))
        for stop in stops:
            down = np.where((worst <= -stop).any(axis=1), (worst <= -stop).argmax(axis=1), max(holds))
            for hold in holds:
                net = close[:, hold - 1]
                net = np.where((up < hold) & (up < down), target, net)
                net = np.where((down < hold) & (down <= up), -stop, net)  # both in one candle: the stop
                rows.append(np.bincount(day, net - cost, n_days))
    nets = np.array(rows)
    shape = (len(targets), len(stops), len(holds))
    return Study(nets, np.full(nets.shape, 24.0), luck.searched_units(n_days), shape, (True, True, True))


class Candles(NamedTuple):
    """Minute candles [assets, minutes] of assets that have every minute of a common period."""

    open: np.ndarray
    high: np.ndarray
    low: np.ndarray
    close: np.ndarray


def real_candles(path: Path) -> Candles:
    import pandas as pd

    table = pd.read_parquet(path)
    asset = next(c for c in table.columns if c in ("asset", "symbol", "token"))
    wide = {c: table.pivot(index="ts", columns=asset, values=c).dropna() for c in Candles._fields}
    return Candles(*(np.ascontiguousarray(wide[c].to_numpy(np.float64).T) for c in Candles._fields))


# ---------------------------------------------------------------------------------------------------- the run


class Results:
    """The file that a run goes on from: cell -> what it is of, and its studies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        kept = json.loads(path.read_text("utf-8")) if path.exists() else {"levels": LEVELS, "cells": {}}
        if kept["levels"] != LEVELS:
            raise SystemExit(f"{path} was made with {kept['levels']}, this is {LEVELS}; name another file by --results")
        self.cells: dict[str, dict[str, Any]] = kept["cells"]

    def fill(self, key: str, n: int, study: Callable[[int], list[Any]], **about: object) -> None:
        """Bring a cell to ``n`` studies, and the file with it."""
        cell, began = self.cells.setdefault(key, {**about, "studies": []}), time.monotonic()
        while len(cell["studies"]) < n:
            cell["studies"].append(study(len(cell["studies"])))
            if time.monotonic() - began > 60:
                self.save()
                began = time.monotonic()
        self.save()
        print(time.strftime("%H:%M:%S"), key, len(cell["studies"]), flush=True)

    def save(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps({"levels": LEVELS, "cells": self.cells}), "utf-8")
        os.replace(part, self.path)


def run(results: Results, phase: str, n: int, n_power: int, n_slow: int, data: Path) -> None:
    """Every cell of a phase, the markets that must hold first and the slow ones last."""
    markets = {**luck.HOLD, **luck.BROKEN, **(luck.FRESH if phase == "frozen" else {})}
    for name in sorted(markets, key=lambda name: name in SLOW):
        for k in UNITS:

            def one(i: int, name: str = name, k: int = k) -> list[Any]:
                return [*judged(markets[name](rng_of(phase, name, k, i), k), i)]

            if name in SLOW:
                continue
            results.fill(f"{phase}/size/{name}/{k}", n, one)
    for market in (luck.planted, luck.planted_heavy):
        for k in POWER_UNITS:
            for power in POWERS:
                key = f"{phase}/power/{market.__name__}/{k}/{power}"
                edge = results.cells.get(key, {}).get("edge") or edge_for(power, max(k, 40), market)

                def planted(i: int, k: int = k, edge: float = edge, market: Any = market) -> list[Any]:
                    s = market(rng_of(phase, market.__name__, k, i), k, edge)
                    return [*judged(s, i), oracle(s, i)]

                results.fill(key, n_power, planted, edge=edge, deviations=in_deviations(edge, k, market))
    for name, n_skilled in (("callers without skill", 0), ("a tenth skilled", 5)):
        results.fill(
            f"{phase}/callers/{name}", n_slow,
            lambda i, name=name, m=n_skilled: callers_study(rng_of(phase, name, 40, i), i, m),
        )  # fmt: skip
    if data.exists():
        candles = real_candles(data)
        for cost in (0.0, 0.001):
            results.fill(
                f"{phase}/placebo/{cost}", n_slow,
                lambda i, c=cost: [*judged(placebo(candles, rng_of(phase, "placebo", 30, i), c), i)],
            )  # fmt: skip
    for name in sorted(SLOW):
        for k in UNITS:
            results.fill(
                f"{phase}/size/{name}/{k}", n_slow,
                lambda i, name=name, k=k: [*judged(markets[name](rng_of(phase, name, k, i), k), i)],
            )  # fmt: skip


def upper_limit(k: int, n: int) -> float:
    """One-sided upper 95 % limit of a share of ``k`` in ``n`` (Clopper and Pearson 1934)."""
    return 1.0 if k >= n else float(stats.beta.ppf(0.95, k + 1, n - k))


# ---------------------------------------------------------------------------------------------------- the table


def table(results: Results, phase: str) -> str:
    """Every cell that has studies, as Markdown."""
    lines = _heading("false belief in markets without an edge", UNITS)
    for about, markets in (("", luck.HOLD), (" (fresh)", luck.FRESH), (" (breaks the tests)", luck.BROKEN)):
        for name in markets:
            cells = [results.cells.get(f"{phase}/size/{name}/{k}") for k in UNITS]
            if any(cells):
                lines.append(f"| {name}{about} | " + " | ".join(_size(c) for c in cells) + " |")
    for tails, market in (("normal", luck.planted), ("heavy tails", luck.planted_heavy)):
        lines += ["", *_heading(f"planted edge, {tails}", POWER_UNITS)]
        for power in POWERS:
            cells = [results.cells.get(f"{phase}/power/{market.__name__}/{k}/{power}") for k in POWER_UNITS]
            lines.append(f"| oracle {percent(power)} | " + " | ".join(_power(c) for c in cells) + " |")
    lines += [
        "",
        "| callers, 50 a study | studies | anyone believed | mean false share | of the skilled |",
    ]
    lines.append("|---|---|---|---|---|")
    lines += [_callers(k, c) for k, c in results.cells.items() if k.startswith(f"{phase}/callers/")]
    lines += ["", "| random entries on real candles | believed | words |", "|---|---|---|"]
    for cost in (0.0, 0.001):
        cell = results.cells.get(f"{phase}/placebo/{cost}")
        if cell:
            words = [word for word, *_ in cell["studies"]]
            counts = ", ".join(f"{word} {words.count(word)}" for word in sorted(set(words)))
            lines.append(f"| costs of {percent(cost)} | {_size(cell)} | {counts} |")
    return "\n".join(lines)


def _heading(what: str, units: tuple[int, ...]) -> list[str]:
    return [f"| {what} | " + " | ".join(f"{k} units" for k in units) + " |", "|---" * (len(units) + 1) + "|"]


def _size(cell: dict[str, Any] | None) -> str:
    """Studies that believe, with the upper limit of their share."""
    if not cell or not cell["studies"]:
        return ""
    n, k = len(cell["studies"]), sum(word == Word.BELIEVE for word, *_ in cell["studies"])
    return f"{k} of {n:,} (≤ {percent(upper_limit(k, n))})"


def _power(cell: dict[str, Any] | None) -> str:
    """Share of studies that believe; the oracle at its level, and at that of the verdict."""
    if not cell or not cell["studies"]:
        return ""
    n = len(cell["studies"])
    believed = sum(word == Word.BELIEVE for word, *_ in cell["studies"]) / n
    told = [sum(p <= level for *_, p in cell["studies"]) / n for level in (ORACLE, ALPHA)]
    oracles = " / ".join(percent(share) for share in told)
    return f"**{percent(believed)}** of {oracles} (edge {cell['deviations']:.2f})"


def _callers(key: str, cell: dict[str, Any]) -> str:
    found = np.array(cell["studies"])
    anyone, n = int((found[:, 0] > 0).sum()), len(found)
    share = np.where(found[:, 0] > 0, found[:, 1] / np.maximum(found[:, 0], 1), 0.0)
    skilled = "-" if "without" in key else f"{np.mean(found[:, 0] - found[:, 1]):.2f} believed"
    limit = percent(upper_limit(anyone, n))
    return f"| {key.split('/')[-1]} | {n} | {anyone} (≤ {limit}) | {percent(share.mean())} | {skilled} |"


def alphas(results: Results, phase: str) -> str:
    """What each alpha would have believed, per cell."""
    lines = []
    for key, cell in results.cells.items():
        if key.startswith((f"{phase}/size/", f"{phase}/power/", f"{phase}/placebo/")) and cell["studies"]:
            p = np.array([s[1] for s in cell["studies"]])
            shown = [f"{(p <= a).mean():6.1%} (≤ {upper_limit(int((p <= a).sum()), p.size):5.1%})" for a in ALPHAS]
            told = (
                [f"{(np.array([s[2] for s in cell['studies']]) <= a).mean():6.1%}" for a in ALPHAS]
                if "power" in key
                else []
            )
            lines.append(f"{key:55} {'  '.join(shown)}  {' '.join(told)}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phase", default="tune", choices=("tune", "frozen"))
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--power-studies", type=int, default=500)
    parser.add_argument("--slow-studies", type=int, default=200, help="of TPE, of callers and on real candles")
    parser.add_argument("--results", type=Path, default=ROOT / "outputs" / "calibration.json")
    parser.add_argument("--candles", type=Path, default=ROOT.parent / "shared" / "data" / "crypto_candles_1m.parquet")
    parser.add_argument("--table", action="store_true", help="print the table and stop")
    parser.add_argument("--alphas", action="store_true", help="print what each alpha would have believed and stop")
    asked = parser.parse_args()
    results = Results(asked.results)
    if not (asked.table or asked.alphas):
        run(results, asked.phase, asked.studies, asked.power_studies, asked.slow_studies, asked.candles)
    print(alphas(results, asked.phase) if asked.alphas else table(results, asked.phase))


if __name__ == "__main__":
    main()
