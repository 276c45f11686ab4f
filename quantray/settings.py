"""Sections of a plan that both wings have: frozen dataclasses whose fields are the configuration's keys."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from importlib.util import find_spec
from typing import Any, ClassVar

from quantray.errors import ConfigError, near_miss
from quantray.passwords import learn
from quantray.plain import amount

FORBID: dict[str, str] = {"extra": "forbid"}
#: The version of Rustuna whose points ``search=rustuna`` stands for; the extra pins it.
RUSTUNA = "0.2.0"
_ADDRESS = re.compile(r"(ray://)?([^\s/:@]+|\[[0-9a-fA-F:.]+\]):[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Search:
    """How candidates are chosen. ``batch`` and ``in_flight`` belong to the plan, never to the workers."""

    __pydantic_config__: ClassVar = FORBID
    kind: str = "tpe"
    n_trials: int = 300
    max_attempts: int | None = None
    n_startup_trials: int = 10
    n_ei_candidates: int = 24
    batch: int = 16
    in_flight: int = 2
    max_failures: int = 50
    timeout_s: float | None = None
    target: float | None = None  # stop when a feasible value reaches it
    sampler: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        for name in ("n_trials", "batch", "in_flight", "n_ei_candidates"):
            if getattr(self, name) < 1:
                raise ConfigError(f"search.{name} must be >= 1, got {getattr(self, name)}")
        for name in ("max_failures", "n_startup_trials"):
            if getattr(self, name) < 0:
                raise ConfigError(f"search.{name} must be >= 0, got {getattr(self, name)}")
        if self.max_attempts is not None and self.max_attempts < 1:
            raise ConfigError(f"search.max_attempts must be >= 1 or null, got {self.max_attempts}")
        if self.timeout_s is not None and not self.timeout_s > 0:
            raise ConfigError(f"search.timeout_s must be > 0 seconds or null, got {self.timeout_s}")
        if self.target is not None and not math.isfinite(self.target):
            raise ConfigError(f"search.target must be a finite number or null, got {self.target}")
        if self.kind == "rustuna" and self.n_ei_candidates != 24:
            raise ConfigError(
                f"search.n_ei_candidates={self.n_ei_candidates}: Rustuna's TPE does not take it; leave it out, or use "
                "search=tpe"
            )
        if self.kind == "exhaustive" and self.sampler is not None:
            raise ConfigError(
                "search.sampler: search=exhaustive evaluates every point and asks no sampler; leave it out"
            )

    @property
    def attempts(self) -> int:
        """Cap of COMPLETE + PRUNED + FAIL."""
        return self.max_attempts if self.max_attempts is not None else 10 * self.n_trials


@dataclass(frozen=True, slots=True)
class Runner:
    """Where batches run. ``workers`` null: every core.

    Per-caller stages expected to cost one core less than ``in_process_s`` seconds run on threads of this process even
    with ``kind=ray`` on one machine, where they are done before actors have started; 0 always takes actors.
    """

    __pydantic_config__: ClassVar = FORBID
    kind: str = "ray"
    workers: int | None = None
    address: str = "local"
    in_process_s: float = 60.0

    def __post_init__(self) -> None:
        if self.kind not in ("ray", "local"):
            raise ConfigError(f"runner: {near_miss(self.kind, ('ray', 'local'), what='runner')}")
        if self.workers is not None and self.workers < 1:
            raise ConfigError(f"runner.workers must be >= 1 or null, got {self.workers}")
        if self.address not in ("local", "auto") and not _ADDRESS.fullmatch(self.address):
            raise ConfigError(f"runner.address={self.address}: give local, auto, HOST:PORT or ray://HOST:PORT")
        if not self.in_process_s >= 0:
            raise ConfigError(f"runner.in_process_s must be >= 0 s, got {self.in_process_s}")

    @property
    def in_words(self) -> str:
        """Where and on how much."""
        where = {"local": "this machine", "auto": "the cluster of this machine"}.get(self.address, self.address)
        many = "every core" if self.workers is None else amount(self.workers, "worker")
        return f"Ray, {many} of {where}" if self.kind == "ray" else f"threads, {many} of this machine"


def data_in_words(kind: str, places: Iterable[str | None], first: str | None, last: str | None) -> str:
    """Where data come from and which dates: ``duckdb options.duckdb, from 2024-01-02``."""
    named = " ".join(dict.fromkeys(place for place in places if place))
    dates = [f"from {first}" if first else "", f"to {last}" if last else ""]
    return ", ".join(part for part in (f"{kind} {named}".strip(), " ".join(filter(None, dates))) if part)


@dataclass(frozen=True, slots=True)
class Storage:
    """Where the ledger lives; ``url`` null: in the run's directory, or for postgres what the environment says.

    ``lease_s``: a driver on another machine is taken for dead after so many seconds without a sign of life.
    """

    __pydantic_config__: ClassVar = FORBID
    kind: str = "sqlite"
    url: str | None = field(default=None, repr=False)  # it may hold a password
    lease_s: float = 60.0

    def __post_init__(self) -> None:
        learn(self.url or ())
        known = ("sqlite", "postgres", "postgres_embedded", "memory")
        if self.kind not in known:
            raise ConfigError(f"storage: {near_miss(self.kind, known, what='storage')}")
        if not 1 <= self.lease_s <= 86_400:
            raise ConfigError(f"storage.lease_s must be in [1, 86400] seconds, got {self.lease_s}")


@dataclass(frozen=True, slots=True)
class Mirror:
    """The Optuna study kept beside the ledger for dashboards, filled by a process of its own."""

    __pydantic_config__: ClassVar = FORBID
    enabled: bool = True
    max_trials: int = 10_000  # what Optuna opens in seconds; a surface is mirrored by its best trials

    def __post_init__(self) -> None:
        if self.max_trials < 0:
            raise ConfigError(f"mirror.max_trials must be >= 0, got {self.max_trials}")


@dataclass(frozen=True, slots=True)
class Tracking:
    """Where a finished study is told besides its run's directory: a run of an experiment tracker for each study.

    ``uri`` null: what the tracker's own environment says (``MLFLOW_TRACKING_URI``), else its file in the working
    directory. Files of more than ``largest_mb`` stay at home.
    """

    __pydantic_config__: ClassVar = FORBID
    kind: str = "none"
    uri: str | None = field(default=None, repr=False)  # it may hold a password
    experiment: str = "quantray"
    largest_mb: float = 100.0

    def __post_init__(self) -> None:
        learn(self.uri or ())
        known = ("none", "mlflow")
        if self.kind not in known:
            raise ConfigError(f"tracking: {near_miss(self.kind, known, what='tracker')}")
        if not self.experiment.strip() or len(self.experiment) > 500:
            raise ConfigError(f"tracking.experiment={self.experiment[:40]!r} must be a name of 1 to 500 characters")
        if not self.largest_mb > 0:
            raise ConfigError(f"tracking.largest_mb must be > 0, got {self.largest_mb}")
        if self.kind == "none":
            return
        if find_spec(self.kind) is None:
            raise ConfigError(f"tracking={self.kind} needs a package: pip install 'quantray[{self.kind}]'")
        self._check_uri()

    def _check_uri(self) -> None:
        """What MLflow takes: a scheme it knows by its ``://``, or Databricks by name."""
        uri = os.environ.get("MLFLOW_TRACKING_URI") if self.uri is None else self.uri
        if not uri:
            return
        said = "tracking.uri" if self.uri is not None else "MLFLOW_TRACKING_URI"
        if "://" not in uri and uri.partition(":")[0] not in ("databricks", "databricks-uc", "file"):
            raise ConfigError(f"{said}={uri}: give sqlite:///FILE, http://HOST:PORT, or leave it out")
        if uri.startswith("file:") and os.environ.get("MLFLOW_ALLOW_FILE_STORE", "").lower() not in ("true", "1"):
            raise ConfigError(f"{said}={uri}: MLflow keeps no runs in folders any more; give sqlite:///FILE")


