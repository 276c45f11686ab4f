"""A plan again, from the request that its study keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.command_line import Overrides
from quantray.config import wings
from quantray.config.plans import plan_of
from quantray.errors import ConfigError
from quantray.ledger.addresses import EMBEDDED, FILE
from quantray.settings import Storage

if TYPE_CHECKING:
    from quantray.config.plans import AnyPlan

EARLIER = "keeps no request: an earlier version made it; the command that made it writes its report"


@contextmanager
def at_home(request: Mapping[str, Any]) -> Iterator[None]:
    """Meanwhile this process works in the folder in which the request was made, where that is still there: names of

    files and of strategies are relative to it.
    """
    home = Path(str(request.get("cwd", "")))
    if not (home.is_absolute() and home.is_dir()):
        home = Path.cwd()
    with chdir(home):
        yield


def stored_plan(request: Mapping[str, Any] | None, study: str, url: str) -> AnyPlan:
    """The plan of a stored study; call it :func:`at_home`. ``url`` is where its ledger was found.

    A run's directory that was moved is where its ledger is now. ConfigError where the request is missing, or is no
    request any more: a strategy that is gone, a setting that there is not.
    """
    if request is None:
        raise ConfigError(f"study {study!r} {EARLIER}")
    sections, run_dir = dict(request["sections"]), _run_dir(request, url)
    wing = wings.CALLERS if "policy" in sections or "baseline" in sections else wings.SWEEPS
    try:
        plan = plan_of({**sections, "study": {"name": study}, "run_dir": str(run_dir)}, wing)
    except ConfigError as error:
        raise ConfigError(f"the request of study {study!r} cannot be read any more: {error}") from None
    typed = request.get("typed")
    asked = None if typed is None else Overrides(tuple(typed["lines"]), typed["of"])
    return replace(plan, storage=_storage(url), asked=asked)


def _run_dir(request: Mapping[str, Any], url: str) -> Path:
    place = Path(url.removeprefix("sqlite:///"))
    if url.startswith("sqlite:") and place.name == FILE and (place.parent / ".quantray").is_dir():
        return place.parent
    return Path(str(request["run_dir"]))


def _storage(url: str) -> Storage:
    if url.startswith("sqlite:"):
        return Storage("sqlite", url)
    if url.startswith(EMBEDDED):
        from quantray.ledger.embedded import folder_of

        return Storage("postgres_embedded", str(folder_of(url)))
    return Storage("postgres", url)
