"""What lies on the disk is not trusted: damaged pieces and parts are made again, counted, said, with the same bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from quantray.files import Pieces
from tests.builders.commands import KINDS, carried_out, compared, prepare

pytestmark = pytest.mark.slow


def zeros(path: Path) -> None:
    """Thirty per cent of the file become zeros; its size and names stay."""
    content = bytearray(path.read_bytes())
    start, size = len(content) // 3, max(1, 3 * len(content) // 10)
    content[start : start + size] = bytes(size)
    path.write_bytes(bytes(content))


def flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def cut(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def gone(path: Path) -> None:
    path.unlink()


def all_zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


DAMAGES = (zeros, flipped, cut, gone, all_zero)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda d: d.__name__)
@pytest.mark.parametrize("kind", ["table", "callers"])
def test_any_piece_that_is_damaged_is_made_again(
    kind: str, damage: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path, kind)
    assert carried_out(kind, "run_dir=run") == 0
    whole = compared(tmp_path / "run", kind)
    pieces = Pieces(tmp_path / "run", "mine")
    files = [p for p in sorted(pieces.folder.rglob("*")) if p.is_file() and p.suffix in (".npy", ".parquet")]
    assert files
    for path in files:
        before = path.read_bytes()
        damage(path)  # type: ignore[operator]
        capsys.readouterr()
        assert carried_out(kind, "run_dir=run") == 0
        said = " ".join(capsys.readouterr().err.split())
        assert f"1 {'missing' if damage is gone else 'damaged'} ({path})" in said
        assert "again" in said
        assert path.read_bytes() == before
        assert compared(tmp_path / "run", kind) == whole


@pytest.mark.parametrize(("kind", "folder"), [("table", "surface"), ("callers", "policies")])
def test_parts_of_the_table_among_the_results_are_mended(
    kind: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path, kind)
    assert carried_out(kind, "run_dir=run") == 0
    whole = compared(tmp_path / "run", kind)
    for damage in DAMAGES:
        damage(next((tmp_path / "run" / folder).glob("*.parquet")))
        assert carried_out(kind, "run_dir=run") == 0
        assert compared(tmp_path / "run", kind) == whole


@pytest.mark.parametrize("kind", KINDS)
def test_a_market_that_was_changed_in_the_cache_is_made_again(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    prepare(tmp_path, kind)
    assert carried_out(kind, "run_dir=run") == 0
    whole = compared(tmp_path / "run", kind)
    for path in list((tmp_path / "cache").rglob("*.parquet")):
        flipped(path)
    caplog.clear()
    assert carried_out(kind, "run_dir=other", "study.name=other") == 0
    assert "damaged or missing" in caplog.text
    assert "is made again" in caplog.text
    found = compared(tmp_path / "other", kind)
    assert found == whole
