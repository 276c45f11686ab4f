"""Every benchmark, each in a process of its own, and the page of their figures: ``python -m benchmarks``.

python -m benchmarks [--page docs/benchmarks.md] [--small | --full]   all of them
python -m benchmarks --only NAME ...                                  some: the page's other sections stay as they are
python -m benchmarks NAME [--full | ARGUMENTS]                        one, with its own arguments, and no page
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from benchmarks._page import Report, nothing, page, read_report, section, sections_of

HERE = Path(__file__).parent
PAGE = HERE.parent / "docs" / "benchmarks.md"
LIMIT_S = {"small": 300.0, "usual": 600.0, "full": 7200.0}  # a benchmark that hangs does not keep the others waiting


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("[!_]*.py"))


def run(name: str, arguments: Sequence[str]) -> Report:
    found: Report = importlib.import_module(f"benchmarks.{name}").main(arguments)
    return found


def of_size(name: str, size: str) -> list[str]:
    """The arguments of a benchmark for one of :data:`LIMIT_S`."""
    module = importlib.import_module(f"benchmarks.{name}")
    found: list[str] = {
        "small": module.SMALL, "usual": getattr(module, "USUAL", []), "full": getattr(module, "FULL", [])
    }[size]  # fmt: skip
    return found


def child(name: str, file: Path, size: str) -> int:
    """One benchmark in this process; what it finds is in ``file`` as soon as it is found, and why it ended early."""
    Report.kept = file
    failed = ""
    try:
        run(name, of_size(name, size))
    except (Exception, SystemExit) as error:
        failed = one_line(error)
        print(f"{name} did not come to its end: {failed}", flush=True)
        if not isinstance(error, SystemExit):
            sys.excepthook(type(error), error, error.__traceback__)
    if failed:
        stored = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else nothing(name).stored()
        file.write_text(json.dumps({**stored, "failed": failed}), encoding="utf-8")
    return 1 if failed else 0


def one_line(error: BaseException) -> str:
    """What went wrong, as a sentence without its end."""
    said = " ".join(str(error).split()).rstrip(".")
    if isinstance(error, SystemExit):
        return f"exit code {said}" if said.isdigit() else said
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def apart(name: str, size: str) -> Report:
    """:func:`child` in a process of its own. However that ends, what it found is there."""
    with tempfile.TemporaryDirectory() as folder:
        file, limit = Path(folder) / "report.json", LIMIT_S[size]
        command = [sys.executable, "-m", "benchmarks", name, "--to", str(file), size]
        began = time.perf_counter()
        with subprocess.Popen(command, cwd=HERE.parent, start_new_session=True) as process:
            try:
                code, failed = process.wait(limit), ""
            except subprocess.TimeoutExpired:
                code, failed = 1, f"it was stopped after {limit:.0f} s"
            finally:  # Ctrl-C too: its processes are in its group
                if process.poll() is None:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
        report = read_report(json.loads(file.read_text(encoding="utf-8"))) if file.is_file() else nothing(name)
        report.seconds = time.perf_counter() - began
    if code:
        report.failed = report.failed or failed or f"its process ended with exit code {code}"
    return report


def main(arguments: Sequence[str]) -> int:
    if arguments and arguments[0] in names():
        name, rest = arguments[0], list(arguments[1:])
        if rest[:1] == ["--to"]:
            return child(name, Path(rest[1]), rest[2])
        run(name, of_size(name, "full") if rest == ["--full"] else rest)
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", type=Path, help="docs/benchmarks.md; with --small none is written unless it is given")
    parser.add_argument("--only", nargs="+", choices=names(), metavar="NAME", help=", ".join(names()))
    sizes = parser.add_mutually_exclusive_group()
    sizes.add_argument(
        "--small", dest="size", action="store_const", const="small", help="whether they run, not how fast"
    )
    sizes.add_argument("--full", dest="size", action="store_const", const="full", help="the sizes that people have")
    parser.set_defaults(size="usual")
    given = parser.parse_args(arguments)
    wanted = given.only or names()
    target = given.page or (None if given.size == "small" else PAGE)
    failed, began = [], time.perf_counter()
    for k, name in enumerate(wanted, 1):
        print(f"[{k} of {len(wanted)}] {name}", flush=True)
        start = time.perf_counter()
        report = apart(name, given.size)
        failed += [name] * bool(report.failed)
        if target is not None:  # after each, so that what was measured is there whatever comes
            kept = sections_of(target.read_text(encoding="utf-8")) if target.is_file() else {}
            old = {other: text for other, text in kept.items() if other in names()}
            target.write_text(page({**old, name: section(report)}), encoding="utf-8")
        now = time.perf_counter()
        print(f"{name} took {now - start:.0f} s; {now - began:.0f} s in all\n", flush=True)
    written = f"written: {target}" if target else "no page is written of small sizes"
    print(written + (f"; did not come to their end: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
