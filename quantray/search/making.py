"""The searcher of a plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from quantray.errors import ConfigError, near_miss
from quantray.plan import Search
from quantray.protocols import Searcher
from quantray.space import Space

#: What ``search.kind`` may be without a sampler of its own.
KINDS = ("tpe", "random", "qmc", "exhaustive")


def make_searcher(search: Search, space: Space, seed: int, known: Iterable[str] | Mapping[str, Any] = ()) -> Searcher:
    """The searcher that ``search`` asks for.

    ``known`` are digests that may not be asked again (or trials by their digest). ``search.sampler`` names any
    Optuna sampler and wins over ``search.kind``. Raises :class:`ConfigError` for a kind, target or parameter that
    does not exist.
    """
    if search.sampler is not None or search.kind == "tpe":
        from quantray.search.optuna_searcher import OptunaSearch

        return OptunaSearch(search, space, seed, known)
    if search.kind == "random":
        from quantray.search.random_search import RandomSearch

        return RandomSearch(space, seed, search.batch, known)
    if search.kind == "qmc":
        from quantray.search.qmc import QmcSearch

        return QmcSearch(space, seed, search.batch, known)
    if search.kind == "exhaustive":
        raise ConfigError("search=exhaustive evaluates every point; there is nothing to ask a searcher for")
    raise ConfigError(
        f"search.kind: {near_miss(search.kind, KINDS, what='search')}; "
        "any Optuna sampler: search.sampler._target_=optuna.samplers.<name>"
    )
