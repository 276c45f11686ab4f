"""The Optuna study of a ledger in the real optuna-dashboard: its API, and its page in a browser."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from quantray.ledger import start_mirror
from quantray.settings import Mirror
from tests.builders.browsers import BROWSER
from tests.builders.fakes import filled, url_of

pytest.importorskip("optuna_dashboard", reason="optuna-dashboard is not installed")
pytestmark = pytest.mark.slow

SERVE = "import sys; from optuna_dashboard._cli import main; sys.argv[0] = 'optuna-dashboard'; main()"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a dashboard on the file of a study of 40 trials."""
    folder = tmp_path_factory.mktemp("dashboard")
    ledger = filled(folder, 40)
    mirror = start_mirror(ledger, Mirror(), expected=40)
    assert mirror is not None
    assert mirror.finish().error is None
    ledger.close()
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, "--host", "127.0.0.1", "--port", str(port), url_of(folder)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield _answering(f"http://127.0.0.1:{port}", process)
    finally:
        process.kill()
        process.wait()


def _answering(address: str, process: subprocess.Popen[bytes]) -> str:
    for _ in range(300):
        assert process.poll() is None, "the dashboard ended"
        try:
            _asked(f"{address}/api/studies")
        except OSError:
            time.sleep(0.1)
        else:
            return address
    raise AssertionError("the dashboard does not answer")


def _asked(address: str) -> Any:
    with urllib.request.urlopen(address, timeout=10) as answer:
        return json.load(answer)


def test_its_api_tells_of_the_study_and_of_every_trial(served: str) -> None:
    (study,) = _asked(f"{served}/api/studies")["study_summaries"]
    assert (study["study_name"], study["directions"]) == ("fake", ["maximize"])
    trials = _asked(f"{served}/api/studies/{study['study_id']}")["trials"]
    assert len(trials) == 40
    assert {trial["state"] for trial in trials} <= {"Complete", "Pruned", "Fail"}
    assert all(trial["params"] for trial in trials)


@pytest.mark.skipif(BROWSER is None, reason="no browser")
def test_its_page_shows_the_study(served: str, tmp_path: Path) -> None:
    command = [
        str(BROWSER), "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
        "--window-size=1400,1000", "--virtual-time-budget=8000", "--dump-dom", f"{served}/dashboard/studies/1",
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    for word in ("fake", "History", "Hyperparameter Importance", "Timeline"):
        assert word in done.stdout
