"""``quantray import-results FILE…``."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.cli.exits import DONE
from quantray.cli.verbs import Parser, Work
from quantray.errors import ConfigError
from quantray.plain import amount

if TYPE_CHECKING:
    from quantray.callers.imports import Imported


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray import-results``."""
    from quantray.callers.imports.numbers import STYLES

    parser = Parser(
        "quantray import-results", "Take JSON or CSV results of other tools into a DuckDB file, beside one's own."
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="one row a caller and policy, or a trade")
    parser.add_argument("--into", default="results.duckdb", metavar="FILE", help="where to (results.duckdb)")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and write nothing")
    parser.add_argument("--source", metavar="NAME", help="what the rows are known by (the file's name)")
    parser.add_argument(
        "--map", action="append", default=[], metavar="OURS=THEIRS[:UNIT]",
        help="which column is ours, and in which unit: tp=target:gain, 'win_rate=WR:percent'; tp= leaves it out",
    )  # fmt: skip
    parser.add_argument("--trades", action="store_true", help="every row is one trade")
    parser.add_argument("--decimal", choices=STYLES, help="what stands before the decimals")
    args = parser.read(given)
    return lambda: _work(args)


def _work(args: argparse.Namespace) -> int:
    from quantray.callers.imports import import_results

    told = {}
    for line in args.map:
        ours, equals, theirs = line.partition("=")
        if not equals:
            raise ConfigError(f"--map {line}: write OURS=THEIRS")
        told[ours] = theirs
    paths = [Path(file).expanduser() for file in args.files]
    files = import_results(paths, Path(args.into).expanduser(), dry_run=args.dry_run, told=told, source=args.source,
                           trades=args.trades, decimal=args.decimal)  # fmt: skip
    for file in files:
        print("\n".join(_told(file)))
    print(_total(files, args.into, args.dry_run))
    return DONE


def _told(file: Imported) -> Iterator[str]:
    """What became of a file, and of every row that failed."""
    if file.error is not None:
        yield f"{file.path}: failed: {file.error}"
        return
    yield f"{file.path}: {_counted(len(file.rows), file.skipped, len(file.failed))}"
    yield f"  {', '.join(map(str, file.matches.values()))}"
    if file.trades:
        yield "  each row is one trade"
    if file.extra:
        yield f"  kept in extra: {', '.join(file.extra)}"
    for hint in file.hints:
        yield f"  not taken: {hint}"
    reasons: dict[str, list[int]] = {}
    for number, reason in file.failed:
        reasons.setdefault(reason, []).append(number)
    for reason, numbers in reasons.items():
        yield f"  failed: {'row' if len(numbers) == 1 else 'rows'} {ranges(numbers)}: {reason}"


def _counted(migrated: int, skipped: int, failed: int) -> str:
    return f"{migrated:,} migrated, {skipped:,} skipped (there already), {failed:,} failed"


def _total(files: Sequence[Imported], into: str, dry_run: bool) -> str:
    counts = [sum(len(f.rows) for f in files), sum(f.skipped for f in files), sum(len(f.failed) for f in files)]
    broken = sum(f.error is not None for f in files)
    more = f", {amount(broken, 'file')} unread" if broken else ""
    end = "dry run: nothing was written" if dry_run else f"in {into}, table imported_results"
    return f"total: {_counted(*counts)}{more}; {end}"


def ranges(numbers: Sequence[int]) -> str:
    """
    >>> ranges([3, 4, 5, 9])
    '3-5, 9'
    """
    spans: list[list[int]] = []
    for number in sorted(numbers):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)
