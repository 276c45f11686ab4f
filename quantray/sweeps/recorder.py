"""Which fields of a strategy its own code reads: candidates that agree on these get the same answer from it.

An answer is a function of what was read on the way to it. So it may be shared by every candidate that has the same
values there, whatever else they differ in, and by no other: also where one field decides whether another is read.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from typing import Any

#: Reading one of these is reading everything: copies, pickles, ``vars(self)``.
_WHOLE = frozenset({"__dict__", "__getstate__", "__reduce__", "__reduce_ex__"})
_DERIVED = "\0derived"  # an attribute that is no parameter: it depends on what was read when the object was made


class Recorder:
    """Makes objects of ``strategy`` that note which parameters are read; one thread at a time.

    A class that makes its own ``__init__`` or ``__getattribute__`` cannot be watched: it is taken to read everything.
    """

    def __init__(self, strategy: type) -> None:
        self.names = frozenset(f.name for f in fields(strategy) if f.init)
        self._defaults = {f.name: f.default for f in fields(strategy)}
        self._reads: set[str] = set()
        self._built: set[str] = set()
        self._last: set[str] = set()
        self._changed: set[str] = set()  # by ``__post_init__``: no longer what the candidate says
        self._make = strategy
        self.watches = not hides(strategy)
        if self.watches:
            try:
                self._make = _watched(strategy, self.names, self._reads)
            except Exception:  # a class that refuses to be inherited
                self.watches = False

    def build(self, params: Mapping[str, object]) -> Any:
        """The strategy with these parameters."""
        before = set(self._reads)
        self._reads.clear()
        try:
            made = self._make(**params)
        finally:
            self._last = set(self._reads)
            self._built |= self._last
            self._reads.clear()
            self._reads |= before
        kept = {**self._defaults, **params}
        if self.watches:
            self._changed |= {n for n in self.names if object.__getattribute__(made, n) is not kept.get(n)}
        return made

    @property
    def built(self) -> frozenset[str]:
        """The parameters that were read while objects were built, by all that were built so far."""
        return self._settled(self._built)

    @property
    def last(self) -> frozenset[str]:
        """The parameters that were read while the last object was built."""
        return self._settled(self._last)

    @contextmanager
    def reading(self) -> Iterator[Callable[[], frozenset[str]]]:
        """Inside, a function that says which parameters have been read since; building objects does not count."""
        self._reads.clear()
        yield lambda: self._settled(self._reads)
        self._reads.clear()

    def _settled(self, reads: set[str]) -> frozenset[str]:
        if not self.watches:
            return self.names
        found = set(reads)
        if _DERIVED in found or found & self._changed:
            found |= self._built
        return self.names if found & _WHOLE else frozenset(found & self.names)


def hides(strategy: type) -> bool:
    """Whether objects of the class can read a parameter behind a recorder's back."""
    maker = next(c for c in strategy.__mro__ if "__init__" in vars(c))
    if "__dataclass_params__" not in vars(maker) or not vars(maker)["__dataclass_params__"].init:
        return True  # its own __init__ is given the values themselves
    for owner in strategy.__mro__[:-1]:
        if "__getattribute__" in vars(owner) or "__getattr__" in vars(owner):
            return True
        codes = (getattr(member, "__code__", None) for member in vars(owner).values())
        if any(code is not None and "__getattribute__" in code.co_names for code in codes):
            return True
    return False


def _watched(strategy: type, names: frozenset[str], reads: set[str]) -> type:
    get = object.__getattribute__
    slots = {
        name
        for owner in strategy.__mro__
        for name, member in vars(owner).items()
        if isinstance(member, types.MemberDescriptorType) and name not in names
    }

    def __getattribute__(self: object, name: str) -> object:
        if name in names:
            reads.add(name)
        elif name == "__class__":
            return strategy
        elif name in _WHOLE:
            reads.add(name)
        elif not name.startswith("__") and (name in slots or name in get(self, "__dict__")):
            reads.add(_DERIVED)
        return get(self, name)

    members: dict[str, Any] = {
        "__getattribute__": __getattribute__, "__module__": strategy.__module__, "__doc__": strategy.__doc__,
        "__qualname__": strategy.__qualname__, "_check_alone": lambda self: None,
    }  # fmt: skip
    members["__reduce_ex__"] = lambda self, _: (_again, (strategy, {name: getattr(self, name) for name in names}))
    for owner in reversed(strategy.__mro__):
        for name, member in vars(owner).items():
            if isinstance(member, functools.cached_property):
                members[name] = _cached(name, member.func, reads)
            elif name in members and isinstance(members[name], property):
                del members[name]  # overridden further down
    return type(strategy)(strategy.__name__, (strategy,), members)


def _again(strategy: type, params: Mapping[str, object]) -> object:
    return strategy(**params)


def _cached(name: str, compute: Callable[[Any], object], reads: set[str]) -> property:
    """A cached property that counts what was read for it each time it is asked for."""
    kept_as = f"__cached_{name}__"

    def value(self: object) -> object:
        kept = object.__getattribute__(self, "__dict__")
        if kept_as not in kept:
            before = set(reads)
            reads.clear()
            kept[kept_as] = (compute(self), frozenset(reads))
            reads.update(before)
        found, also = kept[kept_as]
        reads.update(also)
        return found

    return property(value)
