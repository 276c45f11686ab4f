"""From YAML and overrides to a checked Plan. With ``overrides`` the only file that knows Hydra.

Hydra composes; nothing of its job machinery (working directories, loggers, launchers) is used, so a refused request
leaves no trace and a notebook goes the same way as the command line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from quantray import naming, shelf
from quantray.errors import ConfigError, LedgerError, near_miss
from quantray.overrides import TOP, Job, jobs
from quantray.plan import Capital, Fees, Gates, Mirror, OutOfSample, Plan, Report, Runner, Search, Storage
from quantray.search import KINDS
from quantray.sections import checked, constraints_of, scalar, section
from quantray.space import Space
from quantray.strategies import strategy_of
from quantray.targets import resolve


def load_plan(*overrides: str | Sequence[str]) -> Plan:
    """Compose and check one plan: ``load_plan("+experiment=options_sweep", "search.n_trials=500")``.

    Takes what the command line takes, as arguments or as one list. Raises ConfigError or DataError.
    """
    lines = [line for item in overrides for line in ([item] if isinstance(item, str) else item)]
    return plan_of(compose(jobs(lines, multirun=False)[0]))


def load_plans(overrides: Sequence[str]) -> list[Plan]:
    """One plan for each combination of a multirun, all of them checked; no two share a study."""
    plans = [plan_of(cfg) for cfg in compose_all(jobs(overrides, multirun=True))]
    names = [plan.study for plan in plans]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(
            f"study.name={twice} would be used by {names.count(twice)} jobs; leave it out and each job gets its own"
        )
    return plans


def compose_all(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Every job's configuration; several jobs that were given one ``run_dir`` get a folder each in it."""
    composed = [compose(job) for job in jobs]
    shared = len({cfg["run_dir"] for cfg in composed}) < len(composed)
    for cfg in composed if shared else ():
        cfg["run_dir"] = f"{cfg['run_dir']}/{cfg['study']['name']}"
    return composed


def compose(job: Job) -> dict[str, Any]:
    """The resolved configuration of a job as plain values, with the study's name and run directory filled in."""
    cfg, chosen = _compose(job.overrides)
    study = cfg.setdefault("study", {})
    if isinstance(study, dict) and study.get("name") is None:
        study["name"] = _name(job, cfg, chosen)
    if cfg.get("run_dir") is None and isinstance(study, dict):
        cfg["run_dir"] = f"outputs/{study['name']}"
    return cfg


def _name(job: Job, cfg: dict[str, Any], chosen: dict[str, str]) -> str:
    """What sets this job apart from the plain experiment (or from the plain strategy)."""
    stem = chosen.get("experiment") or chosen.get("strategy") or "study"
    groups = tuple(line for line in job.overrides if line[:2] != "++" and line.lstrip("+").split("=")[0] in chosen)
    experiment = tuple(line for line in groups if line.startswith("+experiment="))
    plain, usual = (cfg, chosen) if groups == job.overrides else _compose(groups)
    if groups != experiment:
        _, usual = _compose(experiment)
    named = {"experiment", "strategy"} if "experiment" not in chosen else {"experiment"}
    other = [
        choice
        for group, choice in chosen.items()
        if choice != usual.get(group) and group not in named and not naming.silent(group)
    ]
    changes = naming.differences(plain, cfg)
    # jobs of one multirun differ in name even where their results cannot differ
    changes.update({key: value for key, value in job.swept if naming.silent(key) and key != "run_dir"})
    return naming.study_name(stem.replace("/", "_"), other, changes)


