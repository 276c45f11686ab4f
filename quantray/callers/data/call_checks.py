"""Checks of calls, alone and against their candles: copies, prices, assets, and whose clock is a candle off."""

from __future__ import annotations

import math

import numpy as np

from quantray.arrays import FloatArray1D, IntArray1D
from quantray.callers.data.call_prices import compare_prices, inside
from quantray.callers.data.candles import CandleSource
from quantray.callers.data.columns import CallTable
from quantray.callers.data.source import ns_of
from quantray.callers.market import Calls
from quantray.durations import NS, written
from quantray.errors import DataError
from quantray.files.findings import MOST, Finding, Row, Severity, ok
from quantray.plain import amount

KEY = "calls"
LAGS = (-2, -1, 0, 1, 2)
Z = 5.0  # standard errors between the candle that fits best and the call's own
BETTER = 0.05  # share of the calls that must fit better by it
FEWEST = 30  # calls with a price
TELLING = 0.5  # share of them that some candle must fit
SOME = 20_000  # calls that are tried
EQUAL = 1e-9


def row_findings(table: CallTable, unit: str | None) -> list[Finding]:
    """What single rows of calls show."""
    total, nameless = table.row(
        "SELECT count(*), count(*) FILTER (WHERE "
        + " OR ".join(f"nullif(trim({table.column(c)}::VARCHAR), '') IS NULL" for c in ("caller", "asset"))
        + ") FROM {t}"
    )
    of = total + table.undated
    found = [_counted("times", table.undated, of, "every call has a time", "calls without a time, or with an "
                      "impossible one, are left out", "fill the time in")]  # fmt: skip
    found.append(_counted("names", nameless, total, "every call names caller and asset",
                          "calls that name no caller or no asset are left out", "fill them in"))  # fmt: skip
    asset, caller, ns = (table.column("asset"), table.column("caller"), ns_of(table, unit))
    got = table.fetch(
        f"SELECT {caller}::VARCHAR AS caller, {asset}::VARCHAR AS asset, {ns} AS ns, count(*) AS n FROM {{t}} "
        "GROUP BY 1, 2, 3 HAVING count(*) > 1 ORDER BY n DESC, ns LIMIT 1000"
    )
    names = zip(*(np.ma.getdata(got[c]).tolist() for c in ("caller", "asset", "ns", "n")), strict=True)
    rows = tuple(Row(int(at), str(who), f"{what}: {n} calls") for who, what, at, n in list(names)[:MOST])
    n = int(np.asarray(got["n"], np.int64).sum() - len(got["n"]))
    found.append(_counted("duplicates", n, total, "no caller calls an asset twice at one time",
                          "calls of one caller on one asset at one time; the first is kept",
                          "nothing to do", rows, Severity.NOTE))  # fmt: skip
    return found


def candle_findings(calls: Calls, source: CandleSource) -> list[Finding]:
    """What calls and candles say of each other."""
    return [_assets(calls, source), _reach(calls, source), _clock(calls, source), _stamp(calls, source)]


def _counted(
    check: str, n: int, of: int, clean: str, means: str, remedy: str, rows: tuple[Row, ...] = (),
    severity: Severity = Severity.WARNING,
) -> Finding:  # fmt: skip
    return Finding(check, KEY, severity, n, of, means, remedy, rows) if n else ok(check, KEY, of, clean)


def _assets(calls: Calls, source: CandleSource) -> Finding:
    known = set(source.inventory.assets)
    without = [i for i, asset in enumerate(calls.assets) if asset not in known]
    n = int(np.isin(calls.asset, without).sum())
    per = np.bincount(calls.asset, minlength=len(calls.assets))
    worst = sorted(without, key=lambda i: -per[i])[:MOST]
    rows = tuple(Row(None, calls.assets[i], amount(int(per[i]), "call")) for i in worst)
    return _counted(
        "assets", n, len(calls), "every asset that is called has candles",
        f"calls on {amount(len(without), 'asset')} without a single candle; they are left out, as no_candles",
        "fetch their candles, or give both tables one spelling of an asset (address or ticker)", rows,
        Severity.ERROR if n == len(calls) else Severity.WARNING,
    )  # fmt: skip


