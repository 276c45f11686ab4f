"""The page of a run over policies that has not come to its end: how far each stage is, and who is ranked by now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from quantray.callers.plan import CallerPlan
from quantray.callers.policies import written
from quantray.callers.progress import STAGES
from quantray.callers.report.words import STATES
from quantray.callers.results import GROUP
from quantray.callers.stages.checkpoints import ROWS
from quantray.callers.stages.table import ranking_of
from quantray.files import Published, room
from quantray.plain import amount
from quantray.protocols import Say
from quantray.report.listing import REPORT
from quantray.report.page import render
from quantray.report.words import DASH, label, metric, number

#: Stages that keep what they have done, by the beginning of their notes.
_KEPT = {"offers": "alerts", "first touch": "tables", "scores": "scores", "ranking": "ranking"}


def headline(plan: CallerPlan, notes: Mapping[str, Any], where: str) -> str:
    """How far it is, and what that means; ``where`` says what became of the run."""
    n = sum(place["name"] != GROUP for place in places(plan, notes))
    told = f"{amount(n, 'caller')} ranked so far" if n else "no caller is ranked yet"
    return (
        f"Incomplete: {told}; {where}. Nothing is judged before the end: the held-out calls are not looked at, and the "
        "best policies by now may be luck."
    )


def places(plan: CallerPlan, notes: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the ranking says of every caller that it has come to, the best first, those without a best policy last."""
    begin = f"callers/{ranking_of(plan)}/units/"
    found = [place for key, note in notes.items() if key.startswith(begin) for place in note["places"]]
    ranked = [p for p in found if p["state"] == "ranked"]
    rest = [p for p in found if p["state"] != "ranked"]
    return [*sorted(ranked, key=lambda p: (-p["value"], p["name"])), *sorted(rest, key=lambda p: p["name"])]


def write(plan: CallerPlan, notes: Mapping[str, Any], out: Path, where: str, say: Say) -> dict[str, Path]:
    """Write the page under ``out``; file name -> path. DiskError without room."""
    context = {
        "study": plan.study,
        "subtitle": f"{amount(len(plan.policies), 'policy', 'policies')} by {label(plan.objective)}",
        "headline": headline(plan, notes, where),
        "objective": label(plan.objective),
        "stages": list(_stages(notes)),
        "rows": [_row(plan, place) for place in places(plan, notes)],
    }
    published = Published(out)
    with room(f"the report in {out}", "every result is stored in the study"), published.staging() as folder:
        page = folder / REPORT
        page.write_text(render("quantray.callers.report.so_far", context, label), encoding="utf-8")
        for sentence in published.write(plan.study, {REPORT: page}):
            say(sentence)
    return {REPORT: out / REPORT}


def _stages(notes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every stage that keeps its rows, and how many of them are done."""
    rows = notes.get(ROWS, {})
    for stage in (s for s in STAGES if s in _KEPT):
        done = sum(key.startswith(f"callers/{_KEPT[stage]}") for key in notes)
        if stage in rows:
            yield stage, f"{done:,} of {max(rows[stage], done):,}"
        else:
            yield stage, "not begun" if not done else f"{done:,}"


def _row(plan: CallerPlan, place: Mapping[str, Any]) -> list[str]:
    ranked = place["state"] == "ranked"
    policy = written(plan.policies[place["top"][0]]) if ranked else STATES.get(place["state"], place["state"])
    tried = sum(place["counts"].values())
    return [place["name"], policy, metric(plan.objective, place["value"]) if ranked else DASH, number(tried)]
