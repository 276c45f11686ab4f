"""``quantray data VERB …``: which file knows a verb about one's own data."""

from __future__ import annotations

from collections.abc import Sequence

from quantray.cli.verbs import Verb, Work, family, work_of

ABOUT = "Take data as vendors and tools write it into one DuckDB file that every run reads, and check it before."
VERBS = {
    "import": Verb("take files, folders, zips and tables of databases into a DuckDB file", family("data_import")),
    "export": Verb("write the tables of such a file as Parquet", family("data_export")),
    "check": Verb("what is wrong with data, how much of it and where, before a run trusts it", family("data_check")),
}


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray data``."""
    return work_of("quantray data", ABOUT, VERBS, given)
