"""What a run of the optimiser prints when it is done: callers with n beside every score, bad news, files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.callers.policies import written
from quantray.callers.report import survival
from quantray.callers.report.detail import collapsed_words, state_words
from quantray.callers.report.facts import value_words
from quantray.callers.report.idle import told_of
from quantray.callers.report.sections import LOUD, callers, group, skipped_words, verdict, warnings
from quantray.callers.report.summary import traded
from quantray.callers.report.tables import LATE
from quantray.callers.report.words import label, metric
from quantray.callers.results import CallerResults, UnitResult
from quantray.plain import amount, one_line
from quantray.report import words
from quantray.report.listing import listing
from quantray.report.verdict import STYLES
from quantray.report.words import DASH, number
from quantray.stats.checks import Word

if TYPE_CHECKING:
    from rich.console import RenderableType

FILES = {
    "report.html": "the report: open it in a browser",
    "baseline.html": "what every call offered, without a policy",
    "alerts.parquet": "the same, one row a call",
    "optimal_policies.csv": "the best policy of every caller",
    "survivors.parquet": "every survivor, caller by caller",
    "results.duckdb": "policies, best, survivors, trades and calls, to be asked in SQL",
    "trades.parquet": "trades of the policies shown, skipped calls with reasons",
    "trades.csv": "the same, for a spreadsheet",
    "calls.parquet": "every call: why it counts or not, its coverage",
    "policies": "the whole grid, caller by caller",
    "worklist.csv": "which candles to fetch",
    "unparsed.csv": "messages of chats that are no call, and why",
    "summary.json": "the same as data",
    "ledger.db": "what is done: the same command goes on with it",
}
FIRST, LAST = 12, 4
WIDE = 110  # columns from which on the table shows more
SHORTEST, ROOM = 8, 22  # least width of a name, and of a policy that stands beside its scores


def ending(results: CallerResults, files: Mapping[str, Path], width: int = 80) -> RenderableType:
    """Counts, bad news, callers with the held-out result first, the verdict, and where everything lies."""
    from rich.console import Group

    return Group(*_parts(results, files, width))


def _parts(r: CallerResults, files: Mapping[str, Path], width: int) -> Iterator[RenderableType]:
    from rich.text import Text

    c = r.coverage
    yield Text()
    yield Text(r.study, style="bold")
    reused = f", {r.reused:,} stages and blocks reused" if r.reused else ""
    left = len(c) - c.counts["eligible"]
    yield Text(
        f"{amount(c.counts['eligible'], 'eligible call')} of {amount(len(c.plan.calls.callers), 'caller')} "
        f"({left:,} left out) under {amount(len(r.plan.policies), 'policy', 'policies')} in "
        f"{words.duration(r.seconds)}{reused}"
    )
    done = traded(r)
    skipped = f" ({skipped_words(done)})" if done.n_skipped or done.rest else ""
    yield Text(f"{amount(done.executed, 'trade')} executed, {amount(done.n_skipped, 'call')} skipped{skipped}")
    yield Text()
    said = warnings(r)
    for warning in said:
        yield Text(warning, style="bold red" if warning.startswith(LOUD) else "yellow")
    if said:
        yield Text()
    if r.ranked:
        yield from _callers(r, width)
    else:
        yield Text("No caller has a best policy.", style="bold red")
        for unit in [*callers(r)[:FIRST], *([group(r)] if group(r) else [])]:
            assert unit is not None
            yield Text(
                f"  {one_line(unit.name)}: {state_words(unit)} ({unit.n_eligible:,} of "
                f"{amount(unit.n_calls, 'call')} eligible)"
            )
    yield Text()
    tone, word, headline = verdict(r)
    style = {"good": "green", "doubt": "yellow", "bad": "red", "none": "cyan"}[tone]
    yield Text("Verdict: ", style="bold").append(word, style=f"bold {style}").append(f". {headline}", style="default")
    yield Text()
    ledger = r.plan.run_dir / "ledger.db"
    yield from listing({**files, **({ledger.name: ledger} if ledger.exists() else {})}, FILES)


def _callers(r: CallerResults, width: int) -> Iterator[RenderableType]:
    """A line a unit, its policy beside it or below; scores are never cut."""
    from rich.text import Text

    people, whole = callers(r), group(r)
    few = len(people) <= FIRST + LAST + 1
    shown = [*([whole] if whole is not None else []), *(people if few else [*people[:FIRST], *people[-LAST:]])]
    what = label(r.plan.objective)
    if r.across is not None:
        yield Text(survival.across(r))
    yield Text(f"{what[:1].upper()}{what[1:]}, trades in brackets", style="bold")
    rows = [_cells(r, unit, width >= WIDE) for unit in shown]
    head = _head(r, width >= WIDE)
    widths = [max(len(row[k]) for row in [head, *rows]) for k in range(len(head))]
    taken = sum(widths[1:]) + 2 * len(widths) + max(len(word) for word in Word)
    widths[0] = min(widths[0], max(width - taken, SHORTEST))
    room = width - widths[0] - taken - 2
    beside = room >= ROOM
    first = _line(head, widths) + ("  policy".ljust(room + 2) if beside else "") + "  verdict"
    yield Text(first, style="dim")
    for unit, row in zip(shown, rows, strict=True):
        if not few and unit is people[-LAST]:
            yield Text(f"… {len(people) - FIRST - LAST:,} more in the report …", style="dim")
        policy = written(unit.shown.policy) if unit.shown is not None else state_words(unit)
        line = Text(_line(row, widths), style="bold" if unit is whole else "")
        if beside:
            line.append("  " + _cut(policy, room).ljust(room), style="default" if unit.policy else "yellow")
        word = unit.verdict.word if unit.verdict is not None else None
        yield line.append(f"  {word or DASH}", style=STYLES[word] if word is not None else "")
        if not beside:
            yield Text("  " + _cut(policy, width - 2), style="dim" if unit.policy else "yellow")
    best = next((u for u in people if u.shown is not None), whole)
    if best is not None and best.shown is not None:
        yield Text(f"First in the table, {one_line(best.name)}: {told_of(best.shown)}", style="dim")
    for unit in [u for u in shown if u.pick is not None][:FIRST]:
        yield Text(f"{one_line(unit.name)}: {' '.join(survival.sentences(r, unit))}", style="dim")


def _head(r: CallerResults, wide: bool) -> list[str]:
    more = ["win rate", *(["drawdown", "collapsed"] if r.plan.account.limited else [])] if wide else []
    more += ["mean net, shrunk"] if wide and r.across is not None and r.across.shrunk else []
    scored = ["held out", "1 candle late", "training"] if r.split_ns is not None else ["training", "1 candle late"]
    return ["caller", *scored, *more]


def _cells(r: CallerResults, u: UnitResult, wide: bool) -> list[str]:
    held, c = r.split_ns is not None, u.shown
    train, unseen = (c.train, c.held_out) if c is not None else (None, None)
    values = (c.held_out_value, c.value) if c is not None else (None, None)
    late = (c.lanes if c is not None else {}).get(LATE, (None, None))[1 if held else 0] or {}
    cells = [one_line(u.name)]
    for value, part in [*([(values[0], unseen)] if held else []), (values[1], train)]:
        n = None if part is None else part.metrics.get("n_trades")
        cells.append(DASH if part is None else f"{value_words(r, value)} ({number(n)})")
    cells.insert(2, value_words(r, late.get(r.plan.objective)))  # beside what it is the late version of
    if wide:
        counting = unseen if held else train
        found = counting.metrics if counting is not None else {}
        cells.append(metric("win_rate", found.get("win_rate")))
        if r.plan.account.limited:
            cells += [metric("max_drawdown", found.get("max_drawdown")), collapsed_words(u)]
        if r.across is not None and r.across.shrunk:
            cells.append(survival.shrunk(r, u))
    return cells


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """The first to the left, figures to the right."""
    first = _cut(cells[0], widths[0]).ljust(widths[0])
    return "  ".join([first, *(cell.rjust(w) for cell, w in zip(cells[1:], widths[1:], strict=True))])


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 1, 1)] + "…"
