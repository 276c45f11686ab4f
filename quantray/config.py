"""From YAML and overrides to a checked Plan. With ``overrides`` the only file that knows Hydra.

Hydra composes; nothing of its job machinery (working directories, loggers, launchers) is used, so a refused request
leaves no trace and a notebook goes the same way as the command line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from quantray import kinds, naming, shelf
from quantray.capacity import check_table
from quantray.errors import ConfigError, near_miss
from quantray.kinds import ADDED
from quantray.overrides import Job, jobs
from quantray.passwords import learn
from quantray.plan import Capital, Fees, Gates, Mirror, OutOfSample, Plan, Report, Runner, Search, Storage
from quantray.search import KINDS
from quantray.sections import checked, constraints_of, run_dir_of, scalar, section, seed_of, storage_of, study_of
from quantray.space import parse_space
from quantray.strategies import strategy_of
from quantray.targets import refuse_others

if TYPE_CHECKING:
    from quantray.callers.plan import CallerPlan


def load_plan(*overrides: str | Sequence[str]) -> Plan | CallerPlan:
    """Compose and check one plan: ``load_plan("+experiment=options_sweep", "search.n_trials=500")``.

    Takes what the command line takes, as arguments or as one list. An experiment that chooses a ``policy`` gives a
    CallerPlan, any other request a Plan. Raises ConfigError or DataError.
    """
    lines = [line for item in overrides for line in ([item] if isinstance(item, str) else item)]
    return plan_of(compose(jobs(lines, multirun=False)[0]))


def load_sweep(*overrides: str | Sequence[str], asked: str) -> Plan:
    """The same for what only a sweep can do; ConfigError names ``asked``, what was asked for, otherwise."""
    plan = load_plan(*overrides)
    if not isinstance(plan, Plan):
        raise ConfigError(f"{asked} is for sweeps; a run about callers spreads over runner.workers by itself")
    return plan


def load_plans(overrides: Sequence[str]) -> list[Plan | CallerPlan]:
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
        choice.removeprefix(kinds.PREFIX)
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
        choices = {str(k): v for k, v in cfg.hydra.runtime.choices.items() if not str(k).startswith("hydra/")}
        chosen = {group: str(choice) for group, choice in choices.items() if choice is not None}
        OmegaConf.set_struct(cfg, False)
        cfg.pop("hydra")
        plain = OmegaConf.to_container(cfg, resolve=True, throw_on_missing=True)
    except (HydraException, OmegaConfBaseException) as error:
        cause = error.__cause__ or error
        if isinstance(cause, MissingMandatoryValue):
            raise ConfigError(f"{cause.full_key} is required; give {cause.full_key}=…") from error
        raise ConfigError(f"the configuration cannot be composed: {str(cause).strip().splitlines()[0]}") from error
    assert isinstance(plain, dict)
    found = {str(key): value for key, value in plain.items()}
    learn(f"{key}={value}" for key, value in naming.flatten(found).items() if isinstance(value, str | list))
    return _of_its_kind(found), chosen


def _of_its_kind(cfg: dict[str, Any]) -> dict[str, Any]:
    """Without what the table of contents holds for sweeps alone, where the configuration is about callers."""
    if "policy" in cfg:
        for path in ("mirror", *(name for name in kinds.OF_SWEEPS if "." in name)):
            head, _, key = path.partition(".")
            if not key:
                cfg.pop(head, None)
            elif isinstance(cfg.get(head), dict):
                cfg[head].pop(key, None)
    return cfg


def plan_of(cfg: Mapping[str, Any]) -> Plan | CallerPlan:
    """Check a composed configuration and turn it into a plan. Every section is refused by key, value and near miss.

    With a section ``policy`` it is a plan of callers, else a sweep.
    """
    _check_top(cfg)
    refuse_others(cfg)
    if "policy" in cfg:
        from quantray.caller_config import caller_plan_of

        return caller_plan_of(cfg)
    return _sweep_of(cfg)


def _sweep_of(cfg: Mapping[str, Any]) -> Plan:
    from quantray.data.settings import KEYS, DataSettings
    from quantray.objectives import check_objective

    name, search = study_of(cfg), checked(Search, cfg, "search")
    _check_search(search, section(cfg, "space"))  # before levels are tried one by one
    strategy, space = strategy_of(section(cfg, "strategy"), section(cfg, "space"))
    return Plan(
        study=name,
        strategy=strategy,
        space=space,
        data=checked(DataSettings, cfg, "data", rename=KEYS),
        run_dir=run_dir_of(cfg, name),
        seed=seed_of(cfg),
        fresh=scalar(cfg, "fresh", bool, False),
        objective=check_objective(scalar(cfg, "objective", str, "return_on_risk_percent")),
        constraints=constraints_of(section(cfg, "constraints")),
        fees=checked(Fees, cfg, "fees"),
        capital=checked(Capital, cfg, "capital"),
        search=search,
        runner=checked(Runner, cfg, "runner"),
        storage=storage_of(checked(Storage, cfg, "storage")),
        mirror=checked(Mirror, cfg, "mirror"),
        oos=checked(OutOfSample, cfg, "oos"),
        gates=checked(Gates, cfg, "gates"),
        report=checked(Report, cfg, "report"),
    )


def _check_top(cfg: Mapping[str, Any]) -> None:
    theirs = kinds.OF_SWEEPS if "policy" in cfg else kinds.OF_CALLERS
    known = kinds.heads() - {ADDED, *theirs}
    for key in cfg:
        if key not in known and key not in theirs:
            raise ConfigError(near_miss(key, known, what="key"))
        if key in theirs:
            owner, other = ("sweeps", "about callers") if "policy" in cfg else ("callers", "a sweep")
            raise ConfigError(f"{key} belongs to {owner}, and this configuration is {other}; leave it out")


def _check_search(search: Search, spec: Mapping[str, Any]) -> None:
    if search.sampler is not None:
        from quantray.search.samplers import sampler_maker

        sampler_maker(search)
    elif search.kind not in KINDS:
        raise ConfigError(f"search.kind: {near_miss(search.kind, KINDS, what='kind of search')}")
    if search.kind == "exhaustive":
        space = parse_space(spec)
        if space.size is None:
            wide = next(d.name for d in space.dimensions if d.values is None)
            raise ConfigError(f"search=exhaustive needs a finite space: give space.{wide} a step or a list of values")
        check_table(space)
