"""From a ``_target_`` in a YAML file to the object it names, through a short list of allowed prefixes."""

from __future__ import annotations

import importlib
from typing import Any

from quantray import shelf
from quantray.digests import digest_of
from quantray.errors import ConfigError, near_miss

#: What a configuration may import, by the key that holds the ``_target_``; no other key may hold one.
ALLOWED: dict[str, tuple[str, ...]] = {
    "strategy": ("strategy.", "quantray."),
    "data": ("strategy.", "quantray."),
    "search.sampler": ("optuna.samplers.", "strategy.", "quantray."),
}


def resolve(target: str, key: str = "strategy") -> Any:
    """Import what ``target`` names, e.g. ``strategy.vwap_reclaim.VwapReclaim``; ConfigError with the near miss."""
    allowed = ALLOWED.get(key, ())
    where = f"{key}._target_={target}"
    if (
        not isinstance(target, str)
        or not target.startswith(allowed)
        or not all(map(str.isidentifier, target.split(".")))
    ):
        raise ConfigError(f"{where}: only names that begin with {' or '.join(allowed)} are imported")
    shelf.install()
    module_name, _, name = target.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise ConfigError(f"{where}: {module_name} needs a module that is not installed: {error.name}") from error
        known = [f"strategy.{path.stem}" for folder in shelf.folders("strategy") for path in folder.glob("[!_]*.py")]
        raise ConfigError(f"{where}: {near_miss(module_name, known, what='module')}") from error
    except (ImportError, SyntaxError) as error:
        raise ConfigError(f"{where}: {module_name} cannot be imported: {error}") from error
    if not hasattr(module, name):
        classes = [value for n, value in vars(module).items() if isinstance(value, type) and not n.startswith("_")]
        known = [c.__name__ for c in classes if c.__module__.startswith(module_name)]
        raise ConfigError(f"{where}: {near_miss(name, known, what='class')}")
    return getattr(module, name)


def source_digest(thing: type) -> str:
    """Digest of the bytes of the file that defines ``thing``: what resume compares, so that an edit is noticed."""
    module = importlib.import_module(thing.__module__)
    path = getattr(module, "__file__", None)
    if path is None:
        return digest_of(thing.__qualname__)
    with open(path, "rb") as file:
        return digest_of(file.read().hex())
