"""Finished runs about callers on a small market with hostile names, made once a session of tests."""

from __future__ import annotations

from pathlib import Path

from quantray.callers.baseline import BaselineSettings
from quantray.callers.baseline_study import BaselineStudy
from quantray.callers.data import CallsData
from tests.builders.baselines import finished
from tests.builders.call_tables import call_rows, candle_rows, write_duckdb

#: What a terminal would obey, what it would read as markup, what is wider than it is long, and what is longer.
NAMES = (
    "Anna", "[red]bert[/red]", "\x1b[31mred\x1b[2J", "日本語の名前はとても長いのでここで切れるはずです",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 family \U0001f1eb\U0001f1f7 \u270c\U0001f3fd", "e" + "\u0301" * 9,
    "x" * 200, "tab\tline\nfeed", "\u202eevil", "[/] [@click=app.quit]x[/]",
)  # fmt: skip
ASSETS = ("T0", "[bold]T1", "日本T2")


def hostile_market(folder: Path) -> Path:
    """A DuckDB file in which every caller of NAMES makes six calls."""
    rows = [(name, ASSETS[k % 3], 10.0 + i + 7 * k) for i, name in enumerate(NAMES) for k in range(6)]
    return write_duckdb(folder, calls=call_rows(*rows), candles=candle_rows({a: range(300) for a in ASSETS}))


def hostile_baseline(folder: Path) -> BaselineStudy:
    """The alert baseline of that market, finished in ``folder/run``."""
    data = CallsData("duckdb", duckdb=hostile_market(folder), cache=folder / "cache")
    return finished(data, folder / "run", baseline=BaselineSettings(min_calls=1))
