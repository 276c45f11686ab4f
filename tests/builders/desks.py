"""A folder to run commands in, with a strategy that counts its own calls."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from quantray.errors import LedgerError
from quantray.ledger import open_reader
from quantray.trial import Trial
from tests.shelf.counting import CALLS, PAUSE

ROOT = Path(__file__).parents[2]
YAML = """\
# @package _global_
strategy:
  _target_: strategy.counting.Counting
"""
#: 640 points.
SPACE = [f"space.{name}={list(range(n))}".replace(" ", "") for name, n in (("a", 8), ("b", 8), ("c", 10))]
SMALL = [
    "strategy=counting", *SPACE, "data.synthetic.sessions=2", "oos.fraction=0", "constraints.min_trades=1",
    "mirror.enabled=false", "report.surface_max_points=1", "study.name=counted", "search.max_failures=100000",
    "search.batch=8",
]  # fmt: skip


class Desk:
    """``run`` and ``start`` execute ``python -m …`` in the folder, ``here`` does so in this process.

    ``calls`` is what the strategy counted.
    """

    def __init__(self, folder: Path, pause: float = 0.0, **env: str) -> None:
        self.folder, self.log = folder, folder / "calls.txt"
        (folder / "strategy").mkdir(parents=True)
        (folder / "conf" / "strategy").mkdir(parents=True)
        shutil.copy(ROOT / "tests" / "shelf" / "counting.py", folder / "strategy")
        (folder / "conf" / "strategy" / "counting.yaml").write_text(YAML)
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        # what a job calls python is the one that runs the tests
        tools = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
        self.env = {**os.environ, CALLS: str(self.log), PAUSE: str(pause), "PYTHONPATH": path, "PATH": tools, **env}

    def start(self, *args: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", *args], cwd=self.folder, env=self.env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *args: str, code: int = 0) -> str:
        """The output of a command, which must end with ``code``."""
        done = subprocess.run(
            [sys.executable, "-m", *args], cwd=self.folder, env=self.env, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, f"{args}: exit {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"
        return done.stdout + done.stderr

    def here(self, *args: str) -> str:
        """The same in this process, which costs no start of another; the command must succeed."""
        from quantray.cli import command, run

        module, *words = args
        said = StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
            patch.chdir(self.folder)
            for name, value in self.env.items():
                patch.setenv(name, value)
            code = run.main(words) if module == "quantray.run" else command.main(words)
        assert code == 0, f"{args}: exit {code}\n{said.getvalue()[-4000:]}"
        return said.getvalue()

    @property
    def calls(self) -> Counter[str]:
        """How often each candidate was evaluated, by digest."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return Counter(line.split()[0] for line in lines)

    def first(self) -> list[int]:
        """Who evaluated each candidate first, as process numbers in that order; the report looks at some again."""
        found: dict[str, int] = {}
        for line in self.log.read_text().splitlines() if self.log.exists() else []:
            digest, _, pid = line.partition(" ")
            if pid:  # the last line may be half written
                found.setdefault(digest, int(pid))
        return list(found.values())

    def trials(self, run_dir: str = "out") -> list[Trial]:
        with open_reader(f"sqlite:///{self.folder / run_dir / 'ledger.db'}", "counted") as study:
            return list(study.trials())

    def stored(self, run_dir: str = "out") -> int:
        """How many candidates are stored now; 0 while there is no study."""
        if not (self.folder / run_dir / "ledger.db").exists():
            return 0
        try:
            return len(self.trials(run_dir))
        except LedgerError:
            return 0

    def table(self, run_dir: str = "out") -> bytes:
        return (self.folder / run_dir / "trials.parquet").read_bytes()
