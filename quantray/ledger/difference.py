"""How two plans of one study differ, in words a user can act on."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from quantray.command_line import Overrides
from quantray.passwords import masked

#: Where the reader finds a part of ``Plan.digests``, if the configuration calls it otherwise.
_SECTION = {"costs": "fees"}

#: What 0.1.0 described beside the settings, and no setting is.
_UNTOLD = "__pydantic_config__"

_ADVICE = {
    "rules_version": "the rules of trading changed, and a change of rules changes results; see docs/rules.md, or "
    "docs/policies.md for policies of callers",
    "code": "quantray's own kernels changed",
    "data": "the market data changed",
}


def plain_sections(sections: Mapping[str, object]) -> dict[str, Any]:
    """Sections of any plan as JSON: dataclasses as mappings, paths as text."""
    return {name: _plain(section) for name, section in sections.items()}


def renamed(section: object, keys: Mapping[str, str]) -> dict[str, object]:
    """The fields of a section under the configuration's names; ``keys``: configuration -> Python."""
    found, back = plain_sections({"section": section})["section"], {python: key for key, python in keys.items()}
    return {back.get(name, name): value for name, value in found.items()}


def request_of(sections: Mapping[str, object], run_dir: Path, typed: Overrides | None) -> dict[str, Any]:
    """A request as a study keeps it: sections of the configuration, and the folder that its names are relative to.

    ``typed`` is what the plan was made of, where it was made of a command line.
    """
    found = {"cwd": os.getcwd(), "run_dir": str(run_dir.absolute()), "sections": plain_sections(sections)}
    if typed is None:
        return found
    return {**found, "typed": {"lines": [masked(line) for line in typed.lines], "of": typed.of}}


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)


def differences(
    old: Mapping[str, str], new: Mapping[str, str], was: Mapping[str, object], now: Mapping[str, object]
) -> list[str]:
    """One line for each digest that differs, followed by indented lines for what it says in the configuration.

    ``old``/``new`` are digests by part, ``was``/``now`` the described sections.
    """
    lines: list[str] = []
    names = [*old, *(name for name in new if name not in old)]
    for part in sorted(names, key=lambda name: name != "rules_version"):  # the reason for all other differences
        if old.get(part) == new.get(part):
            continue
        section = _SECTION.get(part, part)
        advice = f" ({_ADVICE[part]})" if part in _ADVICE else ""
        lines.append(f"  {part}: {_short(old.get(part))} -> {_short(new.get(part))}{advice}")
        lines.extend(f"    {line}" for line in _changes(section, was.get(section), now.get(section)))
    return lines


def _changes(name: str, was: object, now: object) -> Iterator[str]:
    if was == now:
        return
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in [*(k for k in was if k != _UNTOLD), *(k for k in now if k not in was)]:
            yield from _changes(f"{name}.{key}", was.get(key), now.get(key))
    else:
        yield f"{name}: {_text(was)} -> {_text(now)}"


def _short(digest: str | None) -> str:
    if digest is None:
        return "absent"
    return digest[:8] if len(digest) == 32 and digest.isalnum() else digest


def _text(value: object) -> str:
    text = "absent" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:117]}..."
