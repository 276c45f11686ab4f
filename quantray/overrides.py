"""What is typed behind the command, made ready for Hydra: wrong names are answered here, sweeps become jobs.

Hydra's struct mode refuses new keys with a message of its own, so every plain ``a.b=…`` becomes ``++a.b=…`` and the
composed configuration is checked as a whole; group names and choices are checked before Hydra looks for files.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from quantray import shelf
from quantray.errors import ConfigError, near_miss

#: Keys that stand at the top of the configuration and are no group.
TOP = ("objective", "seed", "fresh", "run_dir", "study", "oos", "gates", "mirror", "report", "space")
#: The only group that the table of contents does not list: an experiment is added.
ADDED = "experiment"


@dataclass(frozen=True, slots=True)
class Job:
    """One composition: overrides Hydra accepts, and the swept ``key=value`` pairs that set this job apart."""

    overrides: tuple[str, ...]
    swept: tuple[tuple[str, str], ...] = ()


def jobs(lines: Sequence[str], *, multirun: bool) -> list[Job]:
    """Expand ``key=a,b`` (with ``multirun``) into one job a combination, the last key running fastest."""
    axes: list[list[tuple[tuple[str, ...], tuple[tuple[str, str], ...]]]] = []
    for override in _parse(lines):
        prefix = _prefix(override)
        key = _key(override)
        if override.is_sweep_override():
            if not multirun:
                raise ConfigError(f"{override.input_line}: several values need -m (--multirun), or [..] for one list")
            if not override.is_discrete_sweep():
                raise ConfigError(f"{override.input_line}: only lists, choice() and range() can be swept")
            values = [str(value) for value in override.sweep_string_iterator()]
            for value in values:
                _check_choice(key, [value])
            axes.append([((f"{prefix}{key}={value}",), ((key, value),)) for value in values])
        else:
            axes.append([(_lines(override, prefix, key), ())])
    return [
        Job(
            tuple(line for lines, _ in combination for line in lines),
            tuple(p for _, pairs in combination for p in pairs),
        )
        for combination in itertools.product(*axes)
    ]


def _parse(lines: Sequence[str]) -> list[Any]:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    parser = OverridesParser.create()
    found = []
    for line in map(str, lines):
        key, equals, value = line.partition("=")
        override = None
        # a path such as ~/x is no word of Hydra's grammar: it is tried again as quoted text
        for text in (line, f"{key}={_quoted(value)}" if equals and value[:1] not in "[{'\"" else line):
            with contextlib.suppress(HydraException):
                override = override or parser.parse_override(text)
        if override is None:
            raise ConfigError(f"{line!r} cannot be read; write key=value, in quotes where the shell reads brackets")
        _check_key(override)
        found.append(override)
    return found


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _key(override: Any) -> str:
    return str(override.get_key_element()).lstrip("+~")


def _is_group(key: str) -> bool:
    return key.split("@")[0] in shelf.groups()


def _check_key(override: Any) -> None:
    key = _key(override)
    head = key.split(".")[0].split("@")[0].split("/")[0]
    if head == "hydra":
        raise ConfigError(
            f"{override.input_line}: Hydra's own keys are not used here; run_dir=DIR says where results go"
        )
    known = {*TOP, *shelf.groups()}
    if head not in known:
        raise ConfigError(f"{override.input_line}: {near_miss(head, known, what='key or group')}")
    if not override.is_sweep_override() and not override.is_delete():
        value = override.value()
        _check_choice(key, value if isinstance(value, list) else [value])


def _check_choice(key: str, values: Iterable[Any]) -> None:
    if not _is_group(key):
        return
    group = key.split("@")[0]
    known = shelf.choices(group)
    for value in values:
        name = "null" if value is None else str(value)
        if not isinstance(value, dict) and name not in known:
            raise ConfigError(f"{key}={name}: {near_miss(name, known, what=f'choice of {group}')}")


def _prefix(override: Any) -> str:
    """``+`` for an experiment, nothing for another group, ``++`` for a value."""
    key = _key(override)
    if not _is_group(key) or (not override.is_sweep_override() and isinstance(override.value(), dict)):
        return "++"
    return "+" if key == ADDED else ""


def _lines(override: Any, prefix: str, key: str) -> tuple[str, ...]:
    if override.is_delete():
        return (str(override.input_line),)
    line = f"{prefix}{key}={override.get_value_element_as_str()}"
    # Hydra would merge a mapping into the strategy's own space, and space={} would change nothing
    if key.startswith("space.") and isinstance(override.value(), dict):
        return (f"++{key}=null", line)  # a range takes the place of a list of levels; Hydra refuses to merge the two
    return ("~space", line) if key == "space" else (line,)
