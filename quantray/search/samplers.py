"""Optuna samplers from a configuration, one fresh instance a batch."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from optuna.samplers import BaseSampler, RandomSampler, TPESampler

from quantray.errors import ConfigError, near_miss
from quantray.plan import Search
from quantray.search.tpe import StaticTPE
from quantray.targets import resolve

KEY = "search.sampler"
#: Samplers whose suggestions depend on the finished and running trials and on their seed, and on nothing else.
HISTORY_ONLY = (StaticTPE, TPESampler, RandomSampler)

Make = Callable[[int], BaseSampler]


def sampler_maker(search: Search) -> Make:
    """A function from a seed to a sampler. ConfigError for a target or parameter that Optuna does not have."""
    if search.sampler is None:
        return lambda seed: StaticTPE(
            n_startup_trials=search.n_startup_trials, n_ei_candidates=search.n_ei_candidates, seed=seed
        )
    spec = dict(search.sampler)
    if "seed" in spec:
        raise ConfigError(f"{KEY}.seed={spec['seed']}: every batch has its own seed, made from the plan's; set seed=…")
    if str(spec.get("_target_", "")).endswith(("GridSampler", "BruteForceSampler")):
        raise ConfigError(f"{KEY}._target_={spec['_target_']} walks the whole table; search=exhaustive does that")
    make = lambda seed: _build(spec, seed, KEY)  # noqa: E731
    make(0)  # what is wrong with it is said before work starts
    return make


def _build(spec: Mapping[str, Any], seed: int, where: str) -> BaseSampler:
    if "_target_" not in spec:
        raise ConfigError(f"{where} needs a _target_, e.g. {where}._target_=optuna.samplers.TPESampler")
    target = spec["_target_"]
    cls = resolve(target, KEY)
    if cls is TPESampler and spec.get("multivariate") is not False and not spec.get("group"):
        cls = StaticTPE
    values = {k: _build(v, seed, f"{where}.{k}") if _nested(v) else v for k, v in spec.items() if k != "_target_"}
    known = inspect.signature(cls).parameters
    open_ended = any(p.kind is p.VAR_KEYWORD for p in known.values())
    for name in values:
        if name not in known and not open_ended:
            raise ConfigError(f"{where}: {near_miss(name, known, what='parameter')}")
    if "seed" in known:
        values["seed"] = seed
    try:
        sampler = cls(**values)
    except (TypeError, ValueError, ImportError) as error:
        raise ConfigError(f"{where}: {target} refuses {values}: {error}") from error
    if not isinstance(sampler, BaseSampler):
        raise ConfigError(f"{where}._target_={target} is not an Optuna sampler")
    return sampler


def _nested(value: Any) -> bool:
    return isinstance(value, Mapping) and "_target_" in value
