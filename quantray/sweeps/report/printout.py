"""What a run prints when it is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.plain import amount
from quantray.protocols import Counts
from quantray.report import words
from quantray.report.listing import listing, plain_grid, still
from quantray.report.verdict import MARKS, STYLES
from quantray.sweeps.objective import objective
from quantray.sweeps.plan import Plan
from quantray.sweeps.report import facts, survival
from quantray.sweeps.report.candidates import regret_sentence
from quantray.sweeps.report.reasons import failures, nothing
from quantray.sweeps.results import Results

if TYPE_CHECKING:
    from rich.console import RenderableType

FILES = {
    "report.html": "the report: open it in a browser",
    "summary.json": "the same as data",
    "top_trials.csv": "the best trials",
    "trades.csv": "every trade of pick and peak",
    "trials.parquet": "every trial",
    "survivors.parquet": "every survivor",
    "history.png": "progress of the search",
    "surface": "every point of the table",
}
BESIDE = {
    "ledger.db": "the study: the same command goes on with it, optuna-dashboard opens it",
}
COMPARED = ("n_trades", "return_on_risk_percent", "total_pnl", "expectancy", "win_rate", "profit_factor", "sharpe",
            "max_drawdown")  # fmt: skip


def ending(results: Results, files: Mapping[str, Path]) -> RenderableType:
    """Survivors, pick and peak, searched against held out, the verdict with its reasons, and where everything lies."""
    from rich.console import Group

    return Group(*_parts(results, files))


def finished(plan: Plan, counts: Counts, files: Mapping[str, Path]) -> RenderableType:
    """What a request is answered with that is carried out already."""
    done = f"{counts.complete:,} completed, {counts.pruned:,} pruned, {counts.failed:,} failed"
    more = "" if plan.search.kind == "exhaustive" else "search.n_trials=… goes on with it, "
    return still(plan.study, done, more, files)


def _parts(r: Results, files: Mapping[str, Path]) -> Iterator[RenderableType]:
    from rich.text import Text

    c = r.counts
    yield Text()
    yield Text(r.study, style="bold")
    duplicates = sum(r.duplicates.values())
    counted = f"{c.complete:,} completed, {c.pruned:,} pruned, {c.failed:,} failed"
    counted += f", {amount(duplicates, 'duplicate')} not launched" if duplicates else ""
    yield Text(f"{counted} in {words.duration(r.seconds)}" + (f"; {r.stop_reason}" if r.stop_reason else ""))
    failed = failures(r.counts, r.reasons)
    if failed is not None and r.best is not None:
        yield Text(failed, style="red")
    for note in r.notes:
        yield Text(note, style="dim")
    yield Text()
    if r.best is None:
        yield Text(nothing(r.counts, r.reasons, r.plan), style="bold red")
        if len(r.reasons) > 1:
            yield from _reasons(r)
    else:
        yield from _survivors(r)
        yield from _chosen(r)
    yield Text()
    yield from _verdict(r)
    yield Text()
    yield from _files(r, files)


def _reasons(r: Results) -> Iterator[RenderableType]:
    """How often each reason kept a candidate from completing."""
    from rich.text import Text

    grid = plain_grid()
    grid.add_column()
    grid.add_column(justify="right", no_wrap=True)
    for why, n in facts.reasons(r):
        grid.add_row(Text(f"  {why}"), Text(f"{n:,}"))
    yield grid


def _survivors(r: Results) -> Iterator[RenderableType]:
    """How many survive, and the levels that they have."""
    from rich.text import Text

    if r.surviving is None:
        return
    yield Text("Survivors: ", style="bold").append(survival.counted(r), style="not bold")
    for sentence in survival.missing(r):
        yield Text(f"  {sentence}")
    grid = plain_grid()
    grid.add_column(no_wrap=True)
    grid.add_column()
    for name, levels in r.surviving.levels.items():
        if survival.telling(levels):
            grid.add_row(Text(f"  {words.label(name)}"), Text(survival.in_line(levels)))
    yield grid
    yield Text()


def _chosen(r: Results) -> Iterator[RenderableType]:
    """Pick and peak side by side: parameters, then figures searched and held out."""
    from rich.table import Table
    from rich.text import Text

    chosen, held = survival.both(r), r.out_of_sample is not None
    heading = Text()
    for c in chosen:
        heading.append("   " if heading else "").append(f"{c.name.capitalize()}: ", style="bold")
        heading.append(survival.called(r, c))
    yield heading
    params = Table(box=None, padding=(0, 2), pad_edge=False, show_header=len(chosen) > 1)
    for title in ("", *(c.name for c in chosen)):
        params.add_column(title)
    for name in chosen[0].params if chosen else ():  # as it is typed
        params.add_row(f"  {name}", *(Text(words.parameter(c.params.get(name))) for c in chosen))
    yield params
    yield Text()
    table = Table(box=None, padding=(0, 2 if len(chosen) == 1 else 1), pad_edge=False)
    table.add_column("", no_wrap=True)
    for c in chosen:
        before = f"{c.name}\n" if len(chosen) > 1 else ""
        for title in ("searched", *(["held out"] if held else [])):
            table.add_column(f"{before}{title}", justify="right", no_wrap=True)
    judged = objective(r.plan.objective)
    names = [r.plan.objective, *(n for n in COMPARED if n != r.plan.objective)]
    figures = [m for c in chosen for m in ((c.metrics, c.oos or {}) if held else (c.metrics,))]
    for name in names:
        cells = [words.metric(name, judged.value(m) if name == judged.text else m.get(name)) for m in figures]
        if set(cells) != {words.DASH}:
            table.add_row(f"  {words.label(name)}", *cells, style="bold" if name == r.plan.objective else "")
    yield table
    reason = f"Why this survivor: {r.pick.reason}" if r.pick else None
    for sentence in (survival.apart(r), reason, regret_sentence(r)):
        if sentence is not None:
            yield Text(f"  {sentence}")
    if not held:
        yield Text("  Nothing was held out (oos.fraction=0): these figures are those the search was fitted to.")


def _verdict(r: Results) -> Iterator[RenderableType]:
    from rich.text import Text

    v = r.verdict
    style = STYLES[v.word]
    yield Text("Verdict: ", style="bold").append(str(v.word), style=f"bold {style}")
    if r.best is not None or v.checks:  # else what is said of the candidates above is the whole of it
        yield Text(f"  {v.headline}")
    grid = plain_grid()
    grid.add_column(no_wrap=True)
    grid.add_column()
    for check in v.checks:
        if check.decides and check.sentence not in v.headline:
            mark, colour = MARKS[check.passed]
            grid.add_row(Text(f"  {mark}", style=colour), Text(check.sentence))
    yield grid
    beside = plain_grid()
    beside.add_column(no_wrap=True)
    beside.add_column()
    for check in v.checks:
        told = r.pick is not None and check.sentence.startswith(r.pick.reason)
        if not check.decides and check.passed is not True and not told:
            beside.add_row(Text("  ·", style="dim"), Text(check.sentence, style="dim"))
    if beside.row_count:
        yield Text("  Told beside it; none of these decides:", style="dim")
        yield beside


def _files(r: Results, files: Mapping[str, Path]) -> Iterator[RenderableType]:
    beside = {name: r.plan.run_dir / name for name in BESIDE if (r.plan.run_dir / name).exists()}
    told = {**FILES, **BESIDE}
    if len(r.trials) < r.counts.attempts:  # of a table only the best points are trials
        told["trials.parquet"] = f"the best {len(r.trials):,} of its points" if r.trials else "no point of the table"
    top = min(r.plan.report.top, sum(t.value is not None for t in r.trials))
    n = r.surviving.n if r.surviving else 0
    told["survivors.parquet"] = f"the {amount(n, 'survivor')}" if n else "no row: nothing survives"
    told["trades.csv"] = f"every trade of the {' and the '.join(c.name for c in survival.both(r)) or 'best'}"
    told["top_trials.csv"] = f"the best {amount(top, 'trial')}" if top else "no trial: none completed"
    yield from listing({**files, **beside}, told)
