"""A study's name when none is given: the experiment or strategy, and what differs from its defaults, readably."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from quantray.digests import digest_of
from quantray.passwords import masked

#: Changing these continues the same study (they are in no digest), so they are not in its name either.
SILENT = (
    "study", "run_dir", "fresh", "runner", "storage", "mirror", "report", "gates", "tracking", "data.cache",
    "data.allow_paths", "data.memory_gb", "search.n_trials", "search.max_attempts", "search.max_failures",
    "search.timeout_s", "search.target",
)  # fmt: skip
_ONCE = ("data.cache", "data.allow_paths")  # were in names by the former rule
LONGEST, MOST = 48, 4  # characters, and changes that a name can tell; what is more becomes a digest
#: What a value under ``data`` ends in that is a file.
FILES = (".parquet", ".pq", ".csv", ".tsv", ".txt", ".gz", ".zip", ".duckdb", ".db")
#: The rule of 0.1.0, by which a study that is stored may be named.
FORMERLY: dict[str, Any] = {"longest": 100, "most": 6, "former": True}


def study_name(
    stem: str, choices: Iterable[str], changes: Mapping[str, object], *,
    longest: int = LONGEST, most: int = MOST, former: bool = False,
) -> str:  # fmt: skip
    """``options_sweep``, ``options_sweep-random-seed_1``, … ; two different sets of changes never share a name.

    ``choices`` are the groups' choices that were changed, ``changes`` the keys with their new values. Data are called
    by the name of their file; a digest keeps files of one name apart.
    """
    parts = [stem, *(_slug(choice) for choice in choices)]
    if len(changes) > most:
        parts.append(digest_of(sorted((key, repr(value)) for key, value in changes.items()))[:8])
    else:
        parts += [_part(key, value, former) for key, value in sorted(changes.items())]
    name = "-".join(parts)
    if len(name) <= longest:
        return name
    return f"{name[: longest - 9].rstrip('-_.,')}-{digest_of(name)[:8]}"


def differences(old: Mapping[str, object], new: Mapping[str, object], *, former: bool = False) -> dict[str, Any]:
    """Keys (dotted) whose value in ``new`` is not that in ``old``, without those that do not name a study."""
    before, after = flatten(old), flatten(new)
    changed = {key: after.get(key) for key in {*before, *after} if repr(before.get(key)) != repr(after.get(key))}
    named = _ONCE if former else ()
    return {key: value for key, value in changed.items() if key in named or not silent(key)}


def silent(key: str) -> bool:
    return any(key == name or key.startswith(f"{name}.") for name in SILENT)


def flatten(section: Mapping[str, object], prefix: str = "") -> dict[str, Any]:
    """Nested mappings as dotted keys; lists stay values, and so does the description of a dimension or a sampler."""
    flat: dict[str, Any] = {}
    for key, value in section.items():
        if isinstance(value, Mapping) and value and prefix != "space." and f"{prefix}{key}" != "search.sampler":
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _part(key: str, value: object, former: bool = False) -> str:
    """A parameter or bound goes by its own name, another key by its section too: ``seed_1``, ``synthetic.seed_1``."""
    path = key.split(".")
    label = path[-1] if path[0] in ("space", "strategy", "constraints") else ".".join(path[-2:])
    if value is None:
        return f"no_{label}"
    if isinstance(value, Mapping):
        text = ",".join(f"{name}_{item}" for name, item in value.items())
    else:
        text = ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    text = masked(text)  # names become folders
    if path[0] == "data" and not former and ("/" in text or PurePath(text).suffix.lower() in FILES):
        stem = _slug(PurePath(text).stem)[:16].strip("_.")  # which of the data it is stands in the digest
        return f"{stem}_{digest_of(key, repr(value))[:6]}".lstrip("_")
    slug = _slug(PurePath(text).stem if "/" in text else text)  # a path goes by its file's name
    if slug != text or len(slug) > 24:  # the readable form lost something: the digest keeps names apart
        slug = f"{slug[:16].strip('_')}_{digest_of(repr(value))[:6]}".lstrip("_")
    return f"{label}_{slug}"


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9.,+_-]+", "_", text)
