"""``ray job submit`` against a head of our own: folder shipped, two jobs of a multirun, logs followed, same tables."""

from __future__ import annotations

import os
import random
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.builders.desks import ROOT, SMALL, Desk
from tests.builders.kuberay import manifest

pytestmark = pytest.mark.slow
SCRIPT = str(ROOT / "scripts" / "cluster.py")


def free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def closed_soon(port: int) -> bool:
    """Whether nobody listens there any more: a head that was told to end may take a few seconds for it."""
    for _ in range(100):
        if free(port):
            return True
        time.sleep(0.2)
    return False


def free_range() -> int:
    """The first of 200 ports of which the named ones are free."""
    for _ in range(100):
        base = random.randrange(20_000, 31_000, 200)
        if all(free(port) for port in (*range(base, base + 9), base + 100, base + 199)):
            return base
    raise AssertionError("no free ports")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("jobs") / "desk", pause=0.001)


@pytest.fixture(scope="module")
def head(desk: Desk) -> Iterator[tuple[int, dict[str, str]]]:
    pytest.importorskip("aiohttp_cors", reason="ray[default] is not installed")
    folder = Path(tempfile.mkdtemp(prefix="qr"))  # Ray's sockets need a short path
    base = free_range()
    args = ["--base", str(base), "--cpus", "2", "--store-mb", "100"]
    try:
        done = subprocess.run(
            [sys.executable, SCRIPT, "up", str(folder), *args],
            env=desk.env, capture_output=True, text=True, check=False,
        )  # fmt: skip
        log = folder / "node.log"
        assert done.returncode == 0, done.stdout + done.stderr + (log.read_text() if log.exists() else "")
        token = (folder / "token").read_text().strip()
        assert (folder / "token").stat().st_mode & 0o077 == 0
        yield base, {**desk.env, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": token}
    finally:
        subprocess.run([sys.executable, SCRIPT, "down", str(folder)], check=True)
        assert closed_soon(base)
        shutil.rmtree(folder, ignore_errors=True)


def submit(base: int, env: dict[str, str], desk: Desk, *entry: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ray.scripts.scripts", "job", "submit", f"--address=http://127.0.0.1:{base + 1}"]
    return subprocess.run(
        [*command, "--working-dir=.", "--", *entry],
        cwd=desk.folder, env=env, capture_output=True, text=True, check=False, timeout=400,
    )  # fmt: skip


def test_a_submitted_multirun_gives_the_local_tables(
    desk: Desk, head: tuple[int, dict[str, str]], tmp_path: Path
) -> None:
    small = [word for word in SMALL if not word.startswith("study.name")]
    swept = ["-m", *small, "search=random,tpe", "search.n_trials=40"]
    desk.here("quantray.run", *swept, "runner=local", "run_dir=here")
    base, env = head
    shared = tmp_path / "shared"
    entry = shlex.split(
        manifest()["spec"]["entrypoint"]
    )  # of the kit for KubeRay, on this search and with this run_dir
    entry = [word for word in entry if not word.startswith(("+experiment=", "run_dir="))]
    assert "runner.address=auto" in entry
    done = submit(base, env, desk, *entry, *swept, f"run_dir={shared}")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "job 2 of 2" in done.stdout + done.stderr
    assert "succeeded" in done.stdout
    tables = sorted(path.relative_to(shared) for path in shared.glob("*/trials.parquet"))
    assert len(tables) == 2
    for table in tables:
        assert (shared / table).read_bytes() == (desk.folder / "here" / table).read_bytes()
    wrong = submit(base, {**env, "RAY_AUTH_TOKEN": "0" * 64}, desk, "python", "-c", "print(1)")
    assert wrong.returncode != 0
    missing = submit(base, env, desk, "python", "-m", "quantray.run", "serch=tpe")
    assert missing.returncode != 0
    assert "did you mean" in missing.stdout + missing.stderr
    assert os.path.getsize(shared / tables[0].parent / "report.html") > 10_000


@pytest.mark.parametrize(
    ("asked", "compared"),
    [
        (["+experiment=v1_baseline", "policy.hold=[2h]"], ["optimal_policies.csv", "trades.parquet", "calls.parquet"]),
        (["+experiment=alert_baseline", "calls.horizon=2h"], ["alerts.parquet", "alerts.csv", "leaderboard.parquet"]),
    ],
    ids=lambda value: value[0],
)
def test_a_submitted_run_about_callers_gives_the_local_files(
    asked: list[str], compared: list[str], desk: Desk, head: tuple[int, dict[str, str]], tmp_path: Path
) -> None:
    market = ["assets=6", "calls=60", "callers=2", "days=3", "ticks_per_minute=3"]
    asked = [*asked, *(f"data.synthetic.{word}" for word in market), f"data.cache={tmp_path / 'cache'}"]
    desk.here("quantray.run", *asked, "runner=local", f"run_dir={tmp_path / 'calls'}")
    base, env = head
    shared = tmp_path / "shared"
    where = ["runner.address=auto", "runner.in_process_s=0", f"run_dir={shared}"]
    done = submit(base, env, desk, "python", "-m", "quantray.run", *asked, *where)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    tables = [str(path.relative_to(shared)) for path in sorted(shared.glob("policies/*.parquet"))]
    assert bool(tables) == ("trades.parquet" in compared)
    for name in compared + tables:
        assert (shared / name).read_bytes() == (tmp_path / "calls" / name).read_bytes(), name
