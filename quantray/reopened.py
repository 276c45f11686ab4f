"""A finished run opened again by its directory or its name: what it found, and nothing computed anew."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.errors import ConfigError, LedgerError
from quantray.protocols import REPORTED, REQUEST
from quantray.report.ended import ended_of
from quantray.settings import Storage
from quantray.sweeps.plan import Plan

if TYPE_CHECKING:
    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.callers.baseline_study import BaselineStudy
    from quantray.callers.plan import CallerPlan
    from quantray.callers.study import CallerStudy
    from quantray.files.objects import Objects
    from quantray.sweeps.study import Study

    AnyStudy = Study | CallerStudy | BaselineStudy

_ADDRESS = re.compile(r"[a-z][a-z0-9+_]*://")
#: What carries out a plan of each kind.
_CALLS = {"Plan": "sweep", "CallerPlan": "optimise", "BaselinePlan": "baseline"}


def is_place(given: object) -> bool:
    """Whether this names a run, and no override: a Path, an address, a file or folder, a study of ``outputs``."""
    if isinstance(given, Path):
        return True
    if not isinstance(given, str) or not given.strip():
        return False
    key, equals, _ = given.partition("=")
    if _ADDRESS.match(key):
        return True
    try:
        if equals:
            return "/" in key and Path(given).exists()
        return Path(given).exists() or given in _studies()
    except (OSError, ValueError):  # no name of a file
        return False


def _studies() -> list[str]:
    """Names of the studies that lie in ``outputs``."""
    from quantray.sweeps.report.studies.places import OUTPUTS, known

    return known(OUTPUTS)


def reopened(place: str | Path, *names: object) -> AnyStudy:
    """The finished study in a run's directory, or of that name; ``names``: which one, where there are several.

    Raises LedgerError where there is none, or one that has not ended; DataError where what is kept of it is damaged or
    gone; ConfigError where the request that it keeps cannot be read any more.
    """
    from quantray.config.stored import at_home, stored_plan
    from quantray.ledger.ending import KEPT
    from quantray.ledger.reader import open_reader

    url, name = _found(place, names)
    with open_reader(url, name) as stored:
        notes, working = stored.notes(), stored.drivers()
    if working:
        raise LedgerError(f"study {name!r} has not ended: {working[0]} works on it")
    if not notes.get(KEPT):
        raise LedgerError(_unkept(name, notes))
    request = notes.get(REQUEST) or {}
    home = Path(str(request.get("cwd", "")))
    with at_home(request):
        plan = stored_plan(request or None, name, url)
    return _study(plan, notes, partial(at_home, {"cwd": str(home)}))


def _found(place: str | Path, names: tuple[object, ...]) -> tuple[str, str]:
    """Address and exact name of the study."""
    from quantray.sweeps.report.studies.places import databases, find, place_of

    if len(names) > 1 or not all(isinstance(name, str) for name in names) or any("=" in str(name) for name in names):
        raise ConfigError(
            f"qr.load({str(place)!r}) opens the finished run there, and takes the name of a study beside it where "
            f"there are several; {str(names[-1])!r} is none"
        )
    if names:
        return find(databases(place), str(names[0]), place)
    where, name = place_of(None, str(place)) if isinstance(place, str) else (str(place), None)
    return find(databases(where), name, where)


def _unkept(name: str, notes: Mapping[str, Any]) -> str:
    """Why a study cannot be opened, and what helps."""
    if notes.get(REPORTED) is None or ended_of(notes[REPORTED]) is None:
        return f"study {name!r} has not ended; the same call as before goes on there"
    return (
        f"study {name!r} keeps no results that could be opened: it has gone on since its report and was stopped, or an "
        "earlier version made it; the same call as before answers from what is stored, and keeps them"
    )


def _study(plan: Plan | CallerPlan | BaselinePlan, notes: Mapping[str, Any], home: Any) -> AnyStudy:
    from quantray.files import Pieces
    from quantray.ledger.addresses import address
    from quantray.ledger.ending import kept

    pieces = Pieces(plan.run_dir, plan.study)
    stored = kept(notes, pieces, f"qr.{_CALLS[type(plan).__name__]} with the same plan")
    typed = Path(stored.part("run_dir"))
    if typed.resolve() == plan.run_dir.resolve():
        plan = replace(plan, run_dir=typed)
    if address(Storage(), plan.run_dir) == plan.storage.url:
        plan = replace(plan, storage=Storage())  # where it lies unless it is told otherwise
    files = {name: plan.run_dir / name for name in stored.part("files")}
    if isinstance(plan, Plan):
        from quantray.sweeps.kept import results_of
        from quantray.sweeps.study import Study

        return Study(plan, results_of(stored, plan, home), files)
    return _about_callers(plan, stored, files)


def _about_callers(
    plan: CallerPlan | BaselinePlan, stored: Objects, files: dict[str, Path]
) -> CallerStudy | BaselineStudy:
    from quantray.callers.kept import baseline_of, policies_of
    from quantray.callers.plan import CallerPlan

    if isinstance(plan, CallerPlan):
        from quantray.callers.study import CallerStudy

        return CallerStudy(plan, policies_of(stored, plan), files)
    from quantray.callers.baseline_study import BaselineStudy

    return BaselineStudy(plan, baseline_of(stored, plan), files)
