"""One thing a unit, as a notebook holds it: a dictionary that knows near misses and shows itself as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NoReturn, TypeVar

from quantray.callers.policies import Policy, written
from quantray.cards import Card, listed
from quantray.errors import UnknownName, near_miss
from quantray.plain import amount, one_line
from quantray.stats.checks import Verdict

T = TypeVar("T")


class ByUnit(dict[str, T]):
    """Unit -> ``what`` it has; ``units`` are all there are, with it or without.

    ``found["…"]`` of another name raises UnknownName, which is a KeyError too; ``get`` and ``in`` are a dictionary's.
    """

    def __init__(self, found: Mapping[str, T], what: str, units: Sequence[str]) -> None:
        super().__init__(found)
        self._what, self._units = what, tuple(units)

    def __missing__(self, name: str) -> NoReturn:
        if name in self._units:
            raise UnknownName(
                f"{one_line(name)} has no {self._what}: {len(self):,} of {amount(len(self._units), 'unit')} have"
            )
        raise UnknownName(near_miss(name, self._units, what="caller"))

    def __repr__(self) -> str:
        return f"{{{listed(f'{name}: {_told(value)}' for name, value in self.items())}}}"

    def _repr_html_(self) -> str:
        rows = [(name, _told(value)) for name, value in self.items()]
        title = f"{self._what} of {amount(len(self), 'unit')}"
        return Card("callers", title, rows=rows, foot='one of them: ["…"] with its name').html()


def _told(value: object) -> str:
    if isinstance(value, Policy):
        return written(value)
    return f"{value.word}. {value.headline}" if isinstance(value, Verdict) else str(value)
