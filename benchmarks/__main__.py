"""Every benchmark, each in a process of its own, and the page of their figures: ``python -m benchmarks``.

python -m benchmarks [--page docs/benchmarks.md] [--small]      all of them
python -m benchmarks NAME [ARGUMENTS]                           one, with its own arguments, and no page
"""

from __future__ import annotations

import argparse
import importlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks._page import Report, page, read_report

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"


#: Run when it is asked for by name: a page of it all has to be there in minutes.
ALONE = ("prompt",)


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("[!_]*.py"))


def run(name: str, arguments: Sequence[str]) -> Report:
    found: Report = importlib.import_module(f"benchmarks.{name}").main(arguments)
    return found


def all_of_them(small: bool) -> tuple[list[Report], list[str]]:
    """Reports of all, and the names of those that ended with an error."""
    reports, failed = [], []
    for name in (name for name in names() if name not in ALONE):
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "report.json"
            command = [sys.executable, "-m", "benchmarks", name, "--to", str(file), *["--small"] * small]
            if subprocess.run(command, cwd=HERE.parent, check=False).returncode:
                failed.append(name)
            else:
                reports.append(read_report(json.loads(file.read_text(encoding="utf-8"))))
        print(f"{name} took {time.perf_counter() - began:.0f} s", flush=True)
    return reports, failed


def main(arguments: Sequence[str]) -> int:
    if arguments and arguments[0] in names():
        name, rest = arguments[0], list(arguments[1:])
        if rest[:1] != ["--to"]:
            run(name, rest)
            return 0
        small = importlib.import_module(f"benchmarks.{name}").SMALL if "--small" in rest else []
        Path(rest[1]).write_text(json.dumps(run(name, small).stored()), encoding="utf-8")
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--small", action="store_true", help="tiny sizes: whether they run, not how fast")
    given = parser.parse_args(arguments)
    reports, failed = all_of_them(given.small)
    given.page.write_text(page(reports, failed), encoding="utf-8")
    print(f"written: {given.page}" + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
