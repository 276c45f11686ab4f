"""The screens of ``--tui`` and ``quantray open`` in a real terminal: tmux, at 80x24 and 120x40, kept as text files.

    python scripts/tui_screens.py DIRECTORY [--small]

A baseline on the synthetic market is run, looked at while it fills, left with q and gone on with; then the finished run
is opened. Every screen is a file ``SIZE-NAME.txt`` in DIRECTORY; ``times.txt`` says how long the first row took.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).parents[1]
SIZES = ((80, 24), (120, 40))
LONG_S, LOOK_S = 60.0, 0.1
KEYS, SHELL = "q leave", "ready$ "


class Terminal:
    """A tmux server of its own with one window, in which a shell runs."""

    def __init__(self, width: int, height: int, name: str) -> None:
        self.name = f"quantray-{os.getpid()}-{name}"
        shell = f"env PS1={shlex.quote(SHELL)} TERM=screen bash --norc --noprofile"
        self._tmux("-f", os.devnull, "new-session", "-d", "-x", str(width), "-y", str(height), shell)
        self.until(lambda screen: screen.strip().endswith(SHELL.strip()))

    def _tmux(self, *words: str) -> str:
        return subprocess.run(["tmux", "-L", self.name, *words], check=True, capture_output=True, text=True).stdout

    def run(self, *command: str) -> None:
        self._tmux("send-keys", "-l", f"clear; {shlex.join(command)}")
        self.press("Enter")

    def press(self, *keys: str) -> None:
        for key in keys:
            self._tmux("send-keys", key)
            time.sleep(3 * LOOK_S)

    def resize(self, width: int, height: int) -> None:
        self._tmux("resize-window", "-x", str(width), "-y", str(height))

    @property
    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def until(self, there: Callable[[str], bool]) -> str:
        """The screen as soon as it is as it should be."""
        end = time.monotonic() + LONG_S
        while not there(screen := self.screen):
            if time.monotonic() > end:
                raise SystemExit(f"the screen did not come:\n{screen}")
            time.sleep(LOOK_S)
        return screen

    def close(self) -> None:
        subprocess.run(["tmux", "-L", self.name, "kill-server"], check=False, capture_output=True)


def first_row(screen: str) -> bool:
    """Whether a caller is in the table, with a call that was measured."""
    return any("x " in line and " % " in line for line in screen.splitlines() if "medians" not in line)


def at_shell(screen: str) -> bool:
    return screen.rstrip().endswith(SHELL.strip())


def walk(out: Path, size: tuple[int, int], work: Path, small: bool) -> float:
    """All screens at one size; gives the seconds from the command to the first row."""
    stem = f"{size[0]}x{size[1]}"
    shape = {"calls": 240, "callers": 8, "assets": 24} if small else {"calls": 4000, "callers": 40, "assets": 200}
    run_dir = work / f"run-{stem}"
    command = [
        sys.executable, "-m", "quantray", "baseline", "--tui", *(f"data.synthetic.{k}={v}" for k, v in shape.items()),
        f"data.cache={work / 'cache'}", "data.bucket_rows=8000", "--runner", "local", "--workers", "1",
        "--run-dir", str(run_dir),
    ]  # fmt: skip

    def keep(name: str, screen: str) -> None:
        (out / f"{stem}-{name}.txt").write_text(screen, encoding="utf-8")

    terminal = Terminal(*size, stem)
    try:
        began = time.monotonic()
        terminal.run(*command)
        keep("running", terminal.until(first_row))
        took = time.monotonic() - began
        terminal.press("q")
        keep("left", terminal.until(at_shell))
        terminal.run(*command)
        keep("done", terminal.until(lambda screen: "everything is written" in screen))
        _look(terminal, keep)
        terminal.press("q")
        keep("ending", terminal.until(at_shell))
        terminal.run(sys.executable, "-m", "quantray", "open", str(run_dir))
        keep("open-callers", terminal.until(first_row))
        _look(terminal, lambda name, screen: keep(f"open-{name}", screen))
        terminal.resize(size[0] + 17, size[1] - 3)
        terminal.press("Down")
        keep("open-resized", terminal.until(lambda screen: KEYS in screen))
        terminal.press("q")
        terminal.until(at_shell)
    finally:
        terminal.close()
    return took


def _look(terminal: Terminal, keep: Callable[[str, str], None]) -> None:
    """Sort, filter, and go down to the candles and back."""
    terminal.press("Right", "Right", "r")
    keep("sorted", terminal.until(lambda screen: KEYS in screen))
    terminal.press("/", "4", "Enter")
    keep("filtered", terminal.until(lambda screen: " of " in screen.partition("callers")[0]))
    terminal.press("Enter")
    keep("calls", terminal.until(lambda screen: "called" in screen))
    terminal.press("Right", "Enter")
    keep("candles", terminal.until(lambda screen: "time since the entry" in screen))
    terminal.press("Escape")
    time.sleep(5 * LOOK_S)
    terminal.press("Escape")
    time.sleep(5 * LOOK_S)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("directory", type=Path, help="where the screens are kept")
    parser.add_argument("--small", action="store_true", help="a small market, at 80x24 only")
    args = parser.parse_args()
    if shutil.which("tmux") is None:
        print("error: tmux is not there; install it", file=sys.stderr)
        return 2
    out: Path = args.directory
    work = out / "work"
    work.mkdir(parents=True, exist_ok=True)
    times = []
    os.chdir(ROOT)
    try:
        for size in SIZES[:1] if args.small else SIZES:
            took = walk(out.resolve(), size, work.resolve(), args.small)
            times.append(f"{size[0]}x{size[1]}: first row {took:.1f} s after the command")
    finally:
        shutil.rmtree(work, ignore_errors=True)
    (out / "times.txt").write_text("\n".join(times) + "\n", encoding="utf-8")
    print(*times, f"screens in {out}", sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
