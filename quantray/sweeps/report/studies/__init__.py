"""Stored studies: what ``quantray study`` shows."""
