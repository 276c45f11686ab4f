"""How a verdict looks on a page and on a terminal."""

from __future__ import annotations

from quantray.stats.checks import Word

TONES = {Word.BELIEVE: "good", Word.DOUBTFUL: "doubt", Word.DISBELIEVE: "bad", Word.TOO_LITTLE_DATA: "none",
         Word.FAILED: "bad", Word.UNJUDGED: "none"}  # fmt: skip

STYLES = {Word.BELIEVE: "green", Word.DOUBTFUL: "yellow", Word.DISBELIEVE: "red", Word.TOO_LITTLE_DATA: "cyan",
          Word.FAILED: "red", Word.UNJUDGED: "cyan"}  # fmt: skip
MARKS = {True: ("✓", "green"), False: ("✕", "red"), None: ("?", "yellow")}
