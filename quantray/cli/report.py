"""``quantray study report NAME``: the report of a stored study, whatever state it is in."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.cli.exits import DONE, quiet

if TYPE_CHECKING:
    from quantray.config.plans import AnyPlan


def report(where: str | None, name: str | None, out: str | None) -> int:
    """Find the study, load its data as its request says, write, and say what was written and where."""
    from quantray.config.stored import at_home, stored_plan
    from quantray.protocols import REQUEST
    from quantray.sweeps.report.studies.places import databases, find, place_of

    quiet()
    place, known = place_of(where, name)
    url, study = find(databases(place), known, place)
    given = None if out is None else Path(out).expanduser().absolute()
    request = _request(url, study, REQUEST)
    with at_home(request or {}):
        plan = stored_plan(request, study, url)
        files, sentence = _write(plan, url, given or plan.run_dir)
    _tell(study, files, sentence)
    return DONE


def _request(url: str, study: str, key: str) -> Mapping[str, object] | None:
    from quantray.ledger.reader import open_reader

    with open_reader(url, study) as stored:
        found: Mapping[str, object] | None = stored.notes().get(key)
        return found


def _write(plan: AnyPlan, url: str, out: Path) -> tuple[Mapping[str, Path], str]:
    """Each kind of study has its own way; data that a sentence is about is said at once."""
    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.sweeps.plan import Plan

    if isinstance(plan, Plan):
        from quantray.sweeps.reported import report_study

        return report_study(plan, url, out, _say)
    from quantray.callers.reported import report_baseline, report_policies

    if isinstance(plan, BaselinePlan):
        return report_baseline(plan, url, out, _say)
    return report_policies(plan, url, out, _say)


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _tell(study: str, files: Mapping[str, Path], sentence: str) -> None:
    from rich.console import Group
    from rich.text import Text

    from quantray.plain import one_line
    from quantray.report.console import show
    from quantray.report.listing import reports

    show(Group(Text(f"{one_line(study)}: {sentence}"), *reports(files)))
