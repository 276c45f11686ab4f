"""What a tracker is told of a study: texts, figures and files under names that every tracker takes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from quantray.digests import digest_of
from quantray.outlets import clean

#: Longest name of a parameter, and longest text of one, that MLflow keeps.
LONGEST_NAME, LONGEST_TEXT = 250, 6000
_FOREIGN = re.compile(r"[^A-Za-z0-9_\-. /]+")


@dataclass(frozen=True, slots=True)
class Record:
    """One study: ``params`` are what was asked and found, ``metrics`` figures, ``tags`` what it is known by.

    ``digest`` is that of the study's name and of everything that decides its results: two runs of one study share it.
    """

    study: str
    digest: str
    headline: str
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    files: tuple[Path, ...]


def study_digest(study: str, digests: Mapping[str, str]) -> str:
    """By which a tracker knows a study again."""
    return digest_of(study, dict(digests))


def asked(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a plan that are worth comparing: what columns are called in a file stays in ``summary.json``."""
    data: Mapping[str, Any] = settings["data"] or {}
    left = ("columns",) if data.get("kind") == "synthetic" else ("columns", "synthetic")
    return {**settings, "data": {key: value for key, value in data.items() if key not in left}}


def texts(prefix: str, value: object) -> dict[str, str]:
    """Nested values as dotted names and clean texts; what is null has none, a list is one text."""
    return {name: _cut(text) for name, text in _texts(prefix, value)}


def figures(prefix: str, value: object) -> dict[str, float]:
    """The finite numbers among nested values, by dotted name; a flag is no number."""
    return dict(_figures(prefix, value))


def named(name: str) -> str:
    """``name`` as every tracker takes it; one that had to be changed ends in a digest, so that no two become one."""
    plain = "/".join(part for part in _FOREIGN.sub("_", name).split("/") if part.strip(". ")).strip()
    if plain == name and len(plain) <= LONGEST_NAME:
        return plain
    return f"{plain[: LONGEST_NAME - 9]}_{digest_of(name)[:8]}"


def _texts(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(_joined(name, key), item)
    elif value is not None:
        yield named(name), clean(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _figures(name: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _figures(_joined(name, key), item)
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        yield named(name), float(value)


def _joined(name: str, key: object) -> str:
    """Nested names stand behind a dot; a slash inside one would make a folder of it."""
    own = str(key).replace("/", "∕")
    return f"{name}.{own}" if name else own


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
