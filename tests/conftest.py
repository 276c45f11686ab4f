"""What every test may rely on: the tests' own shelf of strategies beside the shipped one, and a Ctrl-C that arrives."""

from __future__ import annotations

import signal
from pathlib import Path

from quantray import folders

OWN_SHELF = str(Path(__file__).parent / "shelf")

_strategy = folders.install()
if OWN_SHELF not in _strategy.__path__:
    _strategy.__path__.append(OWN_SHELF)

# A shell that starts the tests in the background lets them and their children ignore SIGINT, which some tests send.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
