"""Optuna samplers from a configuration, one fresh instance a batch."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

from optuna.samplers import BaseSampler, BruteForceSampler, GridSampler, RandomSampler, TPESampler
from optuna.samplers.nsgaii import BaseCrossover, BaseMutation

from quantray.errors import ConfigError, near_miss
from quantray.plugins import resolve, takes
from quantray.search.tpe import StaticTPE
from quantray.settings import Search

KEY = "search.sampler"
#: Samplers whose suggestions depend on the finished and running trials and on their seed, and on nothing else.
HISTORY_ONLY = (StaticTPE, TPESampler, RandomSampler)

#: Classes that an argument of a sampler may want, as its annotation names them, and as we do.
_BASES: dict[str, type] = {"BaseSampler": BaseSampler, "BaseCrossover": BaseCrossover, "BaseMutation": BaseMutation}
_CALLED: dict[type, str] = {
    BaseSampler: "an Optuna sampler",
    BaseCrossover: "an Optuna crossover",
    BaseMutation: "an Optuna mutation",
}

Make = Callable[[int], BaseSampler]


def sampler_maker(search: Search) -> Make:
    """A function from a seed to a sampler. ConfigError for a target or parameter that Optuna does not have."""
    if search.sampler is None:
        return lambda seed: StaticTPE(
            n_startup_trials=search.n_startup_trials, n_ei_candidates=search.n_ei_candidates, seed=seed
        )
    spec = _looked_at(search.sampler, KEY, "BaseSampler")
    _build(spec, 0, KEY)  # what is wrong with it is said before work starts
    return lambda seed: cast(BaseSampler, _build(spec, seed, KEY))


def class_of(sampler: Mapping[str, Any]) -> type:
    """The class that ``search.sampler`` gets. ConfigError where it cannot be had."""
    spec = _looked_at(sampler, KEY, "BaseSampler")
    assert isinstance(spec, _Spec)
    return spec.cls


@dataclass(frozen=True, slots=True)
class _Spec:
    """A class that was looked at, and its arguments, which may be such specs themselves."""

    cls: type
    values: Mapping[str, Any]


def _looked_at(value: object, where: str, wanted: str) -> object:
    """``value`` with every ``_target_`` in it resolved and checked for its place; nothing is called.

    ``wanted`` is the annotation of the argument: a class of Optuna's, or a function.
    """
    if isinstance(value, list | tuple):
        return [_looked_at(item, f"{where}.{i}", wanted) for i, item in enumerate(value)]
    if not isinstance(value, Mapping):
        return value
    if "_target_" not in value:
        if where == KEY:
            raise ConfigError(f"{where} needs a _target_, e.g. {where}._target_=optuna.samplers.TPESampler")
        return {name: _looked_at(item, f"{where}.{name}", wanted) for name, item in value.items()}
    if "Callable" in wanted:
        return _function(value, where, wanted)
    base = next((base for name, base in _BASES.items() if name in wanted), BaseSampler)
    return _class(value, where, base)


def _function(value: Mapping[str, Any], where: str, wanted: str) -> object:
    """A function of the user's own shelf, as it is: it is passed on, and called by Optuna alone."""
    count = _arguments(wanted)
    said = "any arguments" if count is None else f"{count} argument{'s' * (count != 1)}"

    def wrong(thing: object) -> str | None:
        return None if inspect.isfunction(thing) and takes(thing, count) else f"must be a function of {said}"

    if len(value) > 1:
        extra = next(name for name in value if name != "_target_")
        raise ConfigError(f"{where}.{extra}: a function is passed as it is; leave it out")
    if not str(value["_target_"]).startswith("strategy."):
        raise ConfigError(f"{where}._target_={value['_target_']}: functions are taken from strategy. alone")
    return resolve(value["_target_"], where, wrong)


def _class(value: Mapping[str, Any], where: str, base: type) -> _Spec:
    def wrong(thing: object) -> str | None:
        return None if isinstance(thing, type) and issubclass(thing, base) else f"is not {_CALLED[base]}"

    if "seed" in value:
        raise ConfigError(
            f"{where}.seed={value['seed']}: every batch has its own seed, made from the plan's; set seed=…"
        )
    target = value["_target_"]
    cls = resolve(target, where, wrong)
    if issubclass(cls, GridSampler | BruteForceSampler):
        raise ConfigError(f"{where}._target_={target} walks the whole table; search=exhaustive does that")
    if cls is TPESampler and value.get("multivariate") is not False and not value.get("group"):
        cls = StaticTPE
    known = inspect.signature(cls).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in known.values())
    values = {}
    for name, item in value.items():
        if name == "_target_":
            continue
        if name not in known and not open_ended:
            raise ConfigError(f"{where}: {near_miss(name, known, what='parameter')}")
        wanted = known[name].annotation if name in known else ""
        values[name] = _looked_at(item, f"{where}.{name}", wanted if isinstance(wanted, str) else _text(wanted))
    return _Spec(cls, values)


def _text(annotation: object) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _arguments(annotation: str) -> int | None:
    """How many arguments the function of an annotation takes, None where it does not say."""
    with suppress(SyntaxError):
        for node in ast.walk(ast.parse(annotation, mode="eval")):
            if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("Callable"):
                first = node.slice.elts[0] if isinstance(node.slice, ast.Tuple) else None
                return len(first.elts) if isinstance(first, ast.List) else None
    return None


def _build(value: object, seed: int, where: str) -> object:
    """Call what was looked at, inner ones first."""
    if isinstance(value, list):
        return [_build(item, seed, where) for item in value]
    if isinstance(value, Mapping):
        return {name: _build(item, seed, where) for name, item in value.items()}
    if not isinstance(value, _Spec):
        return value
    values = {name: _build(item, seed, f"{where}.{name}") for name, item in value.values.items()}
    if "seed" in inspect.signature(value.cls).parameters:
        values["seed"] = seed
    try:
        return value.cls(**values)
    except (TypeError, ValueError, ImportError) as error:
        raise ConfigError(f"{where}: {value.cls.__name__} refuses {values}: {error}") from error
