"""From a ``_target_`` in a configuration to the object it names, which is looked at before it is called.

Importing runs code and so does calling. Therefore a short list says which names are imported at all, and whoever asks
says what he wants: a strategy, a sampler, a function. Anything else is refused without being called.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass
from types import FunctionType
from typing import Any

from quantray import folders
from quantray.digests import digest_of
from quantray.errors import ConfigError, near_miss
from quantray.failures import OWN, told

#: What a configuration may import, by the key that holds the ``_target_`` (of an objective, that is it).
ALLOWED: dict[str, tuple[str, ...]] = {
    "strategy": ("strategy.", "quantray."),
    "search.sampler": ("optuna.samplers.", "strategy.", "quantray."),
    "objective": ("strategy.",),
}
#: All that quantray and Optuna offer; from the shelf ``strategy.`` everything is imported.
_QUANTRAY = ("quantray.search.tpe.StaticTPE",)
_OPTUNA = ("optuna.samplers", "optuna.samplers.nsgaii")
STRATEGY = "must be a dataclass with a method trades(market, plan) or signals(session)"

#: What is wrong with an object for a place, None when it will do.
Check = Callable[[object], str | None]


def check_strategy(thing: object) -> str | None:
    """A class with one of the two methods, as ``quantray.protocols`` describes them."""
    if not isinstance(thing, type) or not is_dataclass(thing):
        return STRATEGY
    if "__dataclass_fields__" not in vars(thing) and (own := [*vars(thing).get("__annotations__", ())]):
        return f"has fields of its own ({', '.join(own[:5])}) and no @dataclass(frozen=True, kw_only=True) above it"
    if not takes(getattr(thing, "signals", None), 2) and not takes(getattr(thing, "trades", None), 3):
        return STRATEGY
    return None


def takes(thing: object, count: int | None) -> bool:
    """Whether ``thing`` can be called with ``count`` arguments by position (None: with any)."""
    if not callable(thing):
        return False
    try:
        signature = inspect.signature(thing)
        if count is not None:
            signature.bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def anything(thing: object) -> str | None:
    """The check of who looks at a strategy of a plan again, which was checked when the plan was made."""
    return STRATEGY if thing is None else None


def resolve(target: str, key: str = "strategy", check: Check = anything) -> Any:
    """What ``target`` names, e.g. ``strategy.vwap_reclaim.VwapReclaim``, if ``check`` has nothing against it.

    ``key`` is where it stands. Raises ConfigError with the near miss, or with what the place wants.
    """
    where = f"objective={target}" if key == "objective" else f"{key}._target_={target}"
    allowed = next((names for place, names in ALLOWED.items() if f"{key}.".startswith(f"{place}.")), ())
    if (
        not isinstance(target, str)
        or not target.startswith(allowed)
        or not all(part.isidentifier() and not part.startswith("__") for part in target.split("."))
    ):
        raise ConfigError(f"{where}: only names that begin with {' or '.join(allowed)} are imported")
    module_name, _, name = target.rpartition(".")
    if target.startswith("quantray.") and target not in _QUANTRAY:
        raise ConfigError(f"{where} {check(None)}; quantray itself offers {' and '.join(_QUANTRAY)} alone")
    if target.startswith("optuna.") and module_name not in _OPTUNA:
        raise ConfigError(f"{where}: {near_miss(module_name, _OPTUNA, what='module')}")
    found = _imported(module_name, name, where)
    wrong = check(found)
    if wrong is not None:
        raise ConfigError(f"{where} {wrong}")
    return found


def refuse_others(cfg: Mapping[str, object]) -> None:
    """ConfigError for a ``_target_`` of a composed configuration where none may stand."""
    for path in _targets(cfg, ""):
        place = path.rpartition(".")[0]
        if place == "strategy.strategy":
            raise ConfigError(f"{path}: the YAML of a strategy must begin with the line '# @package _global_'")
        if place != "strategy" and not f"{place}.".startswith("search.sampler."):
            raise ConfigError(f"{path}: a _target_ may stand in strategy and in search.sampler, nowhere else")


def _targets(value: object, path: str) -> Iterator[str]:
    """Paths of every ``_target_``, through mappings and lists."""
    inner = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list | tuple) else ()
    for name, item in inner:
        at = f"{path}.{name}" if path else str(name)
        if name == "_target_":
            yield at
        yield from _targets(item, at)


def _imported(module_name: str, name: str, where: str) -> object:
    loaded = sys.modules.get(module_name)
    if loaded is not None and hasattr(loaded, name):  # what was imported before is not looked for again
        return getattr(loaded, name)
    folders.install()
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise ConfigError(f"{where}: {module_name} needs a module that is not installed: {told(error)}") from error
        known = [f"strategy.{path.stem}" for folder in folders.folders("strategy") for path in folder.glob("[!_]*.py")]
        raise ConfigError(f"{where}: {near_miss(module_name, known, what='module')}") from error
    except SyntaxError as error:
        raise ConfigError(f"{where}: {module_name} cannot be imported: {error}") from error
    except OWN as error:  # the file is somebody's own: whatever runs in it may raise, sys.exit() included
        raise ConfigError(f"{where}: {module_name} cannot be imported: {told(error)}") from error
    if not hasattr(module, name):
        kind, what = (type, "class") if where.startswith(("strategy", "search")) else (FunctionType, "function")
        there = [value for n, value in vars(module).items() if isinstance(value, kind) and not n.startswith("_")]
        known = [thing.__name__ for thing in there if thing.__module__.startswith(module_name)]
        raise ConfigError(f"{where}: {near_miss(name, known, what=what)}")
    return getattr(module, name)


def source_digest(thing: type | FunctionType) -> str:
    """Digest of the bytes of the file that defines ``thing``: what resume compares, so that an edit is noticed."""
    module = importlib.import_module(thing.__module__)
    path = getattr(module, "__file__", None)
    if path is None:
        return digest_of(thing.__qualname__)
    with open(path, "rb") as file:
        return digest_of(file.read().hex())
