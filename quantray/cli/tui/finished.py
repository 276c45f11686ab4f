"""What a folder holds, for ``quantray open``: a finished run about callers, or a sentence about what it is instead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from quantray.cli.tui.source import Source
from quantray.errors import ConfigError, DataError

_RUNS = ("ledger.db", ".quantray")  # what a run leaves that has begun


def finished_source(run_dir: Path) -> Source:
    """The run in ``run_dir``. ConfigError where it is something else, DataError where its files are damaged."""
    facts = _facts(run_dir)
    kind = facts.get("kind")
    if kind is None and "stop_reason" in facts:
        raise ConfigError(
            f"{run_dir} holds a sweep, and open is for runs about callers; quantray study show tells of it"
        )
    if kind not in ("alert_baseline", "caller_policies"):
        raise ConfigError(
            f"{run_dir}/summary.json says nothing of its kind: it is of another program or an older version; "
            "run the experiment again into another run_dir=DIR"
        )
    try:
        return _source(run_dir, kind, facts)
    except (OSError, ValueError, KeyError) as error:
        told = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"{run_dir} cannot be read whole ({told}); the same command as before makes its files again"
        ) from None


def _source(run_dir: Path, kind: str, facts: Mapping[str, Any]) -> Source:
    if kind == "alert_baseline":
        from quantray.callers.baseline_study import open_baseline
        from quantray.cli.tui.stored_baseline import StoredBaselineSource

        return StoredBaselineSource(open_baseline(run_dir))
    from quantray.cli.tui.stored_policies import StoredPolicies

    return StoredPolicies(run_dir, facts)


def _facts(run_dir: Path) -> dict[str, Any]:
    """``summary.json`` as data."""
    if not run_dir.exists():
        raise ConfigError(f"{run_dir} is not there; give the run_dir of a finished run")
    if not run_dir.is_dir():
        raise ConfigError(f"{run_dir} is a file; give the run_dir of a finished run, the folder around it")
    path = run_dir / "summary.json"
    if not path.is_file():
        if any((run_dir / name).exists() for name in _RUNS):
            raise ConfigError(f"{run_dir} holds a run that has not finished; the command that began it goes on with it")
        raise ConfigError(f"{run_dir} holds no run: there is no summary.json in it; give the run_dir of a finished run")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read ({error}); the same command as before makes it again") from None
    if not isinstance(found, dict):
        raise ConfigError(f"{path} is of another program; give the run_dir of a finished run")
    return found
