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
from typing import IO

import quantray
from quantray.ledger.database import PATIENCE_S
from quantray.ledger.sql_ledger import SqlLedger
from quantray.settings import Mirror

SHARE = 0.5  # of a core, while the search runs


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
        self._said, self._errors = (tempfile.TemporaryFile() for _ in range(2))  # noqa: SIM115 - live as we do
        self._process = subprocess.Popen(
            [sys.executable, "-m", "quantray.ledger.mirror"],
            stdin=subprocess.PIPE,
            stdout=self._said,
            stderr=self._errors,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is the driver's to handle
        )
        told = {
            "url": ledger.url, "study": ledger.name, "driver": ledger.driver, "parent": os.getpid(),
            "max_trials": max_trials, "expected": expected, "share": SHARE, "patience": PATIENCE_S,
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

    def finish(self, timeout: float = 120.0) -> MirrorReport:
        """Hurry, and wait for the end (10 to 30 ms a missing trial). Call before ``Ledger.close``.

        After ``timeout`` seconds the mirror is stopped; it holds the best by then, and a resumed run adds the rest.
        """
        self.hurry()
        try:
            code, late = self._process.wait(timeout), ""
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            code, late = 0, f"the Optuna mirror was stopped after {timeout:.0f} s; resume the study to complete it"
        said, errors = self._lines(self._said), self._lines(self._errors)
        self.stop()
        if code != 0 or not (said or late):
            return MirrorReport(None, f"the Optuna mirror failed: {errors[-1] if errors else 'no message'}")
        return MirrorReport(int(said[-1]) if said else None, late or None)

    def stop(self) -> None:
        """End the mirror as it is; stopping twice is harmless."""
        with suppress(OSError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._said, self._errors):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        with suppress(OSError):  # a mirror that died says why when it is asked to finish
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()

    @staticmethod
    def _lines(file: IO[bytes]) -> list[str]:
        file.seek(0)
        return file.read().decode(errors="replace").strip().splitlines()
