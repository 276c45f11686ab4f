"""Two kinds of plan share one configuration: a sweep of a strategy, and the policies of callers.

An experiment whose defaults choose a ``policy`` is about callers, every other request is a sweep. What belongs to one
kind is refused by name in the other. Where both have files in a group, those of callers are called ``calls_<choice>``
and ``<choice>`` means them there: ``fees=dear`` of ``+experiment=v1_baseline`` is ``conf/fees/calls_dear.yaml``.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from quantray import shelf
from quantray.errors import ConfigError, near_miss

#: The only group that the table of contents does not list: an experiment is added.
ADDED = "experiment"
#: Keys that stand at the top of the configuration and are no group.
TOP = ("objective", "seed", "fresh", "run_dir", "study", "oos", "gates", "mirror", "report", "space")
CALLER_TOP = ("mode", "grouped", "filter_collapsed", "intrabar", "entry", "target_gap", "ties", "stress")
#: What only one of the kinds knows; a section stands for its keys.
OF_SWEEPS = (
    "strategy", "space", "search", "mirror", "report.surface_max_points",
    "gates.max_quarantined_quotes", "gates.max_quarantined_prints", "gates.max_quarantined_sessions",
    "gates.max_unknown_symbols",
)  # fmt: skip
OF_CALLERS = ("policy", "calls", "coverage", "runner.in_process_s", *CALLER_TOP)
PREFIX = "calls_"


def heads() -> set[str]:
    """What a key may begin with."""
    return {*TOP, *CALLER_TOP, *shelf.groups()}


def about_callers(experiment: str) -> bool:
    """Whether the experiment, or one it is built on, chooses a policy."""
    return _chooses(experiment, "policy", set())


def _chooses(experiment: str, group: str, seen: set[str]) -> bool:
    if experiment in seen:
        return False
    for item in _defaults(experiment):
        pairs = item.items() if isinstance(item, dict) else [(None, item)]
        for key, choice in pairs:
            name = str(key or "").removeprefix("override ").removeprefix("optional ").strip().lstrip("/")
            if name.split("@")[0] == group and choice is not None:
                return True
            if name in ("", ADDED) and choice not in (None, "_self_"):
                inner = str(choice).lstrip("/").removeprefix(f"{ADDED}/")
                if _chooses(inner, group, {*seen, experiment}):
                    return True
    return False


def _defaults(experiment: str) -> list[Any]:
    """The defaults list of an experiment's file; an unreadable one is left for Hydra to refuse."""
    import yaml

    for folder in shelf.folders("conf"):
        path = folder / ADDED / f"{experiment}.yaml"
        if path.is_file():
            try:
                content = yaml.safe_load(path.read_text(encoding="utf-8"))
            except (yaml.YAMLError, OSError, UnicodeDecodeError):
                return []
            found = content.get("defaults") if isinstance(content, dict) else None
            return found if isinstance(found, list) else []
    return []


def check_key(line: str, key: str, *, callers: bool, experiment: str | None) -> None:
    """Refuse a key that means nothing in this kind of experiment."""
    theirs = OF_SWEEPS if callers else OF_CALLERS
    if not any(key.split("@")[0] == name or key.startswith((f"{name}.", f"{name}/")) for name in theirs):
        return
    if callers:
        raise ConfigError(f"{line}: {key.split('=')[0]} belongs to sweeps; +experiment={experiment} is about callers")
    where = f"+experiment={experiment} is a sweep" if experiment else "this is a sweep"
    raise ConfigError(
        f"{line}: {key} belongs to callers and {where}; give +experiment={' or +experiment='.join(of_callers())}"
    )


def of_callers() -> list[str]:
    """Experiments about callers."""
    return [name for name in shelf.choices(ADDED) if about_callers(name)]


def groups_of_sweeps() -> list[str]:
    """Groups that a sweep chooses from."""
    return [group for group in shelf.groups() if group not in OF_CALLERS]


def groups_of_callers() -> list[str]:
    """Groups that an experiment about callers chooses from."""
    return [group for group in shelf.groups() if group not in (ADDED, *OF_SWEEPS)]


def choices(group: str, *, callers: bool) -> list[str]:
    """Names that ``group=<name>`` takes in this kind of experiment, as they are written there."""
    found = shelf.choices(group)
    mine = [name for name in found if name.startswith(PREFIX)]
    if not callers or not mine:
        return [name for name in found if not name.startswith(PREFIX)]
    root = shelf.shipped("conf") / group
    own = [name for name in found if name not in mine and not (root / Path(f"{name}.yaml")).is_file()]
    return sorted({*(name.removeprefix(PREFIX) for name in mine), *own})


def check_choice(group: str, name: str, *, callers: bool) -> None:
    """ConfigError with the near miss unless ``group=name`` exists in this kind of experiment."""
    known = choices(group, callers=callers)
    if name in known or (callers and name.startswith(PREFIX) and name in shelf.choices(group)):
        return
    if not callers and name.startswith(PREFIX) and name in shelf.choices(group):
        raise ConfigError(
            f"{group}={name} belongs to callers and this is a sweep; give +experiment="
            f"{' or +experiment='.join(of_callers())}"
        )
    raise ConfigError(f"{group}={name}: {near_miss(name, known, what=f'choice of {group}')}")


def file_of(group: str, name: str, *, callers: bool) -> str:
    """The file that a choice means."""
    long = f"{PREFIX}{name}"
    return long if callers and long in shelf.choices(group) else name


def data_kind(given: Collection[str]) -> list[str]:
    """The choice of ``data`` that the keys given imply: a file of one's own is not the synthetic market."""
    if "data.duckdb" in given:
        return ["calls_duckdb"]
    return ["calls_parquet"] if {"data.calls", "data.candles"} & set(given) else []
