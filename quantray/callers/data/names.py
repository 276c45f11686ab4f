"""Who a caller is: one caller has many spellings, belongs to groups, and may be mistaken for another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from quantray.arrays import IntArray1D
from quantray.callers.data.lists import is_list_file, names_of, read_list
from quantray.callers.data.settings import CallSettings
from quantray.errors import ConfigError, near_miss
from quantray.plain import one_line, original

_MEMBERS = "caller_ids"  # of a group, as another tool calls them
MIN_LETTERS, MAX_LETTERS = 4, 64  # names of fewer letters are all near one another, longer ones are texts


def numbered(values: Iterable[object]) -> tuple[tuple[str, ...], IntArray1D]:
    """The distinct names, sorted, and [values] the number of each value's name: text of any length and character.

    NumPy's own text ends names at their NULs and gives every one the room of the longest.
    """
    names = [str(value) for value in values]
    known = tuple(sorted(set(names)))
    number = {name: i for i, name in enumerate(known)}
    return known, np.array([number[name] for name in names], np.int64)


def alias_table(given: object, where: str) -> dict[str, str]:
    """Spelling -> caller, from a mapping of spelling to caller or of caller to its spellings.

    ConfigError where a spelling belongs to two callers, or a caller is itself a spelling of another.
    """
    if not isinstance(given, Mapping):
        raise ConfigError(f"{where} must map spellings to callers, got {given!r}")
    table: dict[str, str] = {}
    for left, right in given.items():
        pairs = [(str(left), right)] if isinstance(right, str) else [(s, str(left)) for s in names_of(right, where)]
        for spelling, caller in pairs:
            if table.setdefault(spelling, caller) != caller:
                raise ConfigError(f"{where}: {spelling!r} is {table[spelling]!r} and {caller!r}; one of them is wrong")
    table = {spelling: caller for spelling, caller in table.items() if spelling != caller}
    for spelling, caller in table.items():
        if caller in table:
            raise ConfigError(
                f"{where}: {spelling!r} is {caller!r}, which is {table[caller]!r}; name {table[caller]!r} directly"
            )
    return table


def group_table(
    settings: CallSettings, people: Iterable[str] = (), made: Mapping[str, int] | None = None
) -> dict[str, tuple[str, ...]]:
    """Name -> callers of the groups that the settings ask for, spelt as they are written there.

    ConfigError for a name that is no group; it may be that of one of the ``people``, misspelt.
    """
    if isinstance(settings.groups, Mapping):
        return {name: names_of(callers, f"calls.groups.{name}") for name, callers in settings.groups.items()}
    asked = (settings.groups,) if isinstance(settings.groups, str) else settings.groups or ()
    found: dict[str, tuple[str, ...]] = {}
    for name in asked:
        if is_list_file(name):
            found.update(_of_file(name, "calls.groups"))
        elif settings.group_file is None:
            person = near_miss(name, people, what="caller", counts=made)
            raise ConfigError(
                f"calls.groups={one_line(name)}: no group file says who belongs to it (give calls.group_file=FILE, "
                f"or a YAML or JSON file as the group); as a caller: {person}"
            )
        else:
            found.update(_of_file(f"{settings.group_file}#{name}", "calls.group_file", people))
    return found


def _of_file(given: str, key: str, people: Iterable[str] = ()) -> dict[str, tuple[str, ...]]:
    """The group that ``file#name`` names, or every group of the file: other tools keep notes beside their lists."""
    file, _, name = given.partition("#")
    content = read_list(file, key)
    if not isinstance(content, Mapping | list):
        raise ConfigError(f"{key}={file} must be a list of callers, got {content!r}")
    groups = _groups(content, file)
    if name not in groups and isinstance(content, Mapping) and name in content:
        groups = content
    if name and name not in groups:
        what = "group or caller" if people else "group"
        raise ConfigError(f"{key}={file}: {near_miss(name, [*groups, *people], what=what)}")
    lists = [group for group, callers in groups.items() if isinstance(callers, list)]
    if not name and len(lists) < len(groups) and any(isinstance(callers, Mapping) for callers in groups.values()):
        several = f" (or {', '.join(lists[1:])})" if lists[1:] else ""
        hint = f"choose one: {file}#{lists[0]}{several}" if lists else "it holds no list"
        raise ConfigError(f"{key}={file} holds more than lists of callers; {hint}")
    asked = [name] if name else list(groups)
    return {str(group): names_of(groups[group], f"{key}={file} ({group})") for group in asked}


