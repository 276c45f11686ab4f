"""``python -m quantray`` is the command ``quantray``."""

from __future__ import annotations

import sys

from quantray.cli import main

if __name__ == "__main__":
    sys.exit(main())
