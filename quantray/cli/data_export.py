"""``quantray data export market.duckdb --out FOLDER``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from quantray.cli.exits import DONE, quiet
from quantray.cli.verbs import Parser, Work
from quantray.plain import amount


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray data export``."""
    parser = Parser("quantray data export", "Write the tables of an imported file, each into a Parquet file.")
    parser.add_argument("file", metavar="FILE", help="a DuckDB file that quantray data import made")
    parser.add_argument("--out", required=True, metavar="FOLDER", help="where to: TABLE.parquet")
    parser.add_argument("--table", action="append", default=[], metavar="TABLE", help="this table alone (every one)")
    args = parser.read(given)
    return lambda: _work(args)


def _work(args: argparse.Namespace) -> int:
    from quantray.intake.export import export_data

    quiet()
    for made in export_data(Path(args.file).expanduser(), Path(args.out).expanduser(), args.table):
        print(f"{made.path}: {amount(made.rows, 'row')} of {made.table}")
    return DONE
