"""``quantray data VERB``: one's own data, taken into a file that every run reads, and out of it again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

from quantray.cli.verbs import Verb, Work, work_of

ABOUT = "Take data as vendors and tools write it into one DuckDB file that every run reads, and out of it again."


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray data``."""
    return work_of("quantray data", ABOUT, VERBS, given)


def _verb(module: str) -> Callable[[Sequence[str]], Work]:
    """Parses with ``quantray.cli.<module>``, which is imported when its verb is asked for."""

    def parse(given: Sequence[str]) -> Work:
        verb: Callable[[Sequence[str]], Work] = import_module(f"quantray.cli.{module}").parse
        return verb(given)

    return parse


VERBS = {
    "import": Verb("take files, folders, zips and tables of databases into a DuckDB file", _verb("data_import")),
    "export": Verb("write the tables of such a file as Parquet or CSV", _verb("data_export")),
}
