"""The compiled loops."""

from __future__ import annotations

from quantray.compiling import place_cache

place_cache()
