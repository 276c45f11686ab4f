"""The compiled loops."""

from __future__ import annotations

from quantray.compilation import place_cache

place_cache()
