"""What a run prints when it is done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.plain import amount
from quantray.report import words
from quantray.report.listing import listing, plain_grid
from quantray.report.verdict import MARKS, STYLES
from quantray.sweeps.report import facts
from quantray.sweeps.report.reasons import failures, nothing
from quantray.sweeps.report.sections import regret_sentence
from quantray.sweeps.results import Results

if TYPE_CHECKING:
    from rich.console import RenderableType

FILES = {
    "report.html": "the report: open it in a browser",
    "summary.json": "the same as data",
    "top_trials.csv": "the best trials",
    "trials.parquet": "every trial",
    "history.png": "progress of the search",
    "surface": "every point of the table",
}
BESIDE = {
    "ledger.db": "the study: the same command goes on with it, optuna-dashboard opens it",
}
COMPARED = ("n_trades", "return_on_risk_percent", "total_pnl", "expectancy", "win_rate", "profit_factor", "sharpe",
            "max_drawdown")  # fmt: skip


def ending(results: Results, files: Mapping[str, Path]) -> RenderableType:
    """Best parameters, searched against held out, the verdict with its reasons, and where everything lies."""
    from rich.console import Group

    return Group(*_parts(results, files))


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
        yield from _best(r)
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


def _best(r: Results) -> Iterator[RenderableType]:
    from rich.table import Table
    from rich.text import Text

    assert r.best is not None
    yield Text(f"Best: trial {r.best.number:,}", style="bold")
    params = plain_grid()
    for name, value in r.best.params.items():
        params.add_row(Text(f"  {name}"), Text(words.parameter(value)))
    yield params
    yield Text()
    names = [r.plan.objective, *(n for n in COMPARED if n != r.plan.objective)]
    held = r.out_of_sample.metrics if r.out_of_sample else {}
    shown = [n for n in names if r.best.metrics.get(n) is not None or held.get(n) is not None]
    table = Table(box=None, padding=(0, 2), pad_edge=False)
    for title in ("", "searched", *(["held out"] if r.out_of_sample else [])):
        table.add_column(title, justify="right" if title else "left", no_wrap=True)
    for name in shown:
        cells = [words.metric(name, r.best.metrics.get(name))]
        cells += [words.metric(name, held.get(name))] if r.out_of_sample else []
        table.add_row(f"  {words.label(name)}", *cells, style="bold" if name == r.plan.objective else "")
    yield table
    beyond = regret_sentence(r)
    if beyond is not None:
        yield Text(f"  {beyond}")
    if r.out_of_sample is None:
        yield Text("  Nothing was held out (oos.fraction=0): these figures are those the search was fitted to.")


def _verdict(r: Results) -> Iterator[RenderableType]:
    from rich.text import Text

    v = r.verdict
    style = STYLES[v.word]
    yield Text("Verdict: ", style="bold").append(str(v.word), style=f"bold {style}")
    if not v.checks and r.best is not None:
        yield Text(f"  {v.headline}")
    grid = plain_grid()
    grid.add_column(no_wrap=True)
    grid.add_column()
    for check in v.checks:
        mark, colour = MARKS[check.passed]
        grid.add_row(Text(f"  {mark}", style=colour), Text(check.sentence))
    yield grid


def _files(r: Results, files: Mapping[str, Path]) -> Iterator[RenderableType]:
    beside = {name: r.plan.run_dir / name for name in BESIDE if (r.plan.run_dir / name).exists()}
    told = {**FILES, **BESIDE}
    if len(r.trials) < r.counts.attempts:  # of a table only the best points are trials
        told["trials.parquet"] = f"the best {len(r.trials):,} of its points" if r.trials else "no point of the table"
    top = min(r.plan.report.top, sum(t.value is not None for t in r.trials))
    told["top_trials.csv"] = f"the best {amount(top, 'trial')}" if top else "no trial: none completed"
    yield from listing({**files, **beside}, told)
