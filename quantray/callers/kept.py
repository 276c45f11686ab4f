"""The results of a finished run about callers, kept with its study and read again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.callers.baseline.plan import BaselinePlan
from quantray.callers.plan import CallerPlan
from quantray.digests import digest_of
from quantray.files import Pieces
from quantray.protocols import Say

if TYPE_CHECKING:
    from quantray.callers.baseline.results import BaselineResults
    from quantray.callers.results import CallerResults
    from quantray.files.objects import Objects
    from quantray.ledger.sql_ledger import SqlLedger


def keep(results: CallerResults | BaselineResults, ledger: SqlLedger, files: Mapping[str, Path], say: Say) -> None:
    """Keep the results with the study; ``files`` are those of its report. The plan is what the study's request says."""
    from quantray.ledger import ending

    stand_ins = {CallerPlan: lambda plan: None, BaselinePlan: lambda plan: None}
    ending.keep(ledger, results.plan.run_dir, results, files, stand_ins, say)


def policies_of(stored: Objects, plan: CallerPlan) -> CallerResults:
    """The results that :func:`keep` kept; the grid lies among the pieces, wherever these are by now."""
    from quantray.callers.stages.table import folder_of

    found: CallerResults = stored.part("results", {"CallerPlan": lambda _: plan})
    stem = digest_of(dict(found.digests))[:12]
    return replace(found, table=Pieces(plan.run_dir, plan.study).path(f"{stem}/{folder_of(plan)}"))


def baseline_of(stored: Objects, plan: BaselinePlan) -> BaselineResults:
    """The same of an alert baseline."""
    found: BaselineResults = stored.part("results", {"BaselinePlan": lambda _: plan})
    return found
