"""What a person waits for, command by command: the first word, the first results, the result, and the prompt.

    python -m benchmarks.prompt [--runs 5] [--busy 8] [--only NAME ...] [--with key=value ...] [--page FILE]
                                [--tree FOLDER]

Real commands, each run in a fresh folder and in turns with the others. Caches are warm but where the name says empty:
there kernels are compiled and the market is made again. ``--busy K`` keeps K loops busy beside all of it; ``--tree``
runs the commands of another release's sources with the packages of this one. The page of all benchmarks has three of
the commands; ``--page`` writes one of its own.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks._page import Report, page, section

SMALL = ["--runs", "1", "--only", "table", "--with", "data.synthetic.sessions=5", "space.stretch_threshold=[0.003]"]
USUAL = ["--runs", "2", "--only", "sweep on Ray", "sweep on threads", "table"]
RUN = ("run",)
HERE = Path(__file__).parents[1]
#: Name -> the command's words. "nothing to do" is a table again; caches are empty where the name says so.
COMMANDS = {
    "sweep on Ray": (*RUN, "+experiment=options_sweep"),
    "sweep on threads": (*RUN, "+experiment=options_sweep", "runner=local"),
    "table": (*RUN, "+experiment=options_table"),
    "baseline of callers": (*RUN, "+experiment=v1_baseline"),
    "baseline of alerts": (*RUN, "+experiment=alert_baseline"),
    "policies of callers": (*RUN, "+experiment=caller_policies"),
    "doctor": ("doctor",),
    "nothing to do": (*RUN, "+experiment=options_table"),
    "sweep on Ray, empty caches": (*RUN, "+experiment=options_sweep"),
    "sweep on threads, empty caches": (*RUN, "+experiment=options_sweep", "runner=local"),
    "baseline of callers, empty caches": (*RUN, "+experiment=v1_baseline"),
}
#: Whose printed results are one another's.
ALIKE = (("sweep on Ray", "sweep on threads", "sweep on Ray, empty caches", "sweep on threads, empty caches"),
         ("baseline of callers", "baseline of callers, empty caches"))  # fmt: skip
_TOLD = re.compile(r": (?!0 of)[\d,]+ of [\d,]+\b")
_AFTER = re.compile(r": (comparing|judging|writing)\b")
_PAST = re.compile(r"\b[\d.,]+ (?:s|min|h)\b")


@dataclass
class Seen:
    """Seconds from the start of a command to its first word, first results, result and end, and what it printed."""

    words: float = 0.0
    first: float | None = None
    result: float = 0.0
    prompt: float = 0.0
    code: int = -1
    lines: list[str] = field(default_factory=list)

    @property
    def printed(self) -> str:
        """The result without times, however it is broken into lines."""
        return " ".join(_PAST.sub("", " ".join(self.lines)).split())


def watched(words: Sequence[str], folder: str, caches: str | None, tree: Path = HERE) -> Seen:
    """Run a command in ``folder`` as a person would, its caches in ``caches`` or where they always are."""
    env = {**os.environ, "PYTHONPATH": str(tree), "COLUMNS": "100"}
    if caches is not None:
        env.update(NUMBA_CACHE_DIR=f"{caches}/kernels", XDG_CACHE_HOME=caches)
    seen, began = Seen(), time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "quantray", *words], cwd=folder, env=env, text=True, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None

        def listen(lines: Iterator[str]) -> None:
            for line in lines:
                now = time.perf_counter() - began
                seen.words = seen.words or now
                if seen.first is None and (_TOLD.search(line) or _AFTER.search(line)):
                    seen.first = now

        beside = threading.Thread(target=listen, args=(iter(process.stderr),))
        beside.start()
        for line in process.stdout:
            now = time.perf_counter() - began
            seen.words, seen.result = seen.words or now, seen.result or now
            seen.lines.append(line)
        seen.code = process.wait()
        seen.prompt = time.perf_counter() - began
        beside.join()
    return seen


def one(name: str, more: Sequence[str], tree: Path) -> Seen:
    """One run of a command in a fresh folder."""
    words = [*COMMANDS[name], *more]
    with tempfile.TemporaryDirectory(prefix="quantray-prompt-") as folder:
        caches = tempfile.mkdtemp(dir=folder) if name.endswith("empty caches") else None
        if name == "nothing to do":
            watched(words, folder, caches, tree)
        return watched(words, folder, caches, tree)


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """Loops that keep processors busy, each gone with this process however it ends."""
    loop = "import os\nparent = os.getppid()\nwhile os.getppid() == parent:\n    sum(range(1_000_000))\n"
    processes = [subprocess.Popen([sys.executable, "-c", loop]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def measured(report: Report, names: Sequence[str], runs: int, more: Sequence[str], tree: Path = HERE) -> None:
    """``runs`` of every command in turns; the first turn of the warm ones, which fills the caches, is not counted."""
    found: dict[str, list[Seen]] = {name: [] for name in names}
    for turn in range(runs + 1):
        for name, seen in found.items():
            if turn or not name.endswith("empty caches"):
                seen.append(one(name, more, tree))
                print(f"    {name}, turn {turn}: {seen[-1].prompt:.1f} s, load {os.getloadavg()[0]:.1f}", flush=True)
    for name, seen in found.items():
        failed = [s.code for s in seen if s.code]
        report.equal(f"{name}: every run ends with exit code 0", not failed)
        if name != "doctor":  # which names processes
            report.equal(f"{name}: every run prints the same but for times", len({s.printed for s in seen}) == 1)
    for group in ALIKE:
        there = [found[name] for name in group if name in found]
        if len(there) > 1:
            same = len({s.printed for seen in there for s in seen}) == 1
            report.equal(f"{', '.join(n for n in group if n in found)}: all print the same", same)
    for name, seen in found.items():
        counted = seen[-runs:]
        report.row(f"{name}: first word", [s.words for s in counted])
        if all(s.first is not None for s in counted):
            report.row(f"{name}: first results", [s.first or 0.0 for s in counted])
        if name != "doctor":
            report.row(f"{name}: result", [s.result for s in counted])
        report.row(f"{name}: prompt", [s.prompt for s in counted])


def main(arguments: Sequence[str] | None = None) -> Report:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--busy", type=int, default=0, metavar="K", help="loops beside it")
    parser.add_argument("--only", nargs="+", choices=COMMANDS, default=list(COMMANDS), metavar="NAME")
    parser.add_argument("--with", nargs="+", default=[], metavar="key=value", dest="more", help="for every command")
    parser.add_argument("--page", type=Path, help="where to write a page")
    parser.add_argument("--tree", type=Path, default=HERE, metavar="FOLDER", help="sources whose commands are run")
    given = parser.parse_args(arguments)
    beside = f", {given.busy} busy loops beside" if given.busy else ""
    other = "" if given.tree == HERE else f", of {given.tree.name}"
    report = Report("prompt", f"what a person waits for, from the key press on{other}{beside}")
    with busy(given.busy):
        measured(report, given.only, given.runs, given.more, given.tree.resolve())
    if given.page is not None:
        given.page.write_text(page({report.name: section(report)}), encoding="utf-8")
    return report


if __name__ == "__main__":
    main()
