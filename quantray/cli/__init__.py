"""The command line: ``quantray VERB …``, one file a verb."""

from __future__ import annotations

from quantray.cli.command import main

__all__ = ["main"]
