"""Vendors' and tools' files as they lie: formats described in YAML, guessed by their header, read by DuckDB.

See docs/formats.md. A :class:`Layout` says where our columns stand in a file, :func:`read_as` turns it into SQL.
"""

from __future__ import annotations

from quantray.files.formats.archives import unpacked
from quantray.files.formats.choice import Choice, choices
from quantray.files.formats.guess import Guess, beside, guess, layout_for
from quantray.files.formats.heads import Head, head_of
from quantray.files.formats.layout import Column, Contract, Format, Layout, Time
from quantray.files.formats.reading import read_as
from quantray.files.formats.relation import Ask, Read
from quantray.files.formats.shelf import named, shelf

__all__ = [
    "Ask", "Choice", "Column", "Contract", "Format", "Guess", "Head", "Layout", "Read", "Time", "beside", "choices",
    "guess", "head_of", "layout_for", "named", "read_as", "shelf", "unpacked",
]  # fmt: skip
