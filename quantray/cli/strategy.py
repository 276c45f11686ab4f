"""``quantray strategy VERB …``: which file knows a verb about one's own strategy."""

from __future__ import annotations

from collections.abc import Sequence

from quantray.cli.verbs import Verb, Work, family, work_of

VERBS = {
    "check": Verb("does it look at the future, change its input, or answer twice differently?",
                  family("strategy_check")),
}  # fmt: skip


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray strategy``."""
    return work_of("quantray strategy", "Look at your own strategy before a run trusts it.", VERBS, given)
