"""What a result was made with: digests of the code that computes, and versions of what it runs on."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path

from quantray.digests import digest_of

#: Ground, and loops that both wings' kernels stand on, whose bytes decide results in both wings.
_SHARED = (
    "arrays.py", "durations.py", "expressions.py", "kernels/heap.py", "kernels/quantiles.py", "measures.py",
    "objectives.py", "space.py", "trial.py",
)  # fmt: skip
_SAME = ("numpy", "numba", "optuna", "ray")
_NAMED = ("numpy", "numba", "optuna", "ray", "duckdb", "sqlalchemy", "pandas", "pyarrow", "scipy")


def code_digest(wing: str, telling: Collection[str]) -> str:
    """Digest of the code that decides results in a wing: a change of any of it makes earlier ones another study's.

    That is all of ``quantray/<wing>``, without what only tells of results: the files and folders ``telling``.
    """
    package = Path(__file__).parent
    files = [path.relative_to(package) for path in (package / wing).rglob("*.py")]
    files = [path for path in files if not {path.stem, *path.parts[1:-1]} & {*telling, "__init__"}]
    return _digest_of([*map(Path, _SHARED), *sorted(files)])


def _digest_of(files: Sequence[Path]) -> str:
    package = Path(__file__).parent
    return digest_of([(path.as_posix(), (package / path).read_bytes().hex()) for path in files])


@cache
def _whole() -> str:
    """Digest of all of quantray."""
    package = Path(__file__).parent
    return _digest_of(sorted(path.relative_to(package) for path in package.rglob("*.py")))


def made_with() -> dict[str, str]:
    """What must be the same wherever candidates are evaluated: quantray's code, Python, and what computes."""
    found = {"quantray's code": _whole()[:8], "python": platform.python_version()}
    return found | {name: _version(name) for name in _SAME}


def versions() -> dict[str, str]:
    """Versions of quantray, Python and the packages that results depend on."""
    found = {"quantray": _version("quantray"), "python": platform.python_version()}
    return found | {name: _version(name) for name in _NAMED}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
