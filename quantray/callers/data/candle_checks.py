"""Checks of every candle of a source, asset by asset as a run reads them; the counts are those of ``hygiene``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from quantray.callers.data.candles import CandleSource
from quantray.callers.data.hygiene import Hygiene
from quantray.callers.data.prints import lone_prints
from quantray.callers.data.settings import CallsData, Gates
from quantray.callers.market import PRICES, Candles, Spans
from quantray.durations import NS, written
from quantray.files.findings import MOST, Finding, Row, Severity, gravest, ok
from quantray.plain import amount
from quantray.stats.runs import CHANCE, runs_of

KEY = "candles"
BUCKET = 2_000_000  # candles that are looked at together: each bucket reads the table once
DENSE = 0.01  # share of candles that an asset may miss and still be one that trades all the time
LEAST_RUN = 3
SOME_LONE = 0.005  # share of candles with a lone print that is usual for thin pools
TOGETHER, TOGETHER_SHARE = 3, 0.3  # assets, and share of those with candles then, that miss the same stretch


@dataclass(slots=True)
class CandleWalk:
    """What the walk over the assets collects beside :class:`Hygiene`."""

    worst: dict[str, list[tuple[float, Row]]] = field(default_factory=dict)
    gaps: list[tuple[int, int, str, bool]] = field(default_factory=list)  # (begin ns, candles, asset, dense)
    n_gaps: int = 0
    still: int = 0
    still_runs: int = 0

    def keep(self, check: str, rows: list[tuple[float, Row]]) -> None:
        """The gravest rows of a check."""
        self.worst[check] = sorted([*self.worst.get(check, []), *rows], key=lambda pair: -pair[0])[:MOST]

    def rows(self, check: str) -> tuple[Row, ...]:
        return tuple(row for _, row in self.worst.get(check, []))


def every_candle(source: CandleSource) -> Spans:
    """Each asset from its first candle to its last."""
    inventory = source.inventory
    there = np.flatnonzero(inventory.rows > 0)
    step = inventory.interval_s * NS
    return Spans(
        inventory.assets, there.astype(np.int32), inventory.first_ns[there], inventory.last_ns[there] + step
    )  # fmt: skip


def candle_findings(source: CandleSource, data: CallsData, gates: Gates) -> tuple[list[Finding], dict[str, float]]:
    """Read every candle once; the findings, and the counts and shares that a run over all of them would show."""
    spans, inventory = every_candle(source), source.inventory
    hygiene = Hygiene(data, inventory.interval_s, spans, inventory.traded_of(spans.assets))
    walk, found = CandleWalk(), 0
    for block in source.candles(spans, max(data.bucket_rows, BUCKET)):
        if not len(block):
            continue
        hygiene.add(block)
        found += len(block.assets)
        _shown(walk, block, data)
        _gaps(walk, block, inventory.interval_s)
        _still(walk, block)
    quality = hygiene.summary(inventory, found)
    walk.keep("scale", [
        (times, Row(ts, asset, f"{times:.4g} times, up or down, from the candle before"))
        for asset, ts, times in hygiene.jumps
    ])  # fmt: skip
    return _findings(walk, quality, gates, inventory.interval_s), quality


def _names(block: Candles, rows: list[int]) -> list[str]:
    owner = np.searchsorted(block.offsets, rows, side="right") - 1
    return [block.assets[int(i)] for i in owner]


def _shown(walk: CandleWalk, block: Candles, data: CallsData) -> None:
    """The gravest rows of what hygiene counts."""
    opened, high, low, close = (getattr(block, p) for p in PRICES)
    wrong = (low > np.minimum(opened, close)) | (high < np.maximum(opened, close))
    by = np.maximum(low - np.minimum(opened, close), np.maximum(opened, close) - high) / close
    lone = lone_prints(block, data.print_filter_k)
    with np.errstate(invalid="ignore", divide="ignore"):
        times = np.fmax(np.where(lone.high, high / lone.around_high, 0), np.where(lone.low, lone.around_low / low, 0))
    for check, mask, size in (("OHLC", wrong, by), ("lone prints", lone.high | lone.low, times)):
        at = gravest(mask, size)
        walk.keep(check, [
            (float(size[i]), Row(int(block.ts[i]), name, " ".join(f"{p} {getattr(block, p)[i]:.10g}" for p in PRICES)))
            for i, name in zip(at, _names(block, at), strict=True)
        ])  # fmt: skip
    walk.keep("prices", [(0.0, Row(at, asset, "a price that is no number above 0")) for asset, _, at in
                         block.unpriced[:MOST]])  # fmt: skip


def _gaps(walk: CandleWalk, block: Candles, interval_s: int) -> None:
    """Stretches without a candle that are longer than chance makes them in an asset as quiet as this one."""
    step = interval_s * NS
    missing = np.diff(block.ts) // step - 1
    owner = np.repeat(np.arange(len(block.assets)), np.diff(block.offsets))
    missing[np.diff(owner) != 0] = 0
    at = np.flatnonzero(missing > 0)
    if not len(at):
        return
    who, length = owner[at], missing[at]
    absent = np.bincount(who, length, len(block.assets))
    expected = absent + np.diff(block.offsets)
    others = absent[who] - length
    share = (others + 1) / (expected[who] - length + 2)
    with np.errstate(divide="ignore"):
        usual = np.ceil(np.log(CHANCE / (expected[who] * np.maximum(1 - share, 1e-12))) / np.log(share)) - 1
    long = (length > np.maximum(usual, LEAST_RUN - 1)) & (share < 1)
    walk.n_gaps += int(long.sum())
    dense = others / np.maximum(expected[who] - length, 1) <= DENSE
    for i in np.flatnonzero(long).tolist():
        walk.gaps.append((int(block.ts[at[i]]) + step, int(length[i]), block.assets[int(who[i])], bool(dense[i])))


def _still(walk: CandleWalk, block: Candles) -> None:
    """Runs of candles that repeat the one before in every value, volume included."""
    same = np.zeros(len(block), bool)
    same[1:] = block.volume[1:] == block.volume[:-1]  # no volume is equal to no other: flat silence is no failure
    for p in PRICES:
        values = getattr(block, p)
        same[1:] &= values[1:] == values[:-1]
    same[block.offsets[:-1]] = False
    starts, lengths = runs_of(same)
    share = (same.sum() + 1) / (len(block) + 2)
    usual = max(np.ceil(np.log(CHANCE / len(block)) / np.log(share)), LEAST_RUN - 1) if share < 1 else len(block)
    long = np.flatnonzero(lengths + 1 > usual)
    walk.still_runs += len(long)
    walk.still += int((lengths[long] + 1).sum())
    top = long[np.argsort(-lengths[long], kind="stable")[:MOST]]
    firsts = (starts[top] - 1).tolist()
    walk.keep("stale", [
        (float(n), Row(int(block.ts[i]), name, f"{n + 1} candles alike from here on"))
        for i, n, name in zip(firsts, lengths[top].tolist(), _names(block, firsts), strict=True)
    ])  # fmt: skip


def _findings(walk: CandleWalk, q: Mapping[str, float], gates: Gates, interval_s: int) -> list[Finding]:
    rows, candles = int(q["rows"]), int(q["candles"])

    def gated(check: str, name: str, of: int, gate: str, clean: str, means: str, remedy: str) -> Finding:
        n = int(q[name])
        if not n:
            return ok(check, KEY, of, clean)
        grave = q[f"{name}_share"] > getattr(gates, gate)
        limit = f"; gates.{gate} allows {getattr(gates, gate):.2%}, a run refuses more" if grave else ""
        severity = Severity.ERROR if grave else Severity.WARNING
        return Finding(check, KEY, severity, n, of, means + limit, remedy, walk.rows(check))

    return [
        gated("times", "undated", rows + int(q["undated"]), "max_undated_candles", "every candle has a time",
              "rows without a time, or with an impossible one; they lie nowhere", "fill the time in, or remove them"),
        gated("conflicts", "conflicts", rows, "max_conflicting_candles", "no candle contradicts another of its time",
              "rows that contradict another of the same asset and time; the one of larger volume holds",
              "keep the true row of each time"),
        _copies(int(q["duplicates"]), rows),
        gated("prices", "nonpositive", rows, "max_nonpositive_candles", "every price is a finite number above 0",
              "candles with a price that is no number above 0; they count as missing", "fetch them again"),
        gated("OHLC", "inconsistent", candles, "max_inconsistent_candles", "every open and close lies between low and "
              "high", "candles with a low or high inside their open or close",
              "look whether the columns are mapped rightly; fetch them again"),
        _zero_volume(q, rows), _of_gaps(walk, q, interval_s), _of_stale(walk, candles), _scale(walk, q, gates),
        _lone(walk, q, gates, candles),
    ]  # fmt: skip


def _copies(n: int, rows: int) -> Finding:
    if not n:
        return ok("duplicates", KEY, rows, "no candle stands twice")
    return Finding("duplicates", KEY, Severity.NOTE, n, rows, "exact copies of another row; one of each is read",
                   "nothing to do; a file that was joined twice may lack something else")  # fmt: skip


def _zero_volume(q: Mapping[str, float], rows: int) -> Finding:
    n = int(q["zero_volume"])
    if not n:
        return ok("zero volume", KEY, rows, "every candle has a volume")
    dropped = int(q["zero_volume_dropped"])
    return Finding(
        "zero volume", KEY, Severity.NOTE, n, rows,
        f"candles of volume 0, {dropped:,} of them of assets that trade: those are no candles to a run, so a vendor "
        "who fills silence forward changes nothing", "nothing to do",
    )  # fmt: skip


def _of_gaps(walk: CandleWalk, q: Mapping[str, float], interval_s: int) -> Finding:
    """Gaps of assets that trade all the time, and gaps that several assets share, are a vendor's."""
    missing, expected = int(q["missing"]), int(q["expected"])
    told = f"{amount(missing, 'candle')} missing between the first and the last of their assets"
    if not walk.gaps:
        means = f"{told}, no stretch longer than chance explains"
        return Finding("gaps", KEY, Severity.NOTE if missing else Severity.OK, missing, expected, means)
    begins: dict[tuple[int, int], set[str]] = {}
    for at, n, asset, _ in walk.gaps:
        begins.setdefault((at, n), set()).add(asset)
    assets = max(int(q["assets"]), 1)
    shared = {key for key, who in begins.items() if len(who) >= max(TOGETHER, TOGETHER_SHARE * assets)}
    grave = [gap for gap in walk.gaps if gap[3] or (gap[0], gap[1]) in shared]
    shown = sorted(grave or walk.gaps, key=lambda gap: -gap[1])[:MOST]
    rows = tuple(Row(at, asset, f"none for {written(n * interval_s)} from here on") for at, n, asset, _ in shown)
    if not grave:
        means = f"{told}; {amount(walk.n_gaps, 'long silence')}, all of assets that often are silent"
        return Finding("gaps", KEY, Severity.NOTE, missing, expected, means, "", rows)
    return Finding(
        "gaps", KEY, Severity.WARNING, sum(n for _, n, *_ in grave), expected,
        f"{amount(len(grave), 'stretch', 'stretches')} without a candle in assets that trade all the time, or in "
        "several at once: the vendor's gap, not silence", "fetch them again, or name them in coverage.outages", rows,
    )  # fmt: skip