@dataclass(frozen=True, slots=True)
class OutOfSample:
    """The last ``fraction`` of sessions is held out and never shown to the search; 0 holds out nothing."""

    __pydantic_config__: ClassVar = FORBID
    fraction: float = 0.3

    def __post_init__(self) -> None:
        if not 0 <= self.fraction < 1:
            raise ConfigError(f"oos.fraction must be in [0, 1), got {self.fraction}")


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on the quality of data, a field each: a run is refused when a share passes its limit. What they are about

    is each wing's own ``Gates``.
    """

    __pydantic_config__: ClassVar = FORBID

    def __post_init__(self) -> None:
        for f in fields(self):
            if not 0 <= getattr(self, f.name) <= 1:
                raise ConfigError(f"gates.{f.name} is a share in [0, 1], got {getattr(self, f.name)}")


@dataclass(frozen=True, slots=True)
class Report:
    """What the report holds."""

    __pydantic_config__: ClassVar = FORBID
    top: int = 20
    surface_max_points: int = 5_000_000  # a sampled search is compared with the exact surface up to this size
    held_out: str = "pick"  # whose held-out values are shown; all: of every trial listed, and each counts as a look

    def __post_init__(self) -> None:
        if self.top < 1:
            raise ConfigError(f"report.top must be >= 1, got {self.top}")
        if self.surface_max_points < 0:
            raise ConfigError(f"report.surface_max_points must be >= 0, got {self.surface_max_points}")
        if self.held_out not in ("pick", "all"):
            raise ConfigError(f"report.held_out: {near_miss(self.held_out, ('pick', 'all'), what='choice')}")
