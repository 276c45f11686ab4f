"""The truth about a study: which candidates are claimed, which are stored, and what they gave.

``open_ledger`` creates or resumes a study, ``start_mirror`` keeps an Optuna study beside it, ``Reader`` answers
questions about studies without being their driver. Imported on first use, because SQLAlchemy costs time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantray.ledger.mirror_process import start_mirror
    from quantray.ledger.reader import Reader, open_reader
    from quantray.ledger.studies import open_ledger

_HOMES = {
    "open_ledger": "studies",
    "start_mirror": "mirror_process",
    "Reader": "reader",
    "open_reader": "reader",
}

__all__ = ["Reader", "open_ledger", "open_reader", "start_mirror"]


if not TYPE_CHECKING:  # a checker sees the imports above, and every other name as the mistake it is

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
