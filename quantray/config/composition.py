"""Hydra's composition, through its public API alone: files and overrides -> plain values and the choice of each group.

Nothing of its job machinery (working directories, loggers, launchers) is used, and a Hydra application around this one
keeps its own state.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from functools import lru_cache
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from quantray import folders
from quantray.command_line import quoted
from quantray.config import wings
from quantray.config.study_name import flatten
from quantray.errors import ConfigError, near_miss
from quantray.passwords import learn

VERSION_BASE = "1.3"
_INTERPOLATED = "${"
Composed = tuple[dict[str, Any], dict[str, str]]
#: Of a request: a digest of the files it is composed of, and a word of its own.
_state: ContextVar[tuple[str, str] | None] = ContextVar("state", default=None)
_requests = count()


@contextmanager
def one_request() -> Iterator[None]:
    """The files of ``conf/`` are looked at once for what is composed inside: a request asks several times."""
    outer = _state.set(_looked_at())
    try:
        yield
    finally:
        _state.reset(outer)


def composed(wing: str, overrides: Sequence[str]) -> Composed:
    """The resolved configuration of a wing, and group -> choice. ConfigError when it cannot be composed.

    A process remembers what unchanged files gave for the same overrides; what an interpolation may change
    (``${oc.env:HOME}``) it remembers within one request.
    """
    files, request = _state.get() or _looked_at()
    state = request if any(_INTERPOLATED in line for line in overrides) else files
    found, choices = deepcopy(_remembered(wing, tuple(overrides), state))  # whoever asks fills in names
    learn(f"{key}={value}" for key, value in flatten(found).items() if isinstance(value, str | list))
    return found, choices


def _looked_at() -> tuple[str, str]:
    """A digest of every file of ``conf/`` and a word that no other call gives; the word alone where files do not say it
    all: they interpolate, cannot be read, or lie behind a link.
    """
    digest, request = sha256(), f"request {next(_requests)}"
    for conf in folders.folders("conf"):
        for folder, names, files in os.walk(conf):
            if any(os.path.islink(f"{folder}/{name}") for name in names):
                return request, request
            for path in sorted(f"{folder}/{name}" for name in files if name.endswith(".yaml")):
                try:
                    content = Path(path).read_bytes()
                except OSError:
                    return request, request
                if _INTERPOLATED.encode() in content:
                    return request, request
                digest.update(f"{path}\0{len(content)}\0".encode(errors="surrogateescape") + content)
    return digest.hexdigest(), request


@lru_cache(maxsize=64)
def _remembered(wing: str, overrides: tuple[str, ...], state: str) -> Composed:
    """What the files in that state gave for these overrides once; whatever failed is tried again."""
    return _composed(wing, overrides)


def _composed(wing: str, overrides: Sequence[str]) -> Composed:
    from hydra import compose
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException
    from yaml import YAMLError

    # Hydra reads a search path from the primary file or from an override, never from an experiment
    path = f"hydra.searchpath=[{','.join(quoted(f'file://{place}') for place in wings.places(wing))}]"
    try:
        with _initialised(wings.contents(wing)):
            cfg = compose(wing, [*overrides, path], return_hydra_config=True)
        choices = {str(k): v for k, v in cfg.hydra.runtime.choices.items() if not str(k).startswith("hydra/")}
        OmegaConf.set_struct(cfg, False)
        cfg.pop("hydra")
        plain = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    except (HydraException, OmegaConfBaseException) as error:
        cause = error.__cause__ or error
        if isinstance(cause, MissingMandatoryValue):
            raise ConfigError(f"{cause.full_key} is required; give {cause.full_key}=…") from error
        raise ConfigError(f"the configuration cannot be composed: {str(cause).strip().splitlines()[0]}") from error
    except YAMLError as error:
        raise ConfigError(_no_yaml(error)) from error
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"{_unread(wing)} cannot be read: {error}") from error
    assert isinstance(plain, dict)
    chosen = {group: str(choice) for group, choice in choices.items() if choice is not None}
    return {str(key): value for key, value in plain.items()}, chosen


def _no_yaml(error: Exception) -> str:
    """Where a file is no YAML, and why: ``conf/strategy/mine.yaml, line 5, is no YAML: …``."""
    mark, said = getattr(error, "problem_mark", None), getattr(error, "problem", None) or str(error).splitlines()[0]
    place = Path(str(getattr(mark or error, "name", "a file of conf/")))
    line = f", line {mark.line + 1}," if mark is not None else ""
    return f"{_shown(place)}{line} is no YAML: {said}"


def _unread(wing: str) -> str:
    """The first file of the wing that is no text."""
    for path in (path for place in wings.places(wing) for path in sorted(place.rglob("*.yaml"))):
        try:
            path.read_text(encoding="utf-8")
        except (OSError, UnicodeError):
            return str(_shown(path))
    return "a file of conf/"


def _shown(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


@contextmanager
def _initialised(folder: Path) -> Iterator[None]:
    """Hydra on a folder; what a notebook's own Hydra application had set up is there again afterwards."""
    from hydra import initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra
    from hydra.version import VersionBase

    outer, base = GlobalHydra.instance().hydra, VersionBase.instance().getbase()
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(folder), version_base=VERSION_BASE):
            yield
    finally:
        GlobalHydra.instance().hydra = outer
        VersionBase.instance().version_base = base


def wing_of(experiments: Sequence[str]) -> str:
    """The wing of a request: whose folder holds its experiments; without any it is a sweep.

    An experiment in one's own ``conf/experiment`` is composed in both, and the wing in which that works decides; of
    two the sweeps.
    """
    if not experiments:
        return wings.SWEEPS
    for name in experiments:
        wings.check_experiment(name)
    homes = [wing for wing in wings.WINGS if all(wing in wings.homes(name) for name in experiments)]
    if not homes:
        raise ConfigError(f"experiment=[{','.join(experiments)}]: one is a sweep and another about callers; choose one")
    refusals = {}
    for wing in homes if len(homes) > 1 else ():
        try:
            cfg, _ = composed(wing, [f"+{wings.ADDED}=[{','.join(experiments)}]"])
            check_top(cfg, wing)
        except ConfigError as error:
            refusals[wing] = str(error)
        else:
            return wing
    if refusals:
        one, two = refusals[wings.SWEEPS], refusals[wings.CALLERS]
        raise ConfigError(one if one == two else f"as a sweep: {one}; about callers: {two}")
    return homes[0]


def check_top(cfg: dict[str, Any], wing: str) -> None:
    """Refuse a key that the wing does not have at its top, by the wing it belongs to or with the near miss."""
    known, theirs = wings.known(wing), wings.only_of(wings.other(wing))
    for key in cfg:
        if key in theirs:
            owner, this = ("sweeps", "about callers") if wing == wings.CALLERS else ("callers", "a sweep")
            raise ConfigError(f"{key} belongs to {owner}, and this configuration is {this}; leave it out")
        if key not in known:
            raise ConfigError(near_miss(key, known, what="key"))
