"""A finished sweep as an experiment tracker is told of it: what its ``summary.json`` says, and its files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quantray.files import Published
from quantray.sweeps.report.files import NAMES
from quantray.sweeps.report.printout import COMPARED
from quantray.tracking import Record, asked, figures, study_digest, texts

COUNTED = ("n_completed", "n_pruned", "n_failed", "n_attempts", "n_survivors", "duplicates", "repeated", "seconds")


def record_of(run_dir: Path) -> Record:
    """The sweep whose results lie in ``run_dir``. Raises OSError or ValueError where there are none."""
    found: dict[str, Any] = json.loads((run_dir / "summary.json").read_text(encoding="utf-8"))
    study, verdict = str(found["study"]), found["verdict"]
    params = {**texts("", asked(found["settings"])), **texts("sampler", found["search"]["kind"])}
    metrics = figures("", {name: found[name] for name in COUNTED})
    for name in ("pick", "best"):
        if found[name] is not None:
            params |= texts(name, found[name]["params"])
            metrics |= _figures(name, found[name])
    said = {"kind": "sweep", "verdict": verdict["word"], "stop_reason": found["stop_reason"]}
    tags = {"table_sha256": found["table_sha256"], "digest": found["digests"], "version": found["versions"]}
    whose = Published(run_dir).studies(NAMES)
    return Record(
        study=study,
        digest=study_digest(study, found["digests"]),
        headline=f"{verdict['word']}: {verdict['headline']}",
        params=params,
        metrics=metrics,
        tags=texts("quantray", {**said, **tags}),
        files=tuple(run_dir / name for name in NAMES if whose.get(name) == study),
    )


def _figures(name: str, chosen: Mapping[str, Any]) -> dict[str, float]:
    """Of the pick or the peak: its objective and the metrics that a run prints, searched and held out."""
    held = chosen["oos"] or {"value": None, "metrics": {}}
    searched, outside = ({key: row["metrics"].get(key) for key in COMPARED} for row in (chosen, held))
    parts = {"value": chosen["value"], "statistic": chosen.get("statistic"), **searched}
    return figures(name, {**parts, "held_out": {"value": held["value"], **outside}})