def _of_stale(walk: CandleWalk, candles: int) -> Finding:
    if not walk.still_runs:
        return ok("stale", KEY, candles, "no run of candles repeats one in every value")
    return Finding(
        "stale", KEY, Severity.WARNING, walk.still, candles,
        f"{amount(walk.still_runs, 'run')} of candles that repeat one in every value, volume included: a feed that "
        "stands still", "fetch them again", walk.rows("stale"),
    )  # fmt: skip


def _scale(walk: CandleWalk, q: Mapping[str, float], gates: Gates) -> Finding:
    n, assets = int(q["scale_jumps"]), int(q["assets"])
    if not n:
        return ok("scale", KEY, assets, "no asset changes the scale of its price")
    severity = Severity.ERROR if q["scale_jump_assets_share"] > gates.max_scale_jumps else Severity.WARNING
    return Finding(
        "scale", KEY, severity, int(q["scale_jump_assets"]), assets,
        f"assets whose price leaps by data.scale_jump or more, {amount(n, 'time')} in all: another token, another unit "
        "or a mistake; a stop or target over it fills at a price of no market, and its callers fail “clean data”",
        "split the asset there, or correct the candle", walk.rows("scale"),
    )  # fmt: skip


def _lone(walk: CandleWalk, q: Mapping[str, float], gates: Gates, candles: int) -> Finding:
    n, share = int(q["lone_highs"] + q["lone_lows"]), q["lone_prints_share"]
    if not n:
        return ok("lone prints", KEY, candles, "no high or low stands alone")
    grave = share > gates.max_lone_prints
    return Finding(
        "lone prints", KEY, Severity.ERROR if grave else Severity.WARNING if share > SOME_LONE else Severity.NOTE, n,
        candles, "highs or lows more than data.print_filter_k times what both neighbours saw; they fool targets and "
        "trailing stops", "data.print_filter=clip shows what they were worth, with hindsight", walk.rows("lone prints"),
    )  # fmt: skip
