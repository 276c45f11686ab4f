"""Contract suites: inherit from one, say how to make the object, and run it with pytest or unittest.

A suite is a plain class of ``test_*`` methods that use nothing but ``assert``.
"""

from __future__ import annotations

from quantray.testing.ledger import LedgerContract

__all__ = ["LedgerContract"]
