"""Files that quantray keeps: whole or not there, synced before they are noted, known by content, deleted only as ours.

:class:`Pieces` are the working files of one study, :class:`Published` are the results that a person finds in the run's
directory, a :class:`Cached` folder is made once for many studies. See docs/ledger.md, "Files". Files that others wrote
are opened by :mod:`quantray.files.duckdb_file`, without trusting what is in them.
"""

from __future__ import annotations

from quantray.files.caches import Cached
from quantray.files.durable import digest_of_file, fresh_file, room, write_npy
from quantray.files.holding import held, holder
from quantray.files.journal import Removed
from quantray.files.marks import HOME
from quantray.files.pieces import Note, Pieces, pieces_of
from quantray.files.published import Published

__all__ = [
    "HOME", "Cached", "Note", "Pieces", "Published", "Removed", "digest_of_file", "fresh_file", "held", "holder",
    "pieces_of", "room", "write_npy",
]  # fmt: skip
