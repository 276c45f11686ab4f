"""A part of a table as rows of ours: what follows FROM, which columns are read how, what is set aside."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from quantray.files.duckdb_file import quoted, text
from quantray.files.parts import Part
from quantray.files.typed import Cell, Reading

LET = re.compile(r"quantray_let_\d+_")


@dataclass(frozen=True, slots=True)
class Ask:
    """What the settings say about one table; it goes before what the format says. ``exchange``: its own zone."""

    timezone: str | None = None
    ts_unit: str | None = None
    date_format: str | None = None
    stamp: str | None = None
    interval_s: int | None = None
    adjusted: str | None = None  # accept
    symbol: str | None = None
    exchange: str = "UTC"
    key: str = "underlying"

    @property
    def reading(self) -> Reading:
        """What it says about the types of columns."""
        return Reading(self.timezone, self.ts_unit, self.date_format, self.exchange)


class Lets:
    """Expressions that several cells need: each is worked out once a row, under a name of its own."""

    def __init__(self) -> None:
        self.layers: list[dict[str, str]] = []
        self._names: dict[str, tuple[str, int]] = {}

    def __call__(self, sql: str) -> str:
        """The name under which the value of ``sql`` stands, which may use earlier names."""
        if sql not in self._names:
            used = set(LET.findall(sql))
            level = max((at + 1 for name, at in self._names.values() if name in used), default=0)
            name = f"quantray_let_{len(self._names)}_"
            self._names[sql] = name, level
            if level == len(self.layers):
                self.layers.append({})
            self.layers[level][name] = sql
        return self._names[sql][0]


@dataclass(frozen=True)
class Read:
    """How one part is read: our name -> the cell, its name in the file, and the SQL that shows what stands there.

    ``aside``: reason -> condition of rows that are set aside; ``withdrawn``: of rows that are kept, and say that nobody
    quotes any more. ``only``: condition of rows that are wanted at all. ``sides``: a row is one for each of them.
    ``once``: equal rows are one. ``last_by``: of rows of one contract and START, the last in the order of these (SQL).
    """

    part: Part
    names: dict[str, str]
    cells: dict[str, Cell]
    raws: dict[str, str]
    aside: dict[str, str] = field(default_factory=dict)
    withdrawn: dict[str, str] = field(default_factory=dict)
    only: str | None = None
    sides: tuple[str, ...] = ()
    once: bool = False
    last_by: tuple[str, ...] = ()
    lets: tuple[dict[str, str], ...] = ()  # what several cells need, worked out once: layer by layer, name -> SQL
    by_name: bool = False  # a column comes from the file's name
    said: tuple[str, ...] = ()

    @cached_property
    def native(self) -> bool:
        """Whether nothing is converted, so that DuckDB passes over parts of a file by the file's own statistics."""
        changed = (
            self.part.delimited or self.aside or self.withdrawn or self.sides or self.once or self.last_by or self.lets
        )
        return not changed and all(cell.native for cell in self.cells.values())

    @property
    def fine(self) -> bool:
        """Whether its times are finer than a microsecond."""
        name = self.names.get("ts")
        return name in self.part.columns and self.part.columns[name][1] == "TIMESTAMPTZ_NS"

    @property
    def source(self) -> str:
        """What follows FROM: the columns of the file, and ``side`` where a row is a call and a put."""
        return self._source(())

    @property
    def numbered(self) -> str:
        """The same with ``line``, which counts the rows of each file from 1."""
        return self._source(("row_number() OVER () AS line",))

    def _source(self, line: tuple[str, ...]) -> str:
        # columns that DuckDB adds to a file's own are there in the first SELECT over it only
        added = (*(("filename",) if self.by_name else ()), *(("file_index",) if self.part.files else ()))
        letters = f"unnest([{', '.join(text(side) for side in self.sides)}]) AS side"
        steps = [line, (letters,) if self.sides else ()]
        steps += [tuple(f"{sql} AS {name}" for name, sql in layer.items()) for layer in self.lets]
        found = self.part.source
        for step in filter(None, steps):
            found, added = f"(SELECT *, {', '.join((*added, *step))} FROM {found})", ()
        return found

    def of(self, part: Part) -> Read:
        """The same reading of one of the part's files."""
        return replace(self, part=part)

    @property
    def why(self) -> str:
        """SQL of the reason for which a row is set aside or withdraws a quote; null for any other."""
        rules = (*self.aside.items(), *self.withdrawn.items())
        cases = " ".join(f"WHEN {rule} THEN {text(reason)}" for reason, rule in rules)
        return f"CASE {cases} END" if cases else "NULL"

    def select(self, ours: Iterable[str], kinds: dict[str, str], file: str | None = None, why: bool = False) -> str:
        """SQL of the part's rows; ``file`` is the number of the row's file, where there are several.

        With ``why`` each row says in a column ``aside`` for which reason it is set aside or withdraws, if any.
        """
        made = {
            name: f"{self.cells[name].strict if name in self.cells else 'NULL'}::{kinds[name]}" for name in ours
        }  # fmt: skip
        if file:
            made["file"] = f"({file})::INTEGER"
        if why:
            made["aside"] = f"({self.why})::VARCHAR"
        where = f" WHERE {self.only}" if self.only else ""
        if self.last_by:
            return self._last(made, where)
        columns = ", ".join(f"{sql} AS {quoted(name)}" for name, sql in made.items())
        found = f"SELECT {'DISTINCT ' if self.once else ''}{columns} FROM {self.source}{where}"
        return f"SELECT * FROM ({found}) ORDER BY ts" if self.once else found

    def _last(self, made: dict[str, str], where: str) -> str:
        """The last event of each contract and interval: an event is known at once, so the interval ends with it."""
        key = [name for name in ("ts", "symbol", "file", "aside") if name in made]
        rest = [name for name in made if name not in key]
        columns = [f"{made[name]} AS {quoted(name)}" for name in key]
        columns += [f"struct_pack({', '.join(f'{quoted(n)} := {made[n]}' for n in rest)}) AS values_"]
        columns += [f"struct_pack({', '.join(f'k{k} := {sql}' for k, sql in enumerate(self.last_by))}) AS order_"]
        keys = ", ".join(map(quoted, key))
        inner = f"SELECT {', '.join(columns)} FROM {self.source}{where}"
        last = f"SELECT {keys}, arg_max(values_, order_) AS v FROM ({inner}) GROUP BY {keys}"
        outer = ", ".join(quoted(n) if n in key else f"v.{quoted(n)} AS {quoted(n)}" for n in made)
        return f"SELECT {outer} FROM ({last}) ORDER BY ts"