def _reach(calls: Calls, source: CandleSource) -> Finding:
    inventory = source.inventory
    first = dict(zip(inventory.assets, inventory.first_ns.tolist(), strict=True))
    begins = np.array([first.get(a, 0) for a in calls.assets], np.int64)[calls.asset]
    early, late = calls.ts < begins, calls.ts >= inventory.end_ns
    at = np.flatnonzero(early | late)
    rows = tuple(
        Row(int(calls.ts[i]), calls.callers[calls.caller[i]],
            f"{calls.assets[calls.asset[i]]} {'behind the last candle' if late[i] else 'before its first candle'}")
        for i in at[:MOST].tolist()
    )  # fmt: skip
    return _counted(
        "reach", len(at), len(calls), "every call lies between the first and the last candle",
        "calls before the first candle of their asset, or behind the last of all",
        "fetch these candles; see that both clocks are right", rows,
    )  # fmt: skip


def _clock(calls: Calls, source: CandleSource) -> Finding:
    """The refusal of a run, and what it tells where it does not refuse."""
    try:
        quoted = compare_prices(calls, source)
    except DataError as error:
        return Finding("clock", KEY, Severity.ERROR, len(calls), len(calls), f"{error}", "a run refuses these calls")
    if not quoted.compared:
        return Finding("clock", KEY, Severity.NOTE, 0, 0, "not tested: no call has a price_at_call beside a candle")
    few = quoted.outside <= 0.5 * quoted.compared
    severity = Severity.NOTE if few else Severity.WARNING
    return _counted("clock", quoted.outside, quoted.compared, "price_at_call lies in the candle of its call",
                    quoted.note or "", "see where the prices come from", (), severity)  # fmt: skip


def _stamp(calls: Calls, source: CandleSource) -> Finding:
    """Which candle has the price of a call: its own, or that of a bar earlier or later."""
    inventory = source.inventory
    step = inventory.interval_s * NS
    priced = np.flatnonzero(np.isfinite(calls.price_at_call) & (calls.price_at_call > 0))
    priced = priced[:: max(1, len(priced) // SOME)]
    border = (calls.ts[priced] - inventory.phase_ns) % step == 0
    within = priced[~border]
    fits = [_fits(calls, within, source, lag * step) for lag in LAGS] if len(within) else []
    why = "a call within a candle has a price of that candle"
    if len(within) < FEWEST:  # a call between two candles has the close of the one that ended
        within = priced[border]
        fits = [_closes(calls, within, source, (lag - 1) * step) for lag in LAGS] if len(within) else []
        why = "a call between two candles has the close of the one that ended"
    if len(within) < FEWEST or max(float(f.mean()) for f in fits) < TELLING:
        return Finding("stamp", KEY, Severity.NOTE, 0, 0, f"not told: {amount(len(within), 'call')} with a price tell "
                       "nothing of the candles around them")  # fmt: skip
    return _judged(fits, inventory.interval_s, why)


def _judged(fits: list[FloatArray1D], interval_s: int, why: str) -> Finding:
    shares = [float(f.mean()) for f in fits]
    own = LAGS.index(0)
    best = max(range(len(LAGS)), key=lambda k: (shares[k], -abs(LAGS[k])))
    gained, lost = int((fits[best] > fits[own]).sum()), int((fits[best] < fits[own]).sum())
    z = (gained - lost) / math.sqrt(gained + lost) if gained + lost else 0.0
    shown = ", ".join(f"{lag:+d}: {share:.0%}" for lag, share in zip(LAGS, shares, strict=True)).replace("+0", "0")
    n = len(fits[own])
    if best == own or z <= Z or shares[best] < shares[own] + BETTER:
        return ok("stamp", KEY, n, f"{why} (share of calls by candle: {shown})")
    when = written(abs(LAGS[best]) * interval_s)
    side, remedy = (
        (f"candles stand {when} LATE beside the calls", "subtract that from the candles' ts, or set data.stamp=end")
        if LAGS[best] > 0
        else (f"candles stand {when} EARLY beside the calls: an entry knows the future", "add that to the candles' ts")
    )
    means = f"{side} ({why}; share of calls by candle: {shown})"
    return Finding("stamp", KEY, Severity.ERROR, gained, n, means, remedy)


def _fits(calls: Calls, rows: IntArray1D, source: CandleSource, shift_ns: int) -> FloatArray1D:
    ranges = source.ranges(calls.assets, calls.asset[rows], calls.ts[rows] + shift_ns)
    return inside(calls.price_at_call[rows], *ranges).astype(float)


def _closes(calls: Calls, rows: IntArray1D, source: CandleSource, shift_ns: int) -> FloatArray1D:
    close, _ = source.ranges(calls.assets, calls.asset[rows], calls.ts[rows] + shift_ns, ("close", "close"))
    with np.errstate(invalid="ignore"):
        return (np.abs(close / calls.price_at_call[rows] - 1) <= EQUAL).astype(float)
