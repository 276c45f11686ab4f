"""A finished run about callers as an experiment tracker is told of it: what ``summary.json`` says, and its files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quantray.callers.report import files as of_policies
from quantray.callers.report.baseline import files as of_baseline
from quantray.files import Published
from quantray.plain import amount
from quantray.tracking import Record, asked, figures, study_digest, texts

#: Callers whose own figures are told, those with the most eligible calls: a tracker draws a chart for each figure. All
#: of them are in the tables beside.
MOST = 20
_CHOSEN = ("n_trades", "win_rate", "max_drawdown", "final_capital", "captured_return")


def record_of(run_dir: Path) -> Record:
    """The run over policies, or the alert baseline, in ``run_dir``; OSError or ValueError where there is none."""
    found: dict[str, Any] = json.loads((run_dir / "summary.json").read_text(encoding="utf-8"))
    study, baseline = str(found["study"]), found["kind"] == "alert_baseline"
    params = texts("", asked(found["settings"]))
    metrics = figures("", {"calls": found["calls"], "seconds": found["seconds"]})
    params, more, said = (_of_baseline if baseline else _of_policies)(found, params)
    names = of_baseline.NAMES if baseline else (*of_policies.NAMES, of_policies.BASELINE)
    whose = Published(run_dir).studies(names)
    tags = {"kind": found["kind"], "digest": found["digests"], "version": found["versions"]}
    return Record(
        study=study,
        digest=study_digest(study, found["digests"]),
        headline=said,
        params=params,
        metrics={**metrics, **more},
        tags=texts("quantray", {**tags, "verdict": found.get("verdicts"), "said": said}),
        files=tuple(run_dir / name for name in names if whose.get(name) == study),
    )


_Told = tuple[dict[str, str], dict[str, float], str]


def _of_baseline(found: Mapping[str, Any], params: dict[str, str]) -> _Told:
    """What every call did, over all callers; each caller's own is in ``leaderboard.csv``."""
    measured, placed = found["calls"]["status_ok"], len(found["leaderboard"])
    said = f"{amount(measured, 'call')} measured, {amount(placed, 'caller')} in the leaderboard"
    return params, figures("everybody", found["everybody"]), said


def _of_policies(found: Mapping[str, Any], params: dict[str, str]) -> _Told:
    """Verdicts and states of all units, and picks and peaks of those with the most calls."""
    units: Mapping[str, Any] = found["units"]
    metrics = figures("", {name: found[name] for name in ("n_policies", "verdicts", "states", "trades")})
    metrics["n_survivors"] = float(sum(unit["n_survivors"] or 0 for unit in units.values()))
    first = sorted(units, key=lambda name: -(units[name]["n_eligible"] or 0))[:MOST]
    for name in first:
        for which in ("pick", "best"):
            if (chosen := units[name][which]) is not None:
                params |= texts("", {name: {which: chosen["policy"]}})
                metrics |= figures("", {name: {which: _chosen(chosen)}})
        metrics |= figures("", {name: {"n_survivors": units[name]["n_survivors"]}})
    said = ", ".join(f"{word}: {n}" for word, n in found["verdicts"].items() if n)
    return params, metrics, f"verdicts of callers: {said}" if said else "no caller was judged"


def _chosen(chosen: Mapping[str, Any]) -> dict[str, Any]:
    train, held = chosen["train_metrics"] or {}, chosen["held_out_metrics"] or {}
    return {
        "value": chosen["value"], **{name: train.get(name) for name in _CHOSEN},
        "held_out": {"value": chosen["held_out"], **{name: held.get(name) for name in _CHOSEN}},
    }  # fmt: skip
