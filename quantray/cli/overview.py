"""After a multirun: its studies side by side, those that failed, were interrupted or never began among them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from quantray.cli.exits import DONE, INTERRUPTED, USER_ERROR
from quantray.errors import UserError
from quantray.report.words import DASH

if TYPE_CHECKING:
    from quantray.config.plans import AnyPlan
    from quantray.report.ended import Ended
    from quantray.report.overview.shown import Job

STATES = {DONE: "done", INTERRUPTED: "interrupted", USER_ERROR: "refused"}
NO_FOLDER = "the jobs have no folder in common, so there is no overview page; run_dir=DIR gives them one"


def folder_of(plans: Sequence[AnyPlan]) -> Path | None:
    """The folder that holds the folders of all jobs, and nothing else of this user's work: never the working directory

    or one above it.
    """
    parents = {plan.run_dir.absolute().parent for plan in plans}
    found = parents.pop()
    here = Path.cwd()
    return None if parents or found in (here, *here.parents) else found


def check_place(plans: Sequence[AnyPlan]) -> None:
    """ConfigError, before the first job starts, where the page would replace what quantray did not write."""
    folder = folder_of(plans)
    if folder is not None:
        from quantray.report.overview import shown

        shown.check_place(folder)


def tell(plans: Sequence[AnyPlan], codes: Sequence[int]) -> None:
    """Print the table and write the page; ``codes`` are the exit codes of the jobs that began."""
    from rich.console import Group

    from quantray.report.console import show
    from quantray.report.overview import shown

    states = [STATES.get(code, "failed") for code in codes] + ["not begun"] * (len(plans) - len(codes))
    jobs = [_job(*each) for each in zip(plans, states, varied([_settings(plan) for plan in plans]), strict=True)]
    folder, page = folder_of(plans), None
    if folder is None:
        _say(NO_FOLDER)
    elif codes:
        page = shown.write(jobs, folder, _say)
    show(Group(*shown.as_renderables(jobs, page)))


def _job(plan: AnyPlan, state: str, varied: Mapping[str, str]) -> Job:
    from quantray.files import Published
    from quantray.report.listing import REPORT
    from quantray.report.overview.shown import Job

    try:
        there = Published(plan.run_dir).studies([REPORT]).get(REPORT) == plan.study
    except UserError:
        there = False
    return Job(plan.study, state, _ended(plan), plan.run_dir / REPORT if there else None, varied)


def _settings(plan: AnyPlan) -> Mapping[str, object]:
    """The plan as sections of the configuration."""
    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.sweeps.plan import Plan

    if isinstance(plan, Plan):
        from quantray.sweeps.description import request as of_sweep

        found = of_sweep(plan)
    elif isinstance(plan, BaselinePlan):
        from quantray.callers.baseline.pipeline import request as of_baseline

        found = of_baseline(plan)
    else:
        from quantray.callers.stages.checkpoints import request as of_policies

        found = of_policies(plan)
    return {key: value for key, value in found["sections"].items() if key != "study"}


def varied(jobs: Sequence[Mapping[str, object]]) -> list[dict[str, str]]:
    """Of each job the settings, by their dotted keys, in which the jobs differ: what a study's name may cut short."""
    flat = [dict(_flat(job, "")) for job in jobs]
    keys = dict.fromkeys(key for settings in flat for key in settings)
    telling = [key for key in keys if len({settings.get(key) for settings in flat}) > 1]
    return [{key: settings.get(key, DASH) for key in telling} for settings in flat]


def _flat(value: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(item, f"{path}.{key}" if path else str(key))
    else:
        yield path, json.dumps(value) if isinstance(value, list | Mapping | bool) or value is None else str(value)


def _ended(plan: AnyPlan) -> Ended | None:
    """What the study noted of its report."""
    from quantray.ledger.addresses import address
    from quantray.ledger.reader import open_reader
    from quantray.protocols import REPORTED
    from quantray.report.ended import ended_of

    if plan.storage.kind == "memory":
        return None
    try:
        with open_reader(address(plan.storage, plan.run_dir), plan.study) as study:
            return ended_of(study.notes().get(REPORTED))
    except UserError:  # it was never made
        return None


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
