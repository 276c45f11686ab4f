"""A wrong interpreter and a missing installation are answered with one sentence, whatever Python is asked."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from quantray import installation

ROOT = Path(__file__).parents[1]
#: Distributions whose modules are called otherwise.
CALLED = {"psycopg2-binary": "psycopg2", "hydra-core": "hydra", "pyyaml": "yaml"}
PYTHONS = sorted(Path.home().glob(".pyenv/versions/*/bin/python"))
OLD = [path for path in PYTHONS if re.match(r"3\.([6-9]|10)\.", path.parents[1].name)]


def asked(python: Path | str, *words: str, cwd: Path = ROOT) -> tuple[int, str]:
    """Exit code and what is said by another interpreter, which sees nothing of this one."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run([str(python), *words], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def test_every_required_package_is_looked_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [re.split(r"[\[<>=]", line)[0] for line in project["dependencies"]]
    assert tuple(CALLED.get(name, name) for name in names) == installation.NEEDED
    assert installation.lacking() is None


def test_one_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(installation, "NEEDED", ("numpy", "a_package_that_nobody_has"))
    assert str(installation.lacking()).startswith(f"a_package_that_nobody_has is not installed for {sys.executable}: ")
    with pytest.raises(SystemExit, match="2"):
        installation.check()
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("module", ["quantray", "quantray.run"])
def test_without_packages(module: str) -> None:
    """As in a fresh clone: the interpreter sees no site-packages."""
    code, said = asked(sys.executable, "-S", "-m", module, "+experiment=options_sweep")
    assert code == 2
    assert re.fullmatch(r"error: the packages that quantray needs are not installed for .*: .*\n", said)


def test_the_package_itself_is_read_by_every_python() -> None:
    """3.7 is the oldest grammar that can be asked for; what older ones do not know either is named."""
    text = (ROOT / "quantray" / "__init__.py").read_text(encoding="utf-8")
    found = list(ast.walk(ast.parse(text, feature_version=(3, 7))))
    assert text.isascii()
    assert not any(isinstance(node, ast.JoinedStr | ast.AnnAssign | ast.Starred) for node in found)
    assert not any(isinstance(node, ast.FunctionDef) and node.returns for node in found)
    assert not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in found)


@pytest.mark.slow
@pytest.mark.skipif(not OLD, reason="no older Python is installed")
@pytest.mark.parametrize("python", OLD, ids=lambda path: path.parents[1].name)
def test_an_older_python(python: Path, tmp_path: Path) -> None:
    sentence = r"quantray needs Python 3\.11, 3\.12 or 3\.13, and .* is 3\.\d+: .*\n"
    code, said = asked(python, "-m", "quantray.run", "+experiment=options_sweep")
    assert code == 2
    assert re.fullmatch(f"error: {sentence}", said)
    code, said = asked(python, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); import quantray", cwd=tmp_path)
    assert code == 1
    assert re.search(f"\nImportError: {sentence}", said)
