"""``python -m quantray.run +experiment=options_sweep`` is ``quantray run +experiment=options_sweep``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from quantray import installation
from quantray.interrupts import early


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """The command. Whoever stops it while its modules are read, or lacks packages, is answered too."""
    early()
    installation.check()
    from quantray.cli.exits import leave
    from quantray.cli.run import main as run

    leave(run(argv))


if __name__ == "__main__":
    main()
