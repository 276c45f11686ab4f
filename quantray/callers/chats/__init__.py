"""Chats as calls: messages of Telegram and Discord, read by patterns that the user sees and changes.

``read_chats`` turns exported files into a DuckDB file with a table of calls and one of every message that is none.
"""

from __future__ import annotations

from quantray.callers.chats.reading import KINDS, Chats, read_chats
from quantray.callers.chats.settings import AssetPattern, Messages, check_patterns, standard

__all__ = ["KINDS", "AssetPattern", "Chats", "Messages", "check_patterns", "read_chats", "standard"]
