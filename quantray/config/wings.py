"""The two wings of the configuration: which keys, groups and choices each has, and whose an experiment is.

A wing's files are found in this order: the working directory's own ``conf/``, its ``conf/<wing>`` and ``conf/shared``,
then those that quantray came with. So ``conf/fees/mine.yaml`` of one's own is a choice in both wings.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from functools import cache
from pathlib import Path

from quantray import folders
from quantray.errors import ConfigError, near_miss

SWEEPS, CALLERS, SHARED = "sweeps", "callers", "shared"
WINGS = (SWEEPS, CALLERS)
#: The only group that the table of contents does not list: an experiment is added.
ADDED = "experiment"
#: A folder of ``conf/`` that is no group: how files are laid out.
FORMATS = "format"
#: Keys that stand at the top of both configurations and are no group.
TOP = ("objective", "seed", "fresh", "run_dir", "study", "oos", "gates", "report")
#: Keys at the top of one of them, and keys inside a section of both that only one knows (each gate is one): tests hold
#: that these are what the wing's plan reads and what its files list.
KEYS: dict[str, tuple[str, ...]] = {
    SWEEPS: ("space", "mirror"),
    CALLERS: ("mode", "grouped", "filter_collapsed", "intrabar", "entry", "target_gap", "ties", "stress"),
}
INSIDE: dict[str, tuple[str, ...]] = {
    SWEEPS: ("report.surface_max_points",),
    CALLERS: ("runner.in_process_s",),
}

#: The group whose choice makes a request about callers one for the alert baseline, and what means nothing to it: groups
#: and keys about policies, accounts and what is held out.
BASELINE, ALERT_BASELINE = "baseline", "alert_baseline"
OF_POLICIES = ("policy", "capital", "constraints", "objective", "oos", "seed", *KEYS[CALLERS])


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
    alien = {*WINGS, SHARED, FORMATS, *(_shipped(other(wing)) - _shipped(wing))}
    folders_of = (folder for place in places(wing) for folder in place.iterdir() if folder.is_dir())
    return sorted({folder.name for folder in folders_of if any(folder.rglob("*.yaml"))} - alien)


def every_group() -> set[str]:
    """Names of the groups of both wings."""
    return {group for wing in WINGS for group in groups(wing)}


def _shipped(wing: str) -> set[str]:
    root = folders.shipped("conf")
    found = {folder.name for place in (root / wing, root / SHARED) for folder in place.iterdir() if folder.is_dir()}
    return found - {FORMATS}


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
    return {*KEYS[wing], *inside(wing), *(_shipped(wing) - _shipped(other(wing)))}


@cache
def inside(wing: str) -> frozenset[str]:
    """Keys, with their section, that this wing alone knows in a section of both."""
    from quantray.callers.data.settings import Gates as OfCallers
    from quantray.sweeps.data.settings import Gates as OfSweeps

    gates = (f"gates.{gate.name}" for gate in fields(OfSweeps if wing == SWEEPS else OfCallers))
    return frozenset((*INSIDE[wing], *gates))


def owner(key: str) -> str | None:
    """The wing that alone knows this key of a section of both; None: both do, or neither."""
    return next((wing for wing in WINGS if key in inside(wing)), None)


def homes(experiment: str) -> list[str]:
    """The wings that have the experiment: the one whose folder holds it, both for a file of one's own ``conf/``."""
    return [wing for wing in WINGS if experiment in choices(ADDED, wing)]


def experiments_of(wing: str) -> list[str]:
    """Experiments in the wing's own folders."""
    inside = [place / ADDED for place in places(wing) if place.name == wing]
    return sorted({str(path.relative_to(root).with_suffix("")) for root in inside for path in root.rglob("*.yaml")})


def check_experiment(name: str) -> None:
    """ConfigError with the near miss unless some wing has the experiment."""
    first, _, rest = name.partition(" ")
    if "=" in rest:
        raise ConfigError(f"{ADDED}={name}: several in one text; give each its own: '+{ADDED}={first}', '{rest}'")
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
    head = key.split("@")[0].split(".")[0].split("/")[0]
    fit = [e for e in experiments_of(CALLERS) if head not in (BASELINE, *OF_POLICIES)
           or (e == ALERT_BASELINE) == (head == BASELINE)]  # fmt: skip
    raise ConfigError(f"{line}: {key} belongs to callers and {where}; give +experiment={' or +experiment='.join(fit)}")


def check_baseline(keys: Collection[str], chosen: bool) -> None:
    """Refuse a key of policies where the alert baseline is chosen, and one of the baseline where it is not."""
    for key in keys:
        head = key.split("@")[0].split(".")[0].split("/")[0]
        if chosen and head in OF_POLICIES:
            raise ConfigError(
                f"{key} is of runs over policies, and the alert baseline has no policy; leave it out, or give "
                "another experiment"
            )
        if not chosen and head == BASELINE:
            raise ConfigError(f"{key} is about the alert baseline; give +experiment={ALERT_BASELINE}")


def check_choice(group: str, name: str, wing: str) -> None:
    """ConfigError with the near miss unless ``group=name`` exists in this wing."""
    names = choices(group, wing)
    if name not in names:
        if group == "strategy" and (Path.cwd() / "strategy" / f"{name}.py").is_file():
            raise ConfigError(
                f"{group}={name}: strategy/{name}.py is there and its YAML is not; conf/strategy/{name}.yaml names the "
                "class as strategy._target_ and what varies under space (docs/strategy.md)"
            )
        raise ConfigError(f"{group}={name}: {near_miss(name, names, what=f'choice of {group}')}")


def data_kind(given: Collection[str]) -> list[str]:
    """The choice of ``data`` that the keys about callers imply: a file of one's own is not the synthetic market."""
    if "data.duckdb" in given:
        return ["duckdb"]
    return ["parquet"] if {"data.calls", "data.candles"} & set(given) else []
