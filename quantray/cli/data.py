"""``quantray data VERB …``: which file knows a verb about one's own data."""

from __future__ import annotations

from collections.abc import Sequence

from quantray.cli.verbs import Verb, Work, family, work_of

VERBS = {
    "check": Verb("what is wrong with data, how much of it and where, before a run trusts it", family("data_check")),
}


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray data``."""
    return work_of("quantray data", "Look at your own data before a run trusts it.", VERBS, given)