def _compose(overrides: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Hydra's composition: plain values, and the choice of each group."""
    from hydra import version
    from hydra._internal.config_loader_impl import ConfigLoaderImpl
    from hydra._internal.utils import create_config_search_path
    from hydra.core.config_search_path import SearchPathQuery
    from hydra.errors import HydraException
    from hydra.types import RunMode
    from omegaconf import OmegaConf
    from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

    version.setbase("1.3")
    own, *others = [str(folder) for folder in shelf.folders("conf")]
    search = create_config_search_path(own)
    for folder in others:
        search.append(provider="quantray", path=folder, anchor=SearchPathQuery(provider="main", path=None))
    try:
        # the loader itself, not hydra.compose: no global state that a notebook's own Hydra application would share
        cfg = ConfigLoaderImpl(config_search_path=search).load_configuration("config", list(overrides), RunMode.RUN)
        chosen = {str(k): str(v) for k, v in cfg.hydra.runtime.choices.items() if not str(k).startswith("hydra/")}
        OmegaConf.set_struct(cfg, False)
        cfg.pop("hydra")
        plain = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    except (HydraException, OmegaConfBaseException) as error:
        cause = error.__cause__ or error
        if isinstance(cause, MissingMandatoryValue):
            raise ConfigError(f"{cause.full_key} is required; give {cause.full_key}=…") from error
        raise ConfigError(f"the configuration cannot be composed: {str(cause).strip().splitlines()[0]}") from error
    assert isinstance(plain, dict)
    return {str(key): value for key, value in plain.items()}, chosen


def plan_of(cfg: Mapping[str, Any]) -> Plan:
    """Check a composed configuration and turn it into a plan. Every section is refused by key, value and near miss."""
    from quantray.data.settings import KEYS, DataSettings
    from quantray.objectives import check_objective

    _check_top(cfg)
    name = _study(section(cfg, "study"))
    strategy, space = strategy_of(section(cfg, "strategy"), section(cfg, "space"))
    return Plan(
        study=name,
        strategy=strategy,
        space=space,
        data=checked(DataSettings, cfg, "data", rename=KEYS),
        run_dir=Path(scalar(cfg, "run_dir", str, f"outputs/{name}")).expanduser(),
        seed=_seed(scalar(cfg, "seed", int, 0)),
        fresh=scalar(cfg, "fresh", bool, False),
        objective=check_objective(scalar(cfg, "objective", str, "return_on_risk_percent")),
        constraints=constraints_of(section(cfg, "constraints")),
        fees=checked(Fees, cfg, "fees"),
        capital=checked(Capital, cfg, "capital"),
        search=_search(checked(Search, cfg, "search"), space),
        runner=checked(Runner, cfg, "runner"),
        storage=_storage(checked(Storage, cfg, "storage")),
        mirror=checked(Mirror, cfg, "mirror"),
        oos=checked(OutOfSample, cfg, "oos"),
        gates=checked(Gates, cfg, "gates"),
        report=checked(Report, cfg, "report"),
    )


def _check_top(cfg: Mapping[str, Any]) -> None:
    known = {*TOP, *(group for group in shelf.groups() if group != "experiment")}
    for key in cfg:
        if key not in known:
            raise ConfigError(near_miss(key, known, what="key"))


def _study(study: Mapping[str, Any]) -> str:
    for key in study:
        if key != "name":
            raise ConfigError(f"study.{key}: {near_miss(key, ['name'], what='key')}")
    name = study.get("name")
    if not isinstance(name, str) or not name.strip() or any(c in name for c in "/\\\0") or name in (".", ".."):
        raise ConfigError(f"study.name={name!r} must be a name that a folder can have: no slash, not empty")
    return name


def _seed(seed: int) -> int:
    if not 0 <= seed < 2**32:
        raise ConfigError(f"seed must be in [0, 2**32), got {seed}")
    return seed


def _storage(storage: Storage) -> Storage:
    from quantray.ledger.addresses import address

    try:
        address(storage, ".")
    except LedgerError as error:  # neither the configuration nor the environment gives one
        raise ConfigError(str(error)) from None
    return storage


def _search(search: Search, space: Space) -> Search:
    if search.sampler is not None:
        resolve(str(search.sampler.get("_target_")), "search.sampler")
    elif search.kind not in KINDS:
        raise ConfigError(f"search.kind: {near_miss(search.kind, KINDS, what='kind of search')}")
    if search.kind == "exhaustive" and space.size is None:
        wide = next(d.name for d in space.dimensions if d.values is None)
        raise ConfigError(f"search=exhaustive needs a finite space: give space.{wide} a step or a list of values")
    return search
