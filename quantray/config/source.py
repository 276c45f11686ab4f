"""Which file a run about callers reads when it names none; nobody's own days are put to a made-up market."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from quantray import folders
from quantray.command_line import quoted
from quantray.config import wings
from quantray.config.composition import composed
from quantray.config.overrides import Job
from quantray.errors import ConfigError, near_miss
from quantray.outlets import logger

_log = logger(__name__)
VARIABLE = "QUANTRAY_DUCKDB"
#: Where a file with calls and candles lies by custom, below the working directory.
CUSTOMARY = "data/alerts.duckdb"
#: What is asked of a market of one's own alone: its days, its callers, its chains.
OWN: dict[str, tuple[str, ...]] = {
    wings.SWEEPS: ("data.from", "data.to"),
    wings.CALLERS: (
        "data.from", "data.to", "calls.callers", "calls.groups", "calls.group_file", "calls.aliases", "calls.chain",
    ),
}  # fmt: skip
REMEDY = {
    wings.SWEEPS: "name its files, data=parquet data.underlying=FILE data.options=FILE or data=duckdb data.duckdb=FILE",
    wings.CALLERS: f"name its file, data.duckdb=FILE (--duckdb FILE) or {VARIABLE}=FILE, or put it at {CUSTOMARY}",
}


def with_source(job: Job) -> Job:
    """The job with the DuckDB file that it reads, where its lines name none.

    In this order: what ``QUANTRAY_DUCKDB`` says, what one's own ``conf/`` says, ``data/alerts.duckdb`` where it is.
    A job that chooses ``data=synthetic`` or ``data=parquet``, and a sweep, are left as they are. ConfigError where the
    variable names no file.
    """
    chosen = _value(job.overrides, "data")
    if job.wing != wings.CALLERS or chosen not in (None, "duckdb") or _value(job.overrides, "data.duckdb"):
        return job
    by_default = _data(job)
    if chosen is None and by_default.get("kind") not in ("synthetic", "duckdb"):
        return job  # one's own conf/ reads something else
    named = os.environ.get(VARIABLE, "").strip()
    own = by_default if by_default.get("duckdb") or not _own_choice(job.wing) else _data(job, "data=duckdb")
    if named:
        _check(named)
        _log.warning("reading %s, as %s says", named, VARIABLE)
        return _reading(job, chosen, by_default, named)
    if own.get("duckdb"):
        return _reading(job, chosen, by_default, None)
    if Path(CUSTOMARY).is_file():
        _log.warning("reading %s, which is there; data.duckdb=FILE names another", CUSTOMARY)
        return _reading(job, chosen, by_default, CUSTOMARY)
    return job


def check_own_market(cfg: Mapping[str, Any], job: Job) -> None:
    """ConfigError where days or people of a market of one's own are asked for and the synthetic one would answer.

    Whoever chooses ``data=synthetic`` in the command itself means it.
    """
    if cfg.get("data", {}).get("kind") != "synthetic" or _value(job.overrides, "data") == "synthetic":
        return
    for key in OWN[job.wing]:
        section, _, name = key.partition(".")
        value = cfg.get(section, {}).get(name)
        if value not in (None, [], {}):
            raise ConfigError(
                f"{key}={_shown(value)} is about a market of your own, and none is named: {REMEDY[job.wing]}; "
                "data=synthetic beside it asks the synthetic market"
            )


def _reading(job: Job, chosen: str | None, by_default: Mapping[str, Any], file: str | None) -> Job:
    lines = ["data=duckdb"] if chosen is None and by_default.get("kind") != "duckdb" else []
    lines += [f"++data.duckdb={quoted(file)}"] if file is not None else []
    return replace(job, overrides=(*job.overrides, *lines))


def _data(job: Job, *more: str) -> dict[str, Any]:
    """The section ``data`` of the job as it stands."""
    found = composed(job.wing, [*job.overrides, *more])[0].get("data")
    return found if isinstance(found, dict) else {}


def _own_choice(wing: str) -> bool:
    """Whether one's own ``conf/`` says what ``data=duckdb`` means."""
    theirs = folders.shipped("conf")
    own = [place for place in wings.places(wing) if theirs not in (place, *place.parents)]
    return any((place / "data" / "duckdb.yaml").is_file() for place in own)


def _value(lines: Sequence[str], key: str) -> str | None:
    """What the lines say of a key last; None where they say nothing, or null."""
    found = [line.partition("=")[2] for line in lines if line.partition("=")[0].lstrip("+") == key]
    return found[-1] if found and found[-1] not in ("", "null") else None


def _check(named: str) -> None:
    path = Path(named).expanduser()
    if path.is_file():
        return
    beside = [p.name for p in path.parent.iterdir() if p.is_file()] if path.parent.is_dir() else []
    raise ConfigError(f"{VARIABLE}={named} is no file: {near_miss(path.name, beside, what='file')}")


def _shown(value: object) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
