"""How fast a search gets on, counted from its first results: before them it was starting and compiling."""

from __future__ import annotations

#: As many times what was stored first must be stored after it, until a rate is more than chance.
TELLING = 2


class Pace:
    """Candidates a second. ``see`` hears how many are stored, at every change and in order."""

    def __init__(self) -> None:
        self._first: tuple[float, int] | None = None
        self._last = (0.0, 0)

    def see(self, now: float, stored: int) -> None:
        """``stored`` in all at the time ``now``, in seconds."""
        if self._first is None and stored:
            self._first = (now, stored)
        if stored > self._last[1]:
            self._last = (now, stored)

    @property
    def rate(self) -> float | None:
        """None until it can be told."""
        if self._first is None:
            return None
        (began, before), (now, stored) = self._first, self._last
        if stored < (1 + TELLING) * before or now <= began:
            return None
        return (stored - before) / (now - began)
