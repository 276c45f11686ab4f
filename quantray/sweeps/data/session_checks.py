"""Checks of the underlying session by session: against the calendar, gaps, prices that stand still, lone prints."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from quantray.durations import NS, written
from quantray.files.findings import MOST, Finding, Row, Severity, ok
from quantray.plain import amount
from quantray.stats.runs import by_chance, runs_of
from quantray.sweeps.data.bar_checks import KEY, RawBars
from quantray.sweeps.data.grid import coverage_of, suspects_of
from quantray.sweeps.data.sessions import Span, Window
from quantray.sweeps.data.settings import DataSettings
from quantray.sweeps.data.underlying import Bars

BLOCK_S = 1800  # quiet and busy half hours are told apart
SOME_BLOCKS = 0.95  # quantile of the half hours' shares that stands for a quiet one
LEAST_RUN = 3  # bars
SHIFTS_H = tuple(h for h in range(-14, 15) if h)
FAR_NS = 12 * 3600 * NS  # of a session: what lies farther belongs to no evening or morning of one
ZONE = 0.98  # share of the rows inside sessions that another clock must reach
MOST_SESSIONS = 250  # sessions that are tried with every clock


@dataclass(slots=True)
class Run:
    """A stretch of bars: when it begins, how many, how many would be no surprise."""

    ts_ns: int
    bars: int
    usual: int


@dataclass(slots=True)
class Walked:
    """What the walk over the sessions found."""

    sessions: int = 0
    bars: int = 0
    missing: list[Window] = field(default_factory=list)
    short: list[tuple[Window, float]] = field(default_factory=list)
    gaps: list[Run] = field(default_factory=list)
    still: list[Run] = field(default_factory=list)
    idle: list[Run] = field(default_factory=list)
    lone: list[Row] = field(default_factory=list)
    n_lone: int = 0


def walked(settings: DataSettings, raw: RawBars, bars: Bars, span: Span, interval_s: int) -> Walked:
    """Look at every session of the span once."""
    found = Walked()
    for window in span.windows:
        coverage = coverage_of(bars, window, interval_s)
        if coverage == 0:
            found.missing.append(window)
            continue
        found.sessions += 1
        if coverage < settings.min_session_coverage:
            found.short.append((window, coverage))
        _session(settings, raw, bars, window, interval_s, found)
    return found


def _session(
    settings: DataSettings, raw: RawBars, bars: Bars, window: Window, interval_s: int, found: Walked
) -> None:  # fmt: skip
    rows, step = bars.of(window), interval_s * NS
    ts, close = bars.ts[rows], bars.columns["close"][rows]
    at = (ts - window.open_ns) // step
    n = window.n_bars(interval_s)
    found.bars += len(at)
    absent = np.ones(n, bool)
    absent[at] = False
    absent &= ~window.closed(window.open_ns + np.arange(n) * step)
    found.gaps += long_runs(absent, window.open_ns, step, interval_s)
    flat = bars.columns["high"][rows] == bars.columns["low"][rows]
    same = np.zeros(len(at), bool)
    same[1:] = flat[1:] & (close[1:] == close[:-1])
    for run in long_runs(same, 0, 1, interval_s):
        found.still.append(Run(int(ts[run.ts_ns]), run.bars + 1, run.usual + 1))
    low, high = np.searchsorted(raw.ts, (window.open_ns, window.close_ns))
    idle = raw.columns["volume"][low:high] == 0
    if idle.any():
        for run in long_runs(idle, 0, 1, interval_s):
            found.idle.append(Run(int(raw.ts[low + run.ts_ns]), run.bars, run.usual))
    odd = np.flatnonzero(suspects_of(close, settings.suspect_move))
    found.n_lone += len(odd)
    for i in odd[: MOST - len(found.lone)].tolist():
        what = f"close {close[i]:.10g} between {close[i - 1]:.10g} and {close[i + 1]:.10g}"
        found.lone.append(Row(int(ts[i]), "", what))


def long_runs(mask: np.ndarray, start_ns: int, step: int, interval_s: int) -> Iterator[Run]:
    """Stretches of True [n] that are longer than chance makes them in a session as quiet as its quietest half hours.

    The share of its own half hours is not counted against a stretch: a feed that fails would excuse itself.
    """
    starts, lengths = runs_of(mask)
    if not len(starts):
        return
    block, n = max(BLOCK_S // interval_s, 5), len(mask)
    whole = mask[: n // block * block].reshape(-1, block)
    total = int(mask.sum())
    least = max(by_chance((total - int(lengths.max()) + 1) / n, n), LEAST_RUN - 1)  # no stretch is allowed less
    for begin, length in zip(*(column[lengths > least].tolist() for column in (starts, lengths)), strict=True):
        others = np.ones(len(whole), bool)
        others[begin // block : (begin + length - 1) // block + 1] = False
        quiet = float(np.quantile(whole[others].mean(axis=1), SOME_BLOCKS)) if others.any() else 0.0
        # one more than was seen: where nothing was ever absent nobody knows how rare it is
        usual = by_chance(max(quiet, (total - length + 1) / n), n)
        if length > usual:
            yield Run(start_ns + begin * step, length, usual)


def session_checks(found: Walked, span: Span, raw: RawBars, interval_s: int) -> list[Finding]:
    """The findings of a walk."""
    return [
        _calendar(found), _short(found), _extra(raw, span), _clock(raw, span, interval_s),
        _stretches("gaps", found.gaps, found, interval_s, "without a bar, longer than chance explains in a session as "
                   "quiet as this one: the feed failed, or the exchange halted", "fetch these stretches again"),
        _stretches("stale", found.still, found, interval_s, "in which every bar repeats the last price, longer than "
                   "chance explains: a feed that stands still is no market", "fetch these stretches again"),
        _stretches("zero volume", found.idle, found, interval_s, "of rows with volume 0, longer than chance explains; "
                   "such rows are no bars to a run", "nothing to do where the vendor fills silence; else fetch again"),
        _lone(found),
    ]  # fmt: skip


def _calendar(found: Walked) -> Finding:
    of = found.sessions + len(found.missing)
    if not found.missing:
        return ok("sessions", KEY, of, "every session of the calendar has bars")
    return Finding(
        "sessions", KEY, Severity.WARNING, len(found.missing), of, "sessions of the exchange without a single bar",
        "fetch them, or see that data.calendar is the exchange's",
        tuple(Row(None, w.date, "no bar") for w in found.missing[:MOST]),
    )  # fmt: skip


def _short(found: Walked) -> Finding:
    if not found.short:
        return ok("short sessions", KEY, found.sessions, "no session is cut short; half days are the calendar's")
    return Finding(
        "short sessions", KEY, Severity.WARNING, len(found.short), found.sessions,
        "sessions with bars in fewer of their minutes than data.min_session_coverage; a run sets them aside",
        "fetch them whole, or lower data.min_session_coverage",
        tuple(Row(None, w.date, f"{share:.1%} of its minutes") for w, share in
              sorted(found.short, key=lambda pair: pair[1])[:MOST]),
    )  # fmt: skip


def _extra(raw: RawBars, span: Span) -> Finding:
    """Days with rows and without a session; rows before the open and after the close are told beside it."""
    outside = ~raw.inside
    if not outside.any():
        return ok("extra sessions", KEY, len(raw.ts), "every row lies in a session")
    ts = raw.ts[outside]
    opens, closes = (np.array([getattr(w, name) for w in span.around], np.int64) for name in ("open_ns", "close_ns"))
    before = np.searchsorted(opens, ts, side="right") - 1  # the session that began last
    since = np.where(before >= 0, ts - closes[np.maximum(before, 0)], FAR_NS + 1)
    until = np.where(before + 1 < len(opens), opens[np.minimum(before + 1, len(opens) - 1)] - ts, FAR_NS + 1)
    days = ts[(since > FAR_NS) & (until > FAR_NS)] // (86_400 * NS)
    strange, n = np.unique(days, return_counts=True)
    total = int(outside.sum())
    told = f"{amount(total, 'row')} before the open, after the close or in a break"
    if not len(strange):
        return Finding("extra sessions", KEY, Severity.NOTE, total, len(raw.ts), f"{told}; a run leaves them out")
    return Finding(
        "extra sessions", KEY, Severity.WARNING, int(n.sum()), len(raw.ts),
        f"rows on days on which the exchange has no session, and {amount(total - int(n.sum()), 'row')} outside the "
        "hours of others; a run leaves them out",
        "see that data.calendar is the exchange's and data.timezone the file's",
        tuple(Row(None, str(np.datetime64(int(d), "D")), amount(int(k), "row"))
              for d, k in zip(strange[:MOST], n[:MOST], strict=True)),
    )  # fmt: skip


def _clock(raw: RawBars, span: Span, interval_s: int) -> Finding:
    """Whether another clock, or another end of the bar, would put the rows where sessions are."""
    hours, share, now = _best_hours(raw, span)
    if hours:
        return Finding(
            "clock", KEY, Severity.ERROR, round((share - now) * len(raw.ts)), len(raw.ts),
            f"{now:.0%} of the rows lie in sessions, with {hours:+d} h {share:.0%} would: the clock is another zone's",
            "say which clock the file has with data.timezone, or correct the times",
        )  # fmt: skip
    step = interval_s * NS
    early = late = opens = lasts = n = 0
    for w in span.windows:
        low, high = np.searchsorted(raw.ts, (w.open_ns - 2 * step, w.close_ns + 2 * step))
        mine = raw.ts[low:high]
        if not ((mine >= w.open_ns) & (mine < w.close_ns)).any():
            continue
        n += 1
        opens += bool((mine == w.open_ns).any())
        lasts += bool((mine == w.close_ns - step).any())
        early += bool(mine[0] == w.open_ns - step)
        late += bool(mine[-1] == w.close_ns)
    if late > 0.5 * n and opens < 0.5 * n:
        return _shifted("each bar is stamped at its END: sessions begin one bar after the open and end with one at "
                        "the close, so every price is known a bar late",
                        "subtract the interval from ts", late, n)  # fmt: skip
    if early > 0.5 * n and lasts < 0.5 * n:
        return _shifted("each bar is stamped one interval EARLY: sessions begin with a bar before the open and none "
                        "is the last before the close, so every price is known before it was made",
                        "add the interval to ts", early, n)  # fmt: skip
    return ok("clock", KEY, n, "rows begin and end with the sessions")


def _shifted(means: str, remedy: str, count: int, of: int) -> Finding:
    return Finding("stamp", KEY, Severity.ERROR, count, of, means, remedy)


def _best_hours(raw: RawBars, span: Span) -> tuple[int, float, float]:
    """(hours by which the rows fit the sessions better, share inside with them, share inside as they are)."""
    windows = [w for w in span.around if w.close_ns > raw.ts[0] and w.open_ns < raw.ts[-1]] if len(raw.ts) else []
    windows = windows[:MOST_SESSIONS]
    if not windows:
        return 0, 0.0, 0.0
    last = windows[-1].close_ns + 15 * 3600 * NS
    ts = raw.ts[: int(np.searchsorted(raw.ts, last))]
    opens, closes = (np.array([getattr(w, name) for w in windows], np.int64) for name in ("open_ns", "close_ns"))

    def inside(hours: int) -> float:
        low, high = (np.searchsorted(ts, edge - hours * 3600 * NS) for edge in (opens, closes))
        return float((high - low).sum() / len(ts))

    now = inside(0)
    best = max(SHIFTS_H, key=lambda h: (inside(h), -abs(h)))
    share = inside(best)
    return (best, share, now) if share >= ZONE and now < share - 0.05 else (0, share, now)


def _stretches(
    check: str, runs: list[Run], found: Walked, interval_s: int, means: str, remedy: str
) -> Finding:  # fmt: skip
    if not runs:
        return ok(check, KEY, found.bars, f"no stretch {means.partition(',')[0]} that chance does not explain")
    runs = sorted(runs, key=lambda run: -run.bars)
    return Finding(
        check, KEY, Severity.WARNING, sum(run.bars for run in runs), found.bars,
        f"{amount(len(runs), 'stretch', 'stretches')} {means}", remedy,
        tuple(Row(run.ts_ns, "", f"{written(run.bars * interval_s)} from here on, {written(run.usual * interval_s)} "
                  "is usual") for run in runs[:MOST]),
    )  # fmt: skip


def _lone(found: Walked) -> Finding:
    if not found.n_lone:
        return ok("lone prints", KEY, found.bars, "no bar stands away from both neighbours, which agree")
    return Finding(
        "lone prints", KEY, Severity.WARNING, found.n_lone, found.bars,
        "bars away from both neighbours, which agree: mistyped trades; a run keeps them, as nobody could have known",
        "correct them at the source; data.suspect_bars=carry shows what they were worth, with hindsight",
        tuple(found.lone),
    )  # fmt: skip
