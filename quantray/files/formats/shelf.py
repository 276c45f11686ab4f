"""The shelf of formats: the YAML files of ``conf/``, the working directory's own first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import Any

from quantray.errors import ConfigError, near_miss
from quantray.files.formats.layout import Column, Contract, Format, Layout, Time
from quantray.folders import folders

FOLDER = "format"
_TOP = ("title", "zone", "doubts", "layouts")
#: Names of the YAML that are no names of ours.
_COLUMN = {
    "from": "source", "per": "per", "none": "nulls", "file": "group", "value": "value", "setting": "setting",
    "fixed": "fixed", "strip": "strip", "upper": "upper", "whole": "whole", "mid": "mid", "absent": "absent",
}  # fmt: skip
_TIME = {"from": "parts", "form": "form", "unit": "unit", "of_day": "of_day", "zone": "zone", "stamp": "stamp"}


def shelf(own: Path | None = None) -> dict[str, Format]:
    """Every format by name; one of the working directory's ``conf/`` shadows ours of the same name. ConfigError."""
    found: dict[str, Path] = {}
    for conf in folders("conf", own):
        for place in (conf / FOLDER, conf / "shared" / FOLDER):
            for path in sorted(place.glob("*.yaml")) if place.is_dir() else ():
                found.setdefault(path.stem, path)
    return {name: read_format(found[name]) for name in sorted(found)}


def named(name: str, key: str, known: Mapping[str, Format] | None = None) -> Format:
    """The format of that name, or ConfigError with the near miss."""
    known = shelf() if known is None else known
    if name not in known:
        miss = near_miss(name, known, what="format")
        raise ConfigError(f"{key}={name}: {miss} (docs/formats.md tells how to add one)")
    return known[name]


def read_format(path: Path) -> Format:
    """The format that a YAML file describes. ConfigError names the file and the key."""
    import yaml

    try:
        quick = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C where PyYAML was built with it: ten times as fast
        raw = yaml.load(path.read_text(encoding="utf-8"), quick)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
    try:
        return format_of(path.stem, raw)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None


def format_of(name: str, raw: object) -> Format:
    """A format from plain values."""
    top = _known(raw, _TOP, "")
    layouts = _mapping(top.get("layouts"), "layouts")
    if not layouts:
        raise ConfigError("layouts is empty; it needs one kind of file at least")
    doubts = _texts(top.get("doubts", []), "doubts")
    made = []
    for key, value in layouts.items():
        try:
            made.append(_layout(str(key), value, top.get("zone"), doubts))
        except ConfigError as error:
            raise ConfigError(f"layouts.{key}: {error}") from None
    return Format(name, _text(top.get("title", name), "title"), tuple(made), doubts)


def _layout(name: str, raw: object, zone: object, doubts: tuple[str, ...]) -> Layout:
    given = _known(raw, [f.name for f in fields(Layout) if f.name != "name"], "")
    makers: dict[str, Callable[[Any, str], Any]] = {
        "table": _text, "title": _text, "header": _texts, "row": _texts, "names": _texts, "file": _text,
        "unless": _text, "weak": _flag, "columns": _columns, "sides": _pairs, "time": partial(_time, zone=zone),
        "contract": _contract, "aside": _aside, "withdrawn": _aside, "once": _flag, "last_by": _texts,
        "adjusted": _flag, "refuse": _text, "beside": _text, "doubts": _texts,
    }  # fmt: skip
    made = {key: makers[key](value, key) for key, value in given.items()}
    if "table" not in made:
        raise ConfigError("table is missing: what does the file serve as?")
    made["doubts"] = (*doubts, *made.get("doubts", ()))
    return Layout(name, **made)


def _columns(raw: object, key: str) -> dict[str, Column]:
    return {str(ours): _column(value, f"{key}.{ours}") for ours, value in _mapping(raw, key).items()}


