"""The command as a whole: help and errors come at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"ray", "numba", "pandas", "optuna", "sqlalchemy", "duckdb", "pyarrow", "matplotlib", "scipy"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


QUICK = {
    "help": ["v1-baseline", "--help"],
    "help of a stage": ["calls", "coverage", "--help"],
    "help of the import": ["import-results", "--help"],
    "a wrong flag": ["v1-baseline", "--polcy", "v1"],
    "a wrong key": ["v1-baseline", "polcy=v1"],
    "a wrong level": ["caller-policies", "--sl-mults", "1.2"],
    "a wrong stage key": ["calls", "slice", "data.intervall=1m"],
    "a sweep's key": ["run", "+experiment=v1_baseline", "search=tpe"],
    "the configuration": ["v1-baseline", "--cfg", "job"],
}


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_help_and_errors_load_nothing_heavy(name: str) -> None:
    program = (
        "import contextlib, sys\nfrom quantray import cli\n"
        f"with contextlib.suppress(SystemExit): cli.main({QUICK[name]!r})\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "quantray" in loaded
    assert not loaded & HEAVY
