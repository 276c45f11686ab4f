"""Small lists that people keep beside their data: YAML or JSON files."""

from __future__ import annotations

import json
from collections.abc import Hashable
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from quantray.errors import ConfigError, near_miss

if TYPE_CHECKING:
    import yaml

SUFFIXES = (".yaml", ".yml", ".json")
#: What YAML 1.1 takes for the end of a line beside the line feed, and what may stand in a name.
ENDS = "\u0085\u2028\u2029"


def is_list_file(given: str) -> bool:
    return Path(given.partition("#")[0]).suffix.lower() in SUFFIXES


def read_list(given: str, key: str) -> object:
    """What a YAML or JSON file holds: lists, mappings, text, and None for what is null or empty.

    A name is text whatever it looks like: YAML's ``on``, ``No``, ``007`` and ``12:30`` are no truth, number or time
    here. ConfigError names ``key``, the file and what is wrong with it.
    """
    import yaml

    path = Path(given).expanduser()
    if not path.is_file():
        beside = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise ConfigError(f"{key}={given} is no file: {near_miss(path.name, beside, what='file')}")
    try:
        text = path.read_text(encoding="utf-8-sig")
        return _json(text) if path.suffix.lower() == ".json" else _yaml(text)
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{key}={given} cannot be read: {reason}; it must be a YAML or JSON list") from None


def _json(text: str) -> object:
    return json.loads(text, parse_int=str, parse_float=str, parse_constant=str, object_pairs_hook=_once)


def _once(pairs: list[tuple[Hashable, Any]]) -> dict[Hashable, Any]:
    """A mapping in which no name stands twice: the first would be lost without a word."""
    made: dict[Hashable, Any] = {}
    for name, value in pairs:
        if name in made:
            raise ValueError(f"{name!r} stands in it twice")
        made[name] = value
    return made


def _yaml(text: str) -> object:
    """YAML in which every plain word but null is text, and only a line feed ends a line."""
    import yaml

    class Words(yaml.SafeLoader):
        """The safe loader without its guesses."""

        yaml_implicit_resolvers: ClassVar = {  # type: ignore[misc]  # the stubs take it for an instance's
            first: [pair for pair in found if pair[0] in ("tag:yaml.org,2002:null", "tag:yaml.org,2002:merge")]
            for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
            return _once([
                (self.construct_object(key, deep=True), self.construct_object(value, deep=True))
                for key, value in node.value
            ])  # fmt: skip

        def whole_map(self, node: yaml.MappingNode) -> dict[Hashable, Any]:
            return self.construct_mapping(node)

    Words.add_constructor("tag:yaml.org,2002:map", Words.whole_map)
    stand_ins = _stand_ins(text)
    found = yaml.load(text.translate(stand_ins), Words)
    return _put_back(found, {ord(chr(new)): old for old, new in stand_ins.items()})


def _stand_ins(text: str) -> dict[int, int]:
    """Characters that YAML takes for the end of a line, and ones of the private area that the text does not use."""
    free = (code for code in range(0xE000, 0xF8FF) if chr(code) not in text)
    return {ord(end): next(free) for end in ENDS if end in text}


def _put_back(value: object, ends: dict[int, int]) -> object:
    if isinstance(value, str):
        return value.translate(ends)
    if isinstance(value, list):
        return [_put_back(item, ends) for item in value]
    if isinstance(value, dict):
        return {_put_back(name, ends): _put_back(item, ends) for name, item in value.items()}
    return value


def names_of(value: object, where: str) -> tuple[str, ...]:
    """A list of names, or ConfigError. Numbers are names too: callers may be known by one."""
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, list | tuple) or not all(
        isinstance(i, str | int) and not isinstance(i, bool) and str(i).strip() for i in items
    ):
        raise ConfigError(f"{where} must be a list of callers, got {value!r}")
    return tuple(dict.fromkeys(str(i) for i in items))