def _groups(content: object, file: str) -> Mapping[str, object]:
    """Name -> members. A file of another tool, ``{"name": …, "caller_ids": […]}``, is one group of that name."""
    if not isinstance(content, Mapping):
        return {Path(file).stem: content}
    if isinstance(content.get("name"), str) and isinstance(content.get(_MEMBERS), list):
        return {content["name"]: content[_MEMBERS]}
    return content


def _spelt(name: str, known: Container[str]) -> str:
    """A name that was copied from a CSV file of ours, as it is spelt in the data."""
    return original(name) if name not in known and original(name) in known else name


def callers_among_groups(settings: CallSettings, known: Container[str]) -> tuple[str, ...]:
    """Names of ``calls.groups`` that no group has, and a caller of the ``known`` ones."""
    if settings.groups is None or isinstance(settings.groups, Mapping):
        return ()
    asked = (settings.groups,) if isinstance(settings.groups, str) else settings.groups
    groups: Container[str] = ()
    if settings.group_file is not None and any(_spelt(name, known) in known for name in asked):
        content = read_list(settings.group_file, "calls.group_file")
        groups = _groups(content, settings.group_file)
    return tuple(
        name
        for name in asked
        if _spelt(name, known) in known
        and name not in groups
        and not (is_list_file(name) and Path(name.partition("#")[0]).expanduser().is_file())
    )


def chosen(
    settings: CallSettings, aliases: Mapping[str, str], known: Iterable[str], made: Mapping[str, int] | None = None
) -> tuple[set[str] | None, dict[str, tuple[str, ...]], tuple[str, ...]]:
    """(callers to keep, None for all; the groups; callers of groups without a call).

    A caller named in ``calls.callers`` must exist; a group may hold callers who made no call in this data. ``made``
    are the calls of each. A name of ``calls.groups`` that is no group is the caller of that name.
    """
    present = set(known)
    spelt = present | set(aliases)
    people = callers_among_groups(settings, spelt)
    if people and not isinstance(settings.groups, Mapping):
        asked = (settings.groups,) if isinstance(settings.groups, str) else settings.groups or ()
        settings = replace(settings, groups=tuple(name for name in asked if name not in people) or None)
    named = (settings.callers,) if isinstance(settings.callers, str) else settings.callers or ()
    named = tuple(_spelt(name, spelt) for name in (*named, *people))
    for name in named:
        if aliases.get(name, name) not in present:
            raise ConfigError(f"calls.callers: {near_miss(name, spelt, what='caller', counts=made)}")
    groups = {
        g: tuple(dict.fromkeys(aliases.get(c, c) for c in (_spelt(name, spelt) for name in who)))
        for g, who in group_table(settings, spelt, made).items()
    }
    members = {c for who in groups.values() for c in who}
    for name, who in groups.items():
        if not present.intersection(who):
            reason = near_miss(who[0], spelt, what="caller", counts=made) if who else "it is empty"
            raise ConfigError(f"calls.groups: no caller of {name!r} has a call: {reason}")
    absent = tuple(sorted(members - present))
    if not named and not groups:
        return None, {}, ()
    keep = {aliases.get(name, name) for name in named} | (members & present)
    return keep, {g: tuple(sorted(present.intersection(who))) for g, who in groups.items()}, absent


def near_names(names: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Pairs that differ in case, punctuation or one letter only; digits tell people apart."""
    shapes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in sorted(set(names)):
        letters = "".join(c for c in name.casefold() if c.isalpha())
        digits = "".join(c if c.isdigit() else " " for c in name).split()
        key = " ".join(digits)
        variants = {letters}
        if MIN_LETTERS <= len(letters) <= MAX_LETTERS:
            variants |= {letters[:i] + letters[i + 1 :] for i in range(len(letters))}
        for variant in variants:
            shapes[key, variant].append(name)
    pairs = {(a, b) for who in shapes.values() for i, a in enumerate(who) for b in who[i + 1 :]}
    return tuple(sorted(pairs))
