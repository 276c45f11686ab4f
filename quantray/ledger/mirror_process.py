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
from quantray.ledger.sql_ledger import SqlLedger
from quantray.settings import Mirror

LEFT_S = 30.0  # how long the rest is waited for at the end


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
            "url": ledger.url, "study": ledger.name, "parent": os.getpid(),
            "max_trials": max_trials, "expected": expected, "patience": ledger.database.patience,
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

    def caught_up(self, within: float) -> bool:
        """Hurry, and wait at most so many seconds; whether the mirror has ended."""
        self.hurry()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(within)
        return self._process.poll() is not None

    def finish(self, timeout: float = LEFT_S) -> MirrorReport:
        """Hurry, and wait for the end. Call before ``Ledger.close``.

        After ``timeout`` seconds the mirror is stopped; what it holds is whole, and a resumed run adds the rest.
        """
        code, late = 0, ""
        if self.caught_up(timeout):
            code = self._process.returncode
        else:
            self._process.kill()
            self._process.wait()
            late = f"the Optuna mirror was stopped after {timeout:g} s; resume the study to complete it"
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
