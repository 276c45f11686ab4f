"""A full disk and a limit on the size of files: one sentence, exit 1, and with room the same command goes on."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.files.commands import KINDS, compared, finished, prepare, words

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


def fill(disk: Path, left: int) -> Path:
    """Leave so many bytes."""
    ballast = disk / "ballast"
    free = os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(free - left, 1))
    return ballast


def one_sentence(said: str, remedy: str) -> str:
    """The last line, which says what could not be written, what is stored, and what to do."""
    last = said.strip().splitlines()[-1]
    assert last.startswith("failed: "), said
    assert remedy in last
    assert "stored" in last
    return last


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("left", [0, 20_000, 60_000, 120_000, 400_000, 1_000_000])
def test_a_full_disk(kind: str, left: int, tmp_path: Path, disk: Path) -> None:
    """The results and pieces are on the disk, the ledger and the market are elsewhere."""
    prepare(tmp_path, kind)
    ledger = f"storage.url=sqlite:///{tmp_path / 'ledger.db'}"
    finished(tmp_path, words(kind, "run_dir=whole"))
    ballast = fill(disk, left)
    command = words(kind, "run_dir=disk/run", ledger)
    said = finished(tmp_path, command, code=1)
    one_sentence(said, "free some space, and the same command goes on")
    ballast.unlink()
    left_over = list((disk / "run").rglob(".unfinished*"))
    assert not left_over
    finished(tmp_path, command)
    assert compared(disk / "run", kind) == compared(tmp_path / "whole", kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_under_the_cache(kind: str, tmp_path: Path, disk: Path) -> None:
    prepare(tmp_path, kind)
    finished(tmp_path, words(kind, "run_dir=whole"))
    ballast = fill(disk, 8_000)
    command = words(kind, "run_dir=run", "data.cache=disk/cache")
    said = finished(tmp_path, command, code=1)
    one_sentence(said, "free some space, and the same command goes on")
    assert not (tmp_path / "run").exists()
    ballast.unlink()
    finished(tmp_path, command)
    assert compared(tmp_path / "run", kind) == compared(tmp_path / "whole", kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("limit", [2_000, 8_000, 30_000, 150_000])
def test_a_limit_on_the_size_of_files(kind: str, limit: int, tmp_path: Path) -> None:
    prepare(tmp_path, kind)
    finished(tmp_path, words(kind, "run_dir=whole"))
    command = words(kind, "run_dir=run", "storage=memory")
    largest = max(p.stat().st_size for p in (tmp_path / "whole").rglob("*") if p.is_file() and "ledger" not in p.name)
    done = subprocess.run(
        [sys.executable, "-m", "quantray.run", *command], cwd=tmp_path, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),
    )  # fmt: skip
    if largest <= limit:
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode == 1, done.stderr
        one_sentence(done.stdout + done.stderr, "ulimit -f")
    finished(tmp_path, command)
    assert compared(tmp_path / "run", kind) == compared(tmp_path / "whole", kind)
