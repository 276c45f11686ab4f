"""What a result was made with: a wing's code decides its own studies, words about results decide none."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from quantray import provenance


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of quantray's files that may be changed."""
    copy = tmp_path / "quantray"
    shutil.copytree(Path(provenance.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__", "*.nb?"))
    monkeypatch.setattr(provenance, "__file__", str(copy / "provenance.py"))
    return copy


def digests() -> tuple[str, str]:
    return provenance.code_digest("sweeps", ["report"]), provenance.code_digest("callers", ["report"])


def test_a_change_counts_where_it_decides(package: Path) -> None:
    sweeps, callers = digests()
    (package / "sweeps" / "report" / "sections.py").write_text("# other words")
    assert digests() == (sweeps, callers)
    (package / "sweeps" / "evaluate.py").write_text("# another evaluation")
    assert digests()[0] != sweeps
    assert digests()[1] == callers
    (package / "space.py").write_text("# ground of both")
    assert digests()[1] != callers


def test_versions_are_those_that_run() -> None:
    import numpy

    assert provenance.versions()["numpy"] == provenance.made_with()["numpy"] == numpy.__version__
