"""Tables that a reader sorts and filters: all rows as data beside the page's text, the first of them in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of ``rows`` [rows, columns] under ``head`` [columns], as text.

    ``values`` (column -> [rows]) sort a column whose text is not a plain number; None: no value. ``kinds`` [rows] are
    classes of the rows in page.css (``held``, ``faint``). ``signed`` are columns whose losses are coloured. The page
    holds the ``first`` rows; paper and readers without scripts have those, ``rest`` says where all of them are.
    """

    title: str  # what a screen reader calls the table
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    values: Mapping[int, Sequence[float | None]] = field(default_factory=dict)
    kinds: Sequence[str] = ()
    signed: Sequence[int] = ()
    first: int = 25
    rest: str = ""  # "all are in top_trials.csv"

    def __post_init__(self) -> None:
        n = len(self.head)
        for row in self.rows:
            if len(row) != n:
                raise ValueError(f"a row of {self.title!r} has {len(row)} cells, the head has {n}")
        for what, given in (*((f"values of column {c}", v) for c, v in self.values.items()), ("kinds", self.kinds)):
            if given and len(given) != len(self.rows):
                raise ValueError(f"{what} of {self.title!r} are {len(given)}, its rows {len(self.rows)}")

    @property
    def data(self) -> dict[str, object]:
        """What the page's script reads."""
        told: dict[str, object] = {"rows": self.rows}
        if self.values:
            told["values"] = {str(column): values for column, values in self.values.items()}
        if any(self.kinds):
            told["kinds"] = self.kinds
        return told
