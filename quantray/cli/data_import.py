"""``quantray data import SOURCE… --into market.duckdb``."""

from __future__ import annotations

import argparse
import re
import shlex
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.cli.exits import DONE, FAILED, USER_ERROR, quiet
from quantray.cli.verbs import Parser, Work, at_least_one
from quantray.errors import ConfigError, UserError
from quantray.plain import amount, one_line

if TYPE_CHECKING:
    from quantray.intake import Done, Outcome, Progress, Request

TABLES = ("underlying", "options", "chain", "candles", "calls")
LISTED = 20  # sources that are told one by one
EXAMPLES = """examples:
  quantray data import downloads/ --into market.duckdb
  quantray data import 'opra/*.csv.gz' --into market.duckdb --root SPY --expiry 2024-08-16
  quantray data import BTCUSDT-1m-2025-01.zip calls.csv --into calls.duckdb
  quantray data import 'sqlite:///bars.db#bars' --into market.duckdb --table underlying --timezone America/New_York
"""


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray data import``."""
    about = "Take data into a DuckDB file that every run reads. The same command may be given again."
    parser = Parser("quantray data import", about, examples=EXAMPLES)
    add = parser.add_argument
    add("sources", nargs="+", metavar="SOURCE", help="a file, folder, 'pattern', zip, FILE#TABLE or URL#TABLE")
    add("--into", required=True, metavar="FILE", help="the DuckDB file, made unless it is there")
    add("--format", metavar="NAME", help="how the files are laid out (told by their headers)")
    add("--table", action="append", default=[], metavar="TABLE", help=f"what they are: {', '.join(TABLES)}")
    add("--column", action="append", default=[], metavar="OURS=THEIRS", help="which column is ours: ts=Time")
    add("--from", dest="from_", metavar="DATE", help="from this date on")
    add("--to", metavar="DATE", help="up to this date, included")
    add("--symbol", action="append", default=[], metavar="NAME", help="this underlying or asset alone")
    add("--root", action="append", default=[], metavar="NAME", help="options of this root alone: SPXW")
    add("--expiry", action="append", default=[], metavar="DATE", help="options that expire on this day alone")
    add("--timezone", metavar="ZONE", help="of times that name none: America/New_York")
    add("--ts-unit", metavar="UNIT", help="of times that are numbers: s, ms, us, ns")
    add("--stamp", metavar="STAMP", help="what a time says of its interval: start, end, at")
    add("--interval", metavar="LENGTH", help="of the rows, where the stamp is not their start: 1m")
    add("--date-format", metavar="FORM", help="of dates that are not 2024-11-27: %%m/%%d/%%Y")
    add("--date", metavar="DATE", help="of calls whose times are clocks alone, 12:30")
    add("--adjusted", choices=["accept"], help="take prices that are adjusted for splits and dividends")
    add("--max-set-aside", type=_share, default=0.05, metavar="SHARE", help="of a source's rows at most (.05)")
    add("--examples", type=at_least_one, default=3, metavar="N", help="lines told for each reason (3)")
    add("--memory", default="2GB", metavar="SIZE", help="what DuckDB may take before it spills (2GB)")
    add("--dry-run", action="store_true", help="say what would be done, and write nothing")
    args = parser.read(given)
    return lambda: _work(args)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} must be a share from 0 to 1")
    return share


def _work(args: argparse.Namespace) -> int:
    from quantray.intake import import_data

    quiet()
    request = _request(args)
    try:
        with _Line() as line:
            outcome = import_data(request, line.draw, dry_run=args.dry_run)
    except UserError as error:
        raise type(error)(in_flags(str(error))) from None
    print("\n".join(_told(outcome, args.examples)))
    print(_total(outcome, request, args.dry_run))
    failed = sum(done.state == "failed" for done in outcome.done)
    if not failed and not args.dry_run:
        print("\n".join(_next(outcome, request.into)))
    return DONE if not failed else FAILED if any(done.state == "taken" for done in outcome.done) else USER_ERROR


def in_flags(sentence: str) -> str:
    """A sentence about settings of a run, as one about the flags of this command.

    >>> in_flags("say data.timezone=America/New_York (or data.stamp={options: start})")
    'say --timezone America/New_York (or --stamp start)'
    >>> in_flags("set messages.date_format and data.timezone, or give data.date=2025-05-06")
    'set --date-format and --timezone, or give --date 2025-05-06'
    """
    sentence = re.sub(r"data\.columns\.(\w+\.\w+)=", r"--column \1=", sentence)
    names = "timezone|ts_unit|date_format|date|stamp|interval|adjusted|format|symbol"
    sentence = re.sub(rf"data\.({names})=\{{\w+: ([^}}]*)\}}", r"data.\1=\2", sentence).replace(
        "messages.date_", "data.date_"
    )
    return re.sub(
        rf"data\.({names})(?:\.\w+)?(=|\b)", lambda m: f"--{m[1].replace('_', '-')}{' ' if m[2] else ''}", sentence
    )


def _request(args: argparse.Namespace) -> Request:
    from quantray.cli.data_calls import CallFiles
    from quantray.durations import interval_s
    from quantray.intake import Limits, Request, Wanted

    if not re.fullmatch(r"\d+(\.\d+)?\s*([KMGT]i?B|%)", args.memory):
        raise ConfigError(f"--memory must be a size like 500MB or 4GB, got {args.memory!r}")
    return Request(
        sources=tuple(args.sources), into=Path(args.into).expanduser(), format=args.format, tables=tuple(args.table),
        wanted=Wanted(args.from_, args.to, tuple(args.symbol), tuple(args.root), tuple(args.expiry)),
        columns=_columns(args.column), timezone=args.timezone, ts_unit=args.ts_unit, stamp=args.stamp,
        date_format=args.date_format, date=args.date, adjusted=args.adjusted,
        interval_s=None if args.interval is None else interval_s(args.interval, "--interval"),
        limits=Limits(args.examples, args.max_set_aside), memory=args.memory, calls=CallFiles(),
    )  # fmt: skip


def _columns(given: Sequence[str]) -> dict[str, dict[str, str]]:
    """``ts=Time`` for every table, ``candles.ts=Time`` for one."""
    found: dict[str, dict[str, str]] = {}
    for line in given:
        ours, equals, theirs = line.partition("=")
        if not equals or not theirs:
            raise ConfigError(f"--column {line}: write OURS=THEIRS, or TABLE.OURS=THEIRS")
        table, dot, name = ours.rpartition(".")
        found.setdefault(table if dot else "", {})[name] = theirs
    return found


class _Line:
    """The progress in one line that is drawn again, on a terminal; nothing anywhere else."""

    def __enter__(self) -> _Line:
        self.there = sys.stderr.isatty()
        return self

    def __exit__(self, *_: object) -> None:
        if self.there:
            self._draw("")

    def draw(self, progress: Progress) -> None:
        if self.there:
            self._draw(in_words(progress))

    def _draw(self, text: str) -> None:
        from quantray.outlets import drawing

        stream = drawing(sys.stderr)
        stream.write(f"\r\x1b[K{text}")
        stream.flush()


def in_words(p: Progress) -> str:
    """``12 of 40 sources, 3,400,000 rows, 210,000 rows/s, 95 s left``; seconds throughout."""
    rate = f", {p.rows / p.seconds:,.0f} rows/s" if p.seconds > 0 else ""
    left = "" if p.left_s is None else f", {p.left_s:,.0f} s left"
    return f"{p.items:,} of {amount(p.of_items, 'source')}, {amount(p.rows, 'row')}{rate}{left}"


def _told(outcome: Outcome, examples: int) -> Iterator[str]:
    """What became of each source: alike ones in one line where there are many."""
    notable = [done for done in outcome.done if _is_notable(done)]
    plain = [done for done in outcome.done if done not in notable]
    shown = plain if len(plain) + len(notable) <= LISTED else []
    for done in outcome.done:
        if done in shown or done in notable[:LISTED]:
            yield from _of(done, examples)
    hidden = [done for done in outcome.done if done not in shown and done not in notable[:LISTED]]
    for (state, how), n in sorted(Counter((done.state, _how(done)) for done in hidden).items()):
        yield f"{amount(n, 'more source', 'more sources')} {state}{f' as {how}' if how else ''}"
    for reason, names in outcome.found.passed.items():
        yield f"passed over: {amount(len(names), 'file')} ({reason}), as {one_line(names[0])}"


def _is_notable(done: Done) -> bool:
    odd = any(taken.aside or taken.contradicting or taken.missed for taken in done.taken)
    return odd or done.state == "failed" or done.why not in ("", done.state)


def _how(done: Done) -> str:
    return ", ".join(dict.fromkeys(f"{reading.format} ({reading.table})" for reading in done.readings))


def _of(done: Done, examples: int) -> Iterator[str]:
    name = one_line(done.item.name)
    if done.state == "failed":
        yield f"{name}: failed: {in_flags(done.why.removeprefix(f'{done.item.name}: '))}"
        return
    why = f" ({done.why})" if done.why and done.why != done.state else ""
    replaced = f", {amount(done.replaced, 'row')} of before replaced" if done.replaced and done.state == "taken" else ""
    if not done.taken:
        yield f"{name}: {done.state}{why}{f' as {_how(done)}' if done.readings else ''}"
        return
    for reading, taken in zip(done.readings, done.taken, strict=True):
        counts = [f"{amount(taken.rows, 'row')} into {taken.table} as {reading.format}"]
        counts += [f"{taken.equal:,} there already"] if taken.equal else []
        counts += [f"{taken.contradicting:,} contradict others"] if taken.contradicting else []
        counts += [f"{sum(taken.aside.values()):,} set aside"] if taken.aside else []
        yield f"{name}: {', '.join(counts)}{replaced}{why}"
        yield from (f"  {one_line(said)}" for said in reading.said)
        yield from (f"  no row is wanted by {one_line(missed)}" for missed in taken.missed)
        for reason, n in taken.aside.items():
            lines = [(line, what) for cause, line, what in taken.shown if cause == reason]
            at = ", ".join(f"line {line:,}{f': {what}' if what else ''}" for line, what in lines)
            more = ", …" if n > len(lines) else ""
            yield f"  set aside: {amount(n, 'row')}: {one_line(reason)}{f'; {at}{more}' if at else ''}"


def _total(outcome: Outcome, request: Request, dry_run: bool) -> str:
    states = Counter(done.state for done in outcome.done)
    counts = ", ".join(f"{n:,} {state}" for state, n in states.items())
    new = sum(done.rows for done in outcome.done)
    there = ", ".join(f"{table} {n:,}" for table, n in outcome.tables.items() if n)
    end = "dry run: nothing was written" if dry_run else f"{amount(new, 'new row')} in {request.into}"
    return f"total: {amount(len(outcome.done), 'source')}: {counts}; {end}{f' (rows now: {there})' if there else ''}"


def _next(outcome: Outcome, into: Path) -> Iterator[str]:
    """The command that runs on what is there now, or what it lacks."""
    rows, file = outcome.tables, shlex.quote(f"data.duckdb={into}")
    start = "python -m quantray.run"
    if rows.get("underlying"):
        several = f" {shlex.quote(f'data.symbol={outcome.symbols[0]}')}" if len(outcome.symbols) > 1 else ""
        modelled = "" if rows.get("options") else " data.chain=synthetic"
        other = "" if outcome.weighed else " strategy=opening_range_breakout"  # without volumes there is no VWAP
        yield f"next: {start} +experiment=options_sweep{other} data=duckdb {file}{several}{modelled}"
    elif rows.get("options"):
        yield f"next: the underlying: quantray data import FILE --into {shlex.quote(str(into))} --table underlying"
    if rows.get("calls") and rows.get("candles"):
        yield f"next: {start} +experiment=caller_policies data=duckdb {file}"
    elif rows.get("calls") or rows.get("candles"):
        lacks = "candles" if rows.get("calls") else "calls"
        yield f"next: {lacks}: quantray data import FILE --into {shlex.quote(str(into))} --table {lacks}"
