"""One section of a composed configuration against the dataclass that describes it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, TypedDict, TypeVar, get_type_hints

from quantray.config import wings
from quantray.errors import ConfigError, LedgerError, near_miss
from quantray.settings import Storage
from quantray.sweeps.plan import Constraints

T = TypeVar("T")


class _Fault(TypedDict):
    """Of what Pydantic says of one error, what is read here."""

    type: str
    loc: tuple[int | str, ...]
    msg: str
    input: Any


LONGEST = 255  # bytes of a folder's name, on the file systems that are in use


def section(cfg: Mapping[str, object], name: str) -> dict[str, Any]:
    """The mapping under ``name``; an absent one is empty, a single value is refused."""
    value = cfg.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ConfigError(f"{name}={value!r}: {name} is a section; give one of its keys, {name}.<key>=…")
    return {str(key): item for key, item in value.items()}


def scalar(cfg: Mapping[str, object], name: str, kind: type[T], default: T) -> T:
    """A single value at the top of the configuration."""
    value = cfg.get(name)
    if value is None:
        return default
    if type(value) is not kind:
        raise ConfigError(f"{name}={value!r} must be {_KINDS[kind]}")
    return value


_KINDS: dict[type, str] = {str: "a text", int: "a whole number", bool: "true or false"}


def study_of(cfg: Mapping[str, object]) -> str:
    """``study.name``, which must be a name that a folder can have."""
    study = section(cfg, "study")
    for key in study:
        if key != "name":
            raise ConfigError(f"study.{key}: {near_miss(key, ['name'], what='key')}")
    name = study.get("name")
    if not isinstance(name, str) or not name.strip() or any(c in name for c in "/\\\0") or name in (".", ".."):
        raise ConfigError(f"study.name={name!r} must be a name that a folder can have: no slash, not empty")
    try:
        long = len(name.encode())
    except UnicodeEncodeError:
        raise ConfigError(f"study.name={name!r} holds half a character; give a name that can be written") from None
    if long > LONGEST:
        raise ConfigError(f"study.name={name[:40]}… has {long} bytes; a folder's name may have {LONGEST}")
    return name


def run_dir_of(cfg: Mapping[str, object], study: str) -> Path:
    """``run_dir``, by default ``outputs/<study>``."""
    given = scalar(cfg, "run_dir", str, f"outputs/{study}")
    if not given.strip():
        raise ConfigError(f"run_dir={given!r} names no folder; leave it out for outputs/{study}, or write run_dir=.")
    return Path(given).expanduser()


def seed_of(cfg: Mapping[str, object]) -> int:
    """``seed``: a whole number in [0, 2**32)."""
    seed = scalar(cfg, "seed", int, 0)
    if not 0 <= seed < 2**32:
        raise ConfigError(f"seed must be in [0, 2**32), got {seed}")
    return seed


def storage_of(storage: Storage) -> Storage:
    """A server needs its address: from the configuration, or from the environment."""
    from quantray.ledger.addresses import address

    try:
        address(storage, ".")
    except LedgerError as error:
        raise ConfigError(str(error)) from None
    return storage


def checked(cls: type[T], cfg: Mapping[str, object], name: str, rename: Mapping[str, str] | None = None) -> T:
    """Build ``cls`` from ``cfg[name]``; ConfigError names the key, the value and the near miss."""
    from pydantic import TypeAdapter, ValidationError

    values = section(cfg, name)
    renamed = {(rename or {}).get(key, key): value for key, value in values.items()}
    for key, value in values.items():
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ConfigError(f"{name}.{key}={value!r} holds half a character; give one that can be written") from None
    try:
        return TypeAdapter(cls).validate_json(json.dumps(renamed), strict=True)
    except ValidationError as error:
        first = _deepest(error.errors(include_url=False), renamed)
        back = {new: old for old, new in (rename or {}).items()}
        path = [back.get(str(part), str(part)) for part in _keys(first["loc"], renamed)]
        raise ConfigError(_sentence(cls, name, path, first, back)) from None


def _keys(loc: Sequence[object], values: object) -> Iterator[Any]:
    """The part of an error's place that the user wrote: Pydantic adds which member of a union it tried."""
    for k, part in enumerate(loc):
        if isinstance(values, Mapping):
            if part in values or k == len(loc) - 1:
                yield part
                values = values.get(part)
        elif isinstance(values, list) and isinstance(part, int):
            yield part
            values = values[part]


