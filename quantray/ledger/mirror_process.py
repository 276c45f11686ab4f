"""The driver's end of the mirror: start it, forget it, and at the end let it catch up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import quantray
from quantray.ledger.sql_ledger import SqlLedger
from quantray.plan import Mirror

SHARE = 0.25  # of a core, while the search runs


@dataclass(frozen=True, slots=True)
class MirrorReport:
    """How many trials the Optuna study holds, or in one line why the mirror failed. The ledger is not affected."""

    mirrored: int | None
    error: str | None = None


def start_mirror(ledger: SqlLedger, settings: Mirror, *, expected: int | None = None) -> MirrorProcess | None:
    """Start mirroring ``ledger``; None where there is nothing to mirror into (in memory, or switched off).

    ``expected`` is the largest number of attempts the study may come to, None if unknown: it decides whether
    places have to be kept for the best trials of the finished study.
    """
    if ledger.url is None or not settings.enabled or settings.max_trials < 1:
        return None
    return MirrorProcess(ledger, settings.max_trials, expected)


class MirrorProcess:
    """A running mirror. It ends with this process, however this process ends."""

    def __init__(self, ledger: SqlLedger, max_trials: int, expected: int | None) -> None:
        home = str(Path(quantray.__file__).parents[1])
        path = os.pathsep.join(filter(None, (home, os.environ.get("PYTHONPATH"))))
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "quantray.ledger.mirror"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is the driver's to handle
        )
        told = {
            "url": ledger.url, "study": ledger.name, "driver": ledger.driver, "parent": os.getpid(),
            "max_trials": max_trials, "expected": expected, "share": SHARE,
        }  # fmt: skip
        self._hurried = False
        self._tell(json.dumps(told))

    @property
    def pid(self) -> int:
        return self._process.pid

    def hurry(self) -> None:
        """Tell the mirror that nothing more is stored: it adds what is missing at full speed and ends by itself."""
        if not self._hurried:
            self._hurried = True
            self._tell("finish")

    def finish(self, timeout: float = 300.0) -> MirrorReport:
        """Hurry, and wait for the end (10 to 25 ms a missing trial). Call before ``Ledger.close``."""
        self.hurry()
        assert self._process.stdout is not None
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.stop()
            return MirrorReport(None, f"the Optuna mirror was still behind after {timeout:.0f} s and was stopped")
        said = self._process.stdout.read().decode().strip()
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        self.stop()
        if self._process.returncode != 0 or not said:
            return MirrorReport(None, f"the Optuna mirror failed: {lines[-1] if lines else 'no message'}")
        return MirrorReport(int(json.loads(said)["mirrored"]))

    def stop(self) -> None:
        """End the mirror as it is; stopping twice is harmless."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._errors):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # a mirror that died says why when it is asked to finish
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()