def _column(raw: object, key: str) -> Column:
    if isinstance(raw, str):
        return Column(raw)
    given = _known(raw, tuple(_COLUMN), key)
    made: dict[str, Any] = {_COLUMN[name]: value for name, value in given.items()}
    for name in ("source", "group", "value", "setting", "strip"):
        if name in made:
            made[name] = _text(made[name], f"{key}.{name}")
    for name in ("upper", "whole"):
        if name in made:
            made[name] = _flag(made[name], f"{key}.{name}")
    if "absent" in made:
        made["absent"] = _rule(made["absent"], f"{key}.absent")
    if "mid" in made:
        made["mid"] = _texts(made["mid"], f"{key}.mid")
    if "nulls" in made:
        made["nulls"] = _texts(made["nulls"], f"{key}.none")
    try:
        return Column(**made)
    except ConfigError as error:
        raise ConfigError(f"{key}: {error}") from None


def _time(raw: object, key: str, zone: object) -> Time:
    given = {"from": raw} if isinstance(raw, str) else _known(raw, tuple(_TIME), key)
    if "from" not in given:
        raise ConfigError(f"{key}.from is missing: which column holds the time of a row?")
    parts = given["from"] if isinstance(given["from"], list) else [given["from"]]
    made: dict[str, Any] = {
        _TIME[name]: _text(value, f"{key}.{name}") for name, value in given.items() if name not in ("from", "of_day")
    }
    made["parts"] = tuple(_column(part, f"{key}.from") for part in parts)
    if "of_day" in given:
        made["of_day"] = _column(given["of_day"], f"{key}.of_day")
    if "zone" not in made and zone is not None:
        made["zone"] = _text(zone, "zone")
    try:
        return Time(**made)
    except ConfigError as error:
        raise ConfigError(f"{key}.{error}") from None


def _contract(raw: object, key: str) -> Contract:
    names = [f.name for f in fields(Contract)]
    made: dict[str, Any] = {
        name: _text(value, f"{key}.unit") if name == "unit" else _column(value, f"{key}.{name}")
        for name, value in _known(raw, names, key).items()
    }
    try:
        return Contract(**made)
    except ConfigError as error:
        raise ConfigError(f"{key}: {error}") from None


def _aside(raw: object, key: str) -> dict[str, dict[str, str | None]]:
    return {str(reason): _rule(rule, f"{key}.{reason}") for reason, rule in _mapping(raw, key).items()}


def _rule(raw: object, key: str) -> dict[str, str | None]:
    """Column -> the value that it must have, as text; None: empty."""
    found = {name: None if value is None else str(value) for name, value in _mapping(raw, key).items()}
    if not found:
        raise ConfigError(f"{key} is empty; it needs a column and the value that it must have")
    return found


def _pairs(raw: object, key: str) -> dict[str, str]:
    return {str(name): _text(value, f"{key}.{name}") for name, value in _mapping(raw, key).items()}


def _mapping(raw: object, key: str) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        raise ConfigError(f"{key or 'a format'} must be a mapping, got {raw!r}")
    return {str(name): value for name, value in raw.items()}


def _known(raw: object, names: tuple[str, ...] | list[str], key: str) -> dict[str, Any]:
    found = _mapping(raw, key)
    for name in found:
        if name not in names:
            raise ConfigError(f"{f'{key}.' if key else ''}{name}: {near_miss(name, names, what='key')}")
    return found


def _text(raw: object, key: str) -> str:
    if not isinstance(raw, str):
        raise ConfigError(f"{key} must be a text, got {raw!r}")
    return raw


def _texts(raw: object, key: str) -> tuple[str, ...]:
    if not isinstance(raw, list):
        raise ConfigError(f"{key} must be a list, got {raw!r}")
    return tuple(str(item) for item in raw)


def _flag(raw: object, key: str) -> bool:
    if not isinstance(raw, bool):
        raise ConfigError(f"{key} must be true or false, got {raw!r}")
    return raw