def _deepest(errors: Sequence[_Fault], values: Mapping[str, object]) -> _Fault:
    """The first error; where its value is a mapping that a union refuses, the one that knows the wrong key of it."""
    place = errors[0]["loc"]
    if not isinstance(values.get(str(place[0])) if place else None, Mapping):
        return errors[0]
    return max((e for e in errors if e["loc"][:1] == place[:1]), key=lambda e: len(e["loc"]))


def _sentence(cls: type, name: str, path: list[str], first: _Fault, back: Mapping[str, str]) -> str:
    key = ".".join([name, *path])
    if first["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        owner = cls
        for part in path[:-1]:
            owner = get_type_hints(owner)[part]
        known = [back.get(f.name, f.name) for f in fields(owner)] if is_dataclass(owner) else []
        theirs = wings.owner(key)
        return f"{key}: {f'it belongs to {theirs}; ' if theirs else ''}{near_miss(path[-1], known, what='key')}"
    if first["type"] in ("missing", "missing_argument"):
        return f"{key} is required; give {key}=…"
    if isinstance(first["input"], Mapping) or first["type"].startswith(("dataclass", "mapping", "dict")):
        return f"{key}: {_plain(first['msg'])}"
    return f"{key}={first['input']!r}: {_plain(first['msg'])}"


def _plain(message: str) -> str:
    """Pydantic's sentence in ours."""
    message = message.replace("Input should be a valid integer", "it must be a whole number")
    message = message.replace("Input should be a valid string", "it must be a text")
    return message.replace("Input should be a valid", "it must be a").replace("Input should", "it should")


def type_error(hint: Any, value: object) -> str | None:
    """What is wrong with ``value`` for this annotation, None when it fits: text is no number, true is no number."""
    from pydantic import PydanticSchemaGenerationError, TypeAdapter, ValidationError

    try:
        TypeAdapter(hint).validate_json(json.dumps(value), strict=True)
    except ValidationError as error:
        return _plain(error.errors(include_url=False)[0]["msg"])
    except (NameError, PydanticSchemaGenerationError):  # an annotation of the strategy's own: its own business
        return None
    return None


def constraints_of(values: Mapping[str, object]) -> Constraints:
    """``min_trades`` and any ``min_<metric>`` or ``max_<metric>``; null removes a bound."""
    from quantray.sweeps.metrics import METRICS

    known = _bounds(METRICS)
    bounds: dict[str, float] = {}
    min_trades = 10
    for key, value in values.items():
        if value is None and key != "min_trades":
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ConfigError(f"constraints.{key}={value!r} must be a number")
        if key == "min_trades":
            if not isinstance(value, int):
                raise ConfigError(f"constraints.min_trades={value!r} must be a whole number")
            min_trades = value
        elif key not in known:
            raise ConfigError(f"constraints.{key}: {near_miss(key, known, what='constraint')}")
        else:
            _check_reach(key, known[key], float(value))
            bounds[known[key]] = float(value)
    for name in bounds:
        least, most = bounds.get(f"min_{name[4:]}"), bounds.get(f"max_{name[4:]}")
        if least is not None and most is not None and least > most:
            raise ConfigError(f"constraints: no {name[4:]} is at least {least:g} and at most {most:g}")
    return Constraints(min_trades, bounds)


def _check_reach(key: str, bound: str, value: float) -> None:
    """Refuse a bound that no value of its metric can meet, or none can miss, because it is in another unit."""
    from quantray.measures import Unit
    from quantray.sweeps.metrics import Metric

    metric = Metric[bound[4:].upper()]
    if metric.unit is Unit.SHARE and not 0 <= value <= 1:
        meant = f"; {value:g} % is {value / 100:g}" if 1 < value <= 100 else ""
        raise ConfigError(f"constraints.{key}={value:g}: {metric.key} is a share in [0, 1]{meant}")
    positive = metric.unit in (Unit.COUNT, Unit.SECONDS) or metric is Metric.MAX_DRAWDOWN
    if positive and bound.startswith("max_") and value < 0:
        raise ConfigError(f"constraints.{key}={value:g}: no {metric.key} is below 0")


def _bounds(metrics: Sequence[str]) -> dict[str, str]:
    """How a bound may be written: ``max_drawdown`` is a metric's own name and reads as its upper bound."""
    written = {f"{end}_{name}": f"{end}_{name}" for name in metrics for end in ("min", "max")}
    for name in metrics:
        if name.startswith("max_"):
            del written[f"min_{name}"], written[f"max_{name}"]
            written[name] = f"max_{name}"
    return {**written, "min_trades": "min_trades"}
