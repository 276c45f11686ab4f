"""How a verdict looks on a page and on a terminal."""

from __future__ import annotations

from quantray.stats.checks import SIGNS, Word

TONES = {word: word.tone for word in Word}

STYLES = {Word.BELIEVE: "green", Word.DOUBTFUL: "yellow", Word.DISBELIEVE: "red", Word.TOO_LITTLE_DATA: "cyan",
          Word.FAILED: "red", Word.UNJUDGED: "cyan"}  # fmt: skip
MARKS = {True: (SIGNS[True], "green"), False: (SIGNS[False], "red"), None: (SIGNS[None], "yellow")}
