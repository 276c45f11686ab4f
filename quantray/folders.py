"""Where ``conf/`` and ``strategy/`` are found: the working directory's own first, then the ones quantray came with.

In a checkout those stand next to the package; in an installed wheel they travel inside it, under ``_shelf``.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from quantray.errors import ConfigError

PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """The folder ``conf`` or ``strategy`` that came with quantray."""
    beside = PACKAGE.parent / name
    inside = PACKAGE / "_shelf" / name
    if (PACKAGE.parent / "pyproject.toml").is_file() and beside.is_dir():
        return beside
    if inside.is_dir():
        return inside
    raise ConfigError(f"quantray's own {name}/ is neither at {beside} nor at {inside}; install quantray again")


def folders(name: str, own: Path | None = None) -> list[Path]:
    """Every folder called ``name`` in the order in which it is searched; ``own`` defaults to the working directory."""
    mine = (own or Path.cwd()).resolve() / name
    theirs = shipped(name)
    return [theirs] if not mine.is_dir() or mine == theirs else [mine, theirs]


def install(own: Path | None = None) -> ModuleType:
    """Make ``import strategy.<stem>`` find the files of every shelf, the working directory's first.

    Safe to call again, e.g. at the start of a worker or after the working directory has changed.
    """
    places = [str(path) for path in folders("strategy", own)]
    module = sys.modules.get("strategy")
    if module is None:
        module = _package(places)
    if not hasattr(module, "__path__"):
        raise ConfigError(
            f"a module called 'strategy' was imported from {getattr(module, '__file__', '?')} and hides the folder "
            "strategy/; rename that file"
        )
    known = [path for path in module.__path__ if path not in places]
    module.__path__ = [*places, *known]
    return module


def _package(places: list[str]) -> ModuleType:
    first = Path(places[0]) / "__init__.py"
    if not first.is_file():
        spec = importlib.util.spec_from_loader("strategy", None, is_package=True)
    else:
        spec = importlib.util.spec_from_file_location("strategy", first, submodule_search_locations=places)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["strategy"] = module
    if spec.loader is not None:
        spec.loader.exec_module(module)
    else:
        module.__path__ = places
    importlib.invalidate_caches()
    return module
