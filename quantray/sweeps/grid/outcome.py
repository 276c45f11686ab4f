"""What a complete table came to, and when it is given up because its points fail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from quantray.errors import TooManyFailures
from quantray.failures import Reason, counted, is_fault
from quantray.plain import amount
from quantray.protocols import TABLE, Counts, Ledger
from quantray.sweeps.plan import Plan


def check_failures(plan: Plan, stored: Iterable[tuple[int, str, str, int]]) -> None:
    """Raise :class:`TooManyFailures` when more of the stored points failed than ``search.max_failures``.

    ``stored`` are rows (number, state, reason, count). What a rule of the strategy refuses is no failure of its code.
    """
    faults = [r for r in counted(stored) if r.state == "FAIL" and is_fault(r.first)]
    failed, most = sum(r.n for r in faults), plan.search.max_failures
    if failed > most:
        first = min(faults, key=lambda r: r.number)
        raise TooManyFailures(
            f"{amount(failed, 'point')} failed, more than search.max_failures={most}; the first one, number "
            f"{first.number:,}: "
            f"{first.first}. All results are stored; repair the strategy, or raise max_failures"
        )


def note_table(ledger: Ledger, counts: Counts, reasons: Sequence[Reason]) -> None:
    """Keep with the study what its table came to: the trials that it holds are the best of them only."""
    rows = [[r.state, r.n, r.first, r.number] for r in reasons]
    ledger.note(TABLE, {"counts": [counts.complete, counts.pruned, counts.failed], "reasons": rows})
