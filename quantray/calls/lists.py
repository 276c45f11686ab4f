"""Small lists that people keep beside their data: YAML or JSON files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from quantray.errors import ConfigError, near_miss

SUFFIXES = (".yaml", ".yml", ".json")


def is_list_file(given: str) -> bool:
    return Path(given.partition("#")[0]).suffix.lower() in SUFFIXES


def read_list(given: str, key: str) -> Any:
    """What a YAML or JSON file holds. ConfigError names ``key``, the file and what is wrong with it."""
    import yaml

    path = Path(given).expanduser()
    if not path.is_file():
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise ConfigError(f"{key}={given} is no file: {near_miss(path.name, beside, what='file')}")
    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text) if path.suffix.lower() == ".json" else yaml.safe_load(text)
    except (OSError, ValueError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{key}={given} cannot be read: {reason}; it must be a YAML or JSON list") from None


def names_of(value: Any, where: str) -> tuple[str, ...]:
    """A list of names, or ConfigError. Numbers are names too: callers may be known by one."""
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(isinstance(i, str | int) for i in items):
        raise ConfigError(f"{where} must be a list of callers, got {value!r}")
    return tuple(dict.fromkeys(str(i) for i in items))
