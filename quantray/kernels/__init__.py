"""The compiled loops that both wings' kernels stand on."""

from __future__ import annotations

from quantray.compilation import place_cache

place_cache()
