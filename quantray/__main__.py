"""``python -m quantray`` is the command ``quantray``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from quantray import installation
from quantray.interrupts import early


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """The command. Whoever stops it while its modules are read, or lacks packages, is answered too."""
    early()
    installation.check()
    from quantray.cli.command import main as run
    from quantray.cli.exits import leave

    leave(run(argv))


if __name__ == "__main__":
    main()
