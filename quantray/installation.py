"""Whether the packages that quantray needs are there, before anything asks for one of them."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

#: What is imported of each required package of pyproject.toml, in its order.
NEEDED = (
    "numpy", "scipy", "statsmodels", "arch", "numba", "duckdb", "pyarrow", "pandas", "exchange_calendars", "optuna",
    "sqlalchemy", "psycopg2", "ray", "hydra", "omegaconf", "pydantic", "matplotlib", "rich", "jinja2", "yaml", "xxhash",
    "ijson",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[1]


def lacking() -> str | None:
    """One sentence with the remedy where required packages are not installed for this interpreter; else None.

    Nothing is imported: each is looked for on the path alone.
    """
    absent = [name for name in NEEDED if find_spec(name) is None]
    if not absent:
        return None
    some = "the packages that quantray needs" if len(absent) == len(NEEDED) else ", ".join(absent)
    verb = "is" if len(absent) == 1 else "are"
    return f"{some} {verb} not installed for {sys.executable}: {_remedy()}"


def _remedy() -> str:
    """What to do: another interpreter is there, or packages have to be installed."""
    own = ROOT / ".venv"
    if not (ROOT / "pyproject.toml").is_file():
        return f"{sys.executable} -m pip install --force-reinstall quantray installs them"
    if (own / "bin" / "python").is_file() and own not in (Path(sys.prefix), Path(sys.executable).parents[1]):
        return f"use {own / 'bin' / 'python'}, or activate its environment with . {own / 'bin' / 'activate'}"
    return f"{sys.executable} -m pip install -c {ROOT / 'constraints.txt'} -e {ROOT} installs them, as does make demo"


def check() -> None:
    """End a command with :func:`lacking`'s sentence and exit code 2."""
    said = lacking()
    if said is not None:
        print(f"error: {said}", file=sys.stderr)
        raise SystemExit(2)
