"""The two wings of the configuration: which keys, groups and choices each has, and whose an experiment is.

A wing's files are found in this order: the working directory's own ``conf/``, its ``conf/<wing>`` and ``conf/shared``,
then those that quantray came with. So ``conf/fees/mine.yaml`` of one's own is a choice in both wings.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from quantray import folders
from quantray.errors import ConfigError, near_miss

SWEEPS, CALLERS, SHARED = "sweeps", "callers", "shared"
WINGS = (SWEEPS, CALLERS)
#: The only group that the table of contents does not list: an experiment is added.
ADDED = "experiment"
#: Keys that stand at the top of both configurations and are no group.
TOP = ("objective", "seed", "fresh", "run_dir", "study", "oos", "gates", "report")
#: Keys at the top of one of them, and keys inside a section of both that only one knows.
KEYS: dict[str, tuple[str, ...]] = {
    SWEEPS: ("space", "mirror"),
    CALLERS: ("mode", "grouped", "filter_collapsed", "intrabar", "entry", "target_gap", "ties", "stress"),
}
INSIDE: dict[str, tuple[str, ...]] = {
    SWEEPS: (
        "report.surface_max_points", "report.held_out", "gates.max_quarantined_quotes", "gates.max_quarantined_prints",
        "gates.max_quarantined_sessions", "gates.max_unknown_symbols",
    ),
    CALLERS: ("runner.in_process_s",),
}  # fmt: skip


def other(wing: str) -> str:
    return CALLERS if wing == SWEEPS else SWEEPS


def places(wing: str) -> list[Path]:
    """The folders whose files a wing is composed of, in the order in which they are searched."""
    *own, theirs = folders.folders("conf")
    found = [path for conf in own for path in (conf, conf / wing, conf / SHARED)]
    return [path for path in [*found, theirs / wing, theirs / SHARED] if path.is_dir()]


def contents(wing: str) -> Path:
    """The folder with the wing's table of contents, ``<wing>.yaml``: one's own ``conf/`` where it has one."""
    return next(conf for conf in folders.folders("conf") if (conf / f"{wing}.yaml").is_file())


def groups(wing: str) -> list[str]:
    """Names of the groups that a wing chooses from."""
    alien = {*WINGS, SHARED, *(_shipped(other(wing)) - _shipped(wing))}
    folders_of = (folder for place in places(wing) for folder in place.iterdir() if folder.is_dir())
    return sorted({folder.name for folder in folders_of if any(folder.rglob("*.yaml"))} - alien)


def every_group() -> set[str]:
    """Names of the groups of both wings."""
    return {group for wing in WINGS for group in groups(wing)}


def _shipped(wing: str) -> set[str]:
    root = folders.shipped("conf")
    return {folder.name for place in (root / wing, root / SHARED) for folder in place.iterdir() if folder.is_dir()}


def choices(group: str, wing: str) -> list[str]:
    """Names that ``group=<name>`` may take, e.g. ``tpe`` of ``search``; files of sub-folders with a slash."""
    found: set[str] = set()
    for root in (place / group for place in places(wing)):
        found.update(str(path.relative_to(root).with_suffix("")) for path in root.rglob("*.yaml"))
    return sorted(found)


def heads() -> set[str]:
    """What a key may begin with."""
    return {*TOP, *KEYS[SWEEPS], *KEYS[CALLERS], *every_group()}


def known(wing: str) -> set[str]:
    """What a composed configuration of the wing may have at its top."""
    return {*TOP, *KEYS[wing], *groups(wing)} - {ADDED}


def only_of(wing: str) -> set[str]:
    """Groups and keys that mean something in this wing alone; a section stands for its keys."""
    return {*KEYS[wing], *INSIDE[wing], *(_shipped(wing) - _shipped(other(wing)))}


def homes(experiment: str) -> list[str]:
    """The wings that have the experiment: the one whose folder holds it, both for a file of one's own ``conf/``."""
    return [wing for wing in WINGS if experiment in choices(ADDED, wing)]


def experiments_of(wing: str) -> list[str]:
    """Experiments in the wing's own folders."""
    inside = [place / ADDED for place in places(wing) if place.name == wing]
    return sorted({str(path.relative_to(root).with_suffix("")) for root in inside for path in root.rglob("*.yaml")})


def check_experiment(name: str) -> None:
    """ConfigError with the near miss unless some wing has the experiment."""
    if not homes(name):
        every = sorted({choice for wing in WINGS for choice in choices(ADDED, wing)})
        raise ConfigError(f"{ADDED}={name}: {near_miss(name, every, what=f'choice of {ADDED}')}")


def check_key(line: str, key: str, wing: str, experiment: str | None) -> None:
    """Refuse a key that means nothing in this wing."""
    theirs = only_of(other(wing))
    if not any(key.split("@")[0] == name or key.startswith((f"{name}.", f"{name}/")) for name in theirs):
        return
    if wing == CALLERS:
        raise ConfigError(f"{line}: {key.split('=')[0]} belongs to sweeps; +experiment={experiment} is about callers")
    where = f"+experiment={experiment} is a sweep" if experiment else "this is a sweep"
    raise ConfigError(
        f"{line}: {key} belongs to callers and {where}; give +experiment="
        f"{' or +experiment='.join(experiments_of(CALLERS))}"
    )


def check_choice(group: str, name: str, wing: str) -> None:
    """ConfigError with the near miss unless ``group=name`` exists in this wing."""
    names = choices(group, wing)
    if name not in names:
        raise ConfigError(f"{group}={name}: {near_miss(name, names, what=f'choice of {group}')}")


def data_kind(given: Collection[str]) -> list[str]:
    """The choice of ``data`` that the keys about callers imply: a file of one's own is not the synthetic market."""
    if "data.duckdb" in given:
        return ["duckdb"]
    return ["parquet"] if {"data.calls", "data.candles"} & set(given) else []
