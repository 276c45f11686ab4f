"""``python -m quantray.run +experiment=options_sweep`` is ``quantray run +experiment=options_sweep``."""

from __future__ import annotations

import sys

from quantray.cli.run import main

if __name__ == "__main__":
    sys.exit(main())
