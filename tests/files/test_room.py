"""A full disk and a limit on the size of files: one sentence, exit 1, and with room the same command goes on."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.builders.commands import KINDS, carried_out, compared, prepare

pytestmark = pytest.mark.slow
SIZE = 24 << 20


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 24 MB of its own."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def filled(disk: Path, left: int) -> Iterator[None]:
    """So many bytes are left meanwhile."""
    ballast = disk / "ballast"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free - left, 1))
    try:
        yield
    finally:
        ballast.unlink()


@contextmanager
def limited(size: int) -> Iterator[None]:
    """``ulimit -f`` meanwhile, but for byte code: Python would keep what was cut of it, and read it the next time."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = kept
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def told(capsys: pytest.CaptureFixture[str], remedy: str) -> None:
    """One sentence: what could not be written, what is stored, what to do."""
    said = capsys.readouterr().err
    assert "Traceback" not in said
    last = said.strip().splitlines()[-1]
    assert last.startswith("failed: "), said
    assert remedy in last
    assert "stored" in last
    assert "the same command goes on" in last


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk(kind: str, folder: Path, disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The results and pieces are on the disk, the ledger and the market are elsewhere."""
    prepare(folder, kind)
    assert carried_out(kind, "run_dir=whole") == 0
    whole, failed = compared(folder / "whole", kind), 0
    for left in (0, 20_000, 50_000, 90_000, 150_000, 400_000, 1_000_000):
        command = (f"run_dir=disk/run-{left}", f"storage.url=sqlite:///{folder}/ledger-{left}.db")
        with filled(disk, left):
            capsys.readouterr()
            code = carried_out(kind, *command)
        if code:
            assert code == 1
            told(capsys, "free some space")
            failed += 1
        assert not list((disk / f"run-{left}").rglob(".unfinished*"))
        assert carried_out(kind, *command) == 0
        assert compared(disk / f"run-{left}", kind) == whole
    assert failed > 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_under_the_cache(kind: str, folder: Path, disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(folder, kind)
    assert carried_out(kind, "run_dir=whole") == 0
    command = ("run_dir=run", "data.cache=disk/cache")
    with filled(disk, 8_000):
        assert carried_out(kind, *command) == 1
    told(capsys, "free some space")
    assert not (folder / "run").exists()
    assert not list((disk / "cache").rglob(".unfinished*"))
    assert carried_out(kind, *command) == 0
    assert compared(folder / "run", kind) == compared(folder / "whole", kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_on_the_size_of_files(kind: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prepare(folder, kind)
    assert carried_out(kind, "run_dir=whole") == 0
    whole = compared(folder / "whole", kind)
    largest = max(p.stat().st_size for p in (folder / "whole").rglob("*") if p.is_file() and "ledger" not in p.name)
    for limit in (1_000, 4_000, 16_000, 60_000, 200_000):
        command = (f"run_dir=run-{limit}", "storage=memory")
        capsys.readouterr()
        with limited(limit):
            code = carried_out(kind, *command)
        assert code == (1 if largest > limit else 0)
        if code:
            told(capsys, "ulimit -f")
        assert carried_out(kind, *command) == 0
        assert compared(folder / f"run-{limit}", kind) == whole
