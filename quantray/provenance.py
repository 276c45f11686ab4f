"""What a result was made with: digests of the code that computes, and versions of what it runs on."""

from __future__ import annotations

import importlib.metadata
import platform
from pathlib import Path

from quantray.digests import digest_of

#: Files whose bytes decide what a candidate is worth; a change of any makes earlier results another study's.
_COMPUTES = (
    "combinations.py", "entries.py", "evaluate.py", "objectives.py", "options.py", "recording.py", "sharing.py",
    "signalling.py", "space.py", "types.py", "validity.py",
)  # fmt: skip
_SAME = ("numpy", "numba", "optuna", "ray")
_NAMED = ("numpy", "numba", "optuna", "ray", "duckdb", "sqlalchemy", "pandas", "pyarrow", "scipy")


def code_digest() -> str:
    """Digest of quantray's kernels and of what stands between them and a metric."""
    package = Path(__file__).parent
    files = [package / name for name in _COMPUTES] + sorted((package / "kernels").glob("*.py"))
    return digest_of([(path.name, path.read_bytes().hex()) for path in files])


def made_with() -> dict[str, str]:
    """What must be the same wherever candidates are evaluated: quantray's code, Python, and what computes."""
    found = {"quantray's code": code_digest()[:8], "python": platform.python_version()}
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
