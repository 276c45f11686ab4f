"""A metric: its place among a wing's columns, its unit, which way is better, and what measuring it takes."""

from __future__ import annotations

from enum import Enum, IntEnum


class Unit(Enum):
    """What the values of a metric are counted in."""

    COUNT = "count"  # whole numbers
    SHARE = "share"  # a fraction, of 1
    RETURN = "return"  # a fraction of what was put in
    PERCENT = "percent"
    MONEY = "money"  # in the data's currency
    SECONDS = "seconds"
    RATIO = "ratio"  # a plain number


class Measure(IntEnum):
    """The metrics of a wing, one member each: ``NAME = unit, better, listed``, numbered as they stand.

    ``better`` is 1 where higher is better, -1 where lower is, 0 where neither; ``listed`` metrics need the list of
    trades, the others sums alone. The number is the column, so that kernels write ``out[i, Metric.NAME]``.
    """

    unit: Unit
    better: int
    listed: bool

    def __new__(cls, unit: Unit, better: int = 0, listed: bool = False) -> Measure:
        member = int.__new__(cls, len(cls.__members__))
        member._value_ = len(cls.__members__)
        member.unit, member.better, member.listed = unit, better, listed
        return member

    @property
    def key(self) -> str:
        """Its name in tables, in constraints and on the command line."""
        return self.name.lower()
