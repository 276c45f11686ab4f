"""The alert baseline as files, as a page and on a terminal."""
