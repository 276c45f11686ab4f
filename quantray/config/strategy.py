"""The ``strategy`` and ``space`` sections: names against the strategy's fields, values against the strategy itself."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields
from typing import Any, get_type_hints

from quantray.config.sections import type_error
from quantray.errors import ConfigError, QuantrayError, near_miss
from quantray.plugins import check_strategy, resolve, source_digest
from quantray.space import Dimension, Space, parse_space
from quantray.sweeps.candidates import check_ranges
from quantray.sweeps.long_option import LongOption, rules_of
from quantray.sweeps.plan import StrategySpec
from quantray.sweeps.recorder import Recorder


def strategy_of(strategy: Mapping[str, Any], space: Mapping[str, Any]) -> tuple[StrategySpec, Space]:
    """Check both sections by building the strategy with every level of every dimension."""
    target = strategy.get("_target_")
    if target is None:
        raise ConfigError(
            "strategy._target_ is required, e.g. strategy.vwap_reclaim.VwapReclaim; or choose strategy=<name>"
        )
    cls = resolve(target, check=check_strategy)
    _check_kind(cls, target)
    known = {field.name: field for field in fields(cls) if field.init}
    fixed = {name: value for name, value in strategy.items() if name != "_target_"}
    for section, names in (("strategy", fixed), ("space", space)):
        for name in names:
            if name not in known:
                raise ConfigError(f"{section}.{name}: {near_miss(name, known, what='parameter')}")
    parsed = parse_space(space)
    fixed = {name: value for name, value in fixed.items() if name not in parsed.names}
    _check_levels(cls, known, fixed, parsed)
    return StrategySpec(target, fixed, source_digest(cls)), parsed


def _check_kind(cls: type, target: str) -> None:
    """Refuse a class with ``signals`` that has not the fields by which contracts, fills and exits are found."""
    lacks = [field.name for field in fields(LongOption) if not hasattr(cls, field.name)]
    if hasattr(cls, "signals") and lacks:
        raise ConfigError(
            f"strategy._target_={target} has signals(session) and no {lacks[0]}: inherit quantray.LongOption, whose "
            f"contracts, fills and exits it needs, as in class {cls.__name__}(LongOption), or give it "
            "trades(market, plan) instead"
        )


def _hints(cls: type) -> dict[str, Any]:
    """Types of the fields; none where an annotation of the strategy's own cannot be read, which is its own business."""
    try:
        return get_type_hints(cls)
    except Exception:
        return {}


def _check_levels(cls: type, known: Mapping[str, Field[Any]], fixed: Mapping[str, object], space: Space) -> None:
    hints, needed = _hints(cls), _needed(cls)
    for name, value in fixed.items():
        _check_type(hints, f"strategy.{name}", name, [value])
    # a field without a default must be there before the others can be tried: its first level stands in
    first = {d.name: _levels(d)[0] for d in space.dimensions if not _has_default(known[d.name])}
    missing = [name for name in needed if name not in {**fixed, **first}]
    if missing:
        raise ConfigError(
            f"strategy.{missing[0]} has no default; give strategy.{missing[0]}=… or space.{missing[0]}=[…]"
        )
    varied, recorder = frozenset(space.names), Recorder(cls)
    for name, value in fixed.items():
        _check_alone(cls, f"strategy.{name}", name, value)
    _build(recorder, {**fixed, **first}, "strategy", varied)
    check_ranges(cls, space)
    for dimension in space.dimensions:
        where, others = f"space.{dimension.name}", varied - {dimension.name}
        _check_type(hints, where, dimension.name, _levels(dimension))
        for level in _levels(dimension):
            _check_alone(cls, where, dimension.name, level)
            _build(recorder, {**fixed, **first, dimension.name: level}, f"{where}={level!r}", others)


def _needed(cls: type) -> list[str]:
    return [name for name, p in inspect.signature(cls).parameters.items() if p.default is p.empty]


def _levels(dimension: Dimension) -> tuple[Any, ...]:
    return dimension.values if dimension.values is not None else (dimension.low, dimension.high)


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _check_alone(cls: type, where: str, name: str, value: object) -> None:
    rule = rules_of(cls).get(name)
    said = rule(value) if rule is not None else None
    if said is not None:
        raise ConfigError(f"{where}={value!r}: {said}")


def _build(recorder: Recorder, params: dict[str, Any], where: str, others: frozenset[str]) -> None:
    """Refuse what the strategy refuses whatever the ``others``, which vary, are.

    A rule that reads one of them is asked of every combination later.
    """
    try:
        recorder.build(params)
    except (QuantrayError, ValueError, TypeError) as error:
        if not recorder.last & others:
            raise ConfigError(f"{where}: {error}") from error


def _check_type(hints: Mapping[str, object], where: str, name: str, values: Sequence[object]) -> None:
    """Refuse values that the field's annotation does not admit, and NaN, which no parameter can mean."""
    said = type_error(list[hints[name]], list(values)) if name in hints else None  # type: ignore[valid-type]
    for value in values if said is not None else ():  # which one it is
        if (wrong := type_error(hints[name], value)) is not None:
            raise ConfigError(f"{where}={value!r}: {wrong}")
    if any(isinstance(value, float) and value != value for value in values):
        raise ConfigError(f"{where}=nan is not a number; leave it out")
