"""What every test may rely on: the tests' own shelf of strategies beside the shipped one."""

from __future__ import annotations

from pathlib import Path

from quantray import shelf

OWN_SHELF = str(Path(__file__).parent / "shelf")

_strategy = shelf.install()
if OWN_SHELF not in _strategy.__path__:
    _strategy.__path__.append(OWN_SHELF)
