"""The searcher of a plan."""

from __future__ import annotations

import time
import warnings

from quantray.errors import ConfigError, UserError, near_miss
from quantray.protocols import Known, Searcher
from quantray.settings import Search
from quantray.space import Space
from quantray.trial import Trial, TrialState

#: How many candidates a named sampler is asked for before work starts, and for how long at most.
REHEARSED, REHEARSAL_S = 64, 5.0

#: What ``search.kind`` may be without a sampler of its own.
KINDS = ("tpe", "random", "qmc", "rustuna", "exhaustive")
_CLASSES = {"tpe": "StaticTPE", "random": "RandomSearch", "qmc": "QmcSearch", "rustuna": "RustunaSearch"}


def make_searcher(search: Search, space: Space, seed: int, known: Known = ()) -> Searcher:
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
    if search.kind == "rustuna":
        from quantray.search.rustuna_searcher import RustunaSearch

        return RustunaSearch(search, space, seed, known)
    if search.kind == "exhaustive":
        raise ConfigError("search=exhaustive evaluates every point; there is nothing to ask a searcher for")
    raise ConfigError(
        f"search.kind: {near_miss(search.kind, KINDS, what='search')}; "
        "any Optuna sampler: search.sampler._target_=optuna.samplers.<name>"
    )


def searched_by(search: Search) -> str:
    """What chooses candidates, by the name of its class, and the setting that asked for it.

    ``StaticTPE (search=tpe)``, ``CmaEsSampler (search.sampler)``; ``StaticTPE (search.sampler: TPESampler)`` where the
    class that was named is run as another; ``exhaustive`` where nothing has to choose.
    """
    if search.sampler is None:
        name = _CLASSES.get(search.kind)
        return search.kind if name is None else f"{name} (search={search.kind})"
    from quantray.search.samplers import class_of

    named = str(search.sampler.get("_target_", "sampler")).rpartition(".")[2]
    try:
        name = class_of(search.sampler).__name__
    except ConfigError:  # the file of one's own sampler is not here: a report of a stored study
        name = named
    return f"{name} (search.sampler)" if name == named else f"{name} (search.sampler: {named})"


def check_searcher(search: Search, space: Space, seed: int) -> None:
    """Let a named sampler, or Rustuna's, search the space for a moment, with values that mean nothing.

    Many samplers only say when they are asked what they do not take: a space of categories, a package that is not
    installed, an argument of a wrong type. Raises :class:`ConfigError`.
    """
    if search.sampler is None and search.kind != "rustuna":
        return
    target = "search=rustuna" if search.sampler is None else f"search.sampler._target_={search.sampler['_target_']}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _rehearse(make_searcher(search, space, seed))
    except UserError:
        raise
    except ModuleNotFoundError as error:
        raise ConfigError(f"{target} needs {error.name}: pip install {error.name}, or choose another") from error
    except Exception as error:  # whatever a sampler raises belongs to the request that named it
        raise ConfigError(f"{target} cannot search this space: {type(error).__name__}: {error}") from error


def _rehearse(searcher: Searcher) -> None:
    asked, number, deadline = 0, 0, time.monotonic() + REHEARSAL_S
    while asked < REHEARSED and time.monotonic() < deadline:
        batch = searcher.ask(number, 8)
        if not batch.digests:
            return
        rows = enumerate(batch.digests)
        params = batch.candidates.params
        searcher.tell(number, [Trial(d, params(i), TrialState.COMPLETE, int(d[:8], 16) / 2**32) for i, d in rows])
        asked, number = asked + len(batch.digests), number + 1
