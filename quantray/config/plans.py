"""From YAML and overrides to a checked plan: a notebook goes the same way as the command line.

A refused request leaves no trace.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from quantray.capacity import check_table
from quantray.command_line import Overrides, written
from quantray.config import kinds, study_name, wings
from quantray.config.composition import check_top, composed, one_request
from quantray.config.overrides import Job, jobs
from quantray.config.sections import (
    checked,
    constraints_of,
    run_dir_of,
    scalar,
    section,
    seed_of,
    storage_of,
    study_of,
)
from quantray.config.source import check_own_market, with_source
from quantray.config.strategy import strategy_of
from quantray.errors import ConfigError, near_miss
from quantray.outlets import logger
from quantray.plugins import refuse_others
from quantray.search import KINDS
from quantray.settings import Mirror, OutOfSample, Report, Runner, Search, Storage, Tracking
from quantray.space import parse_space
from quantray.sweeps.data.settings import Gates
from quantray.sweeps.plan import Capital, Fees, Plan
from quantray.sweeps.report.command import identity

if TYPE_CHECKING:
    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.callers.plan import CallerPlan

    AnyPlan = Plan | CallerPlan | BaselinePlan

_log = logger(__name__)


def load_plan(*overrides: str | Sequence[str]) -> AnyPlan:
    """Compose and check one plan: ``load_plan("+experiment=options_sweep", "search.n_trials=500")``.

    Takes what the command line takes, as arguments or as one list. An experiment of ``conf/callers`` gives a
    CallerPlan (the alert baseline a BaselinePlan), any other request a Plan. Raises ConfigError or DataError.
    """
    lines = [line for item in overrides for line in _lines(item)]
    ((_, plan),) = _checked(lines, multirun=False)
    return plan


def _lines(given: object) -> list[str]:
    """One override or a list of them. ConfigError for what is no text."""
    found: list[str] = []
    for item in given if isinstance(given, list | tuple) else [given]:
        if not isinstance(item, str):
            what = f"{type(item).__name__} {str(item)[:80]!r}"
            raise ConfigError(f"an override is text such as 'seed=1', and this is {what}; write it as key=value")
        found.append(item)
    return found


def load_sweep(*overrides: str | Sequence[str], asked: str) -> Plan:
    """The same for what only a sweep can do; ConfigError names ``asked``, what was asked for, otherwise."""
    plan = load_plan(*overrides)
    if not isinstance(plan, Plan):
        raise ConfigError(_other(plan, "sweep", asked))
    return plan


def load_callers(*overrides: str | Sequence[str], asked: str) -> CallerPlan:
    """The same for what is about callers and their policies."""
    from quantray.callers.plan import CallerPlan

    plan = load_plan(*overrides)
    if not isinstance(plan, CallerPlan):
        raise ConfigError(_other(plan, "optimise", asked))
    return plan


def _other(plan: AnyPlan, wanted: str, asked: str) -> str:
    return kinds.other(plan, kinds.kind_of(plan) or "", asked, f"give {kinds.EXAMPLES[wanted]}")


def load_plans(overrides: Sequence[str]) -> list[AnyPlan]:
    """One plan for each combination of a multirun, all of them checked; no two share a study."""
    plans = [plan for _, plan in _checked(overrides, multirun=True)]
    names = [plan.study for plan in plans]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(
            f"study.name={twice} would be used by {names.count(twice)} jobs; leave it out and each job gets its own"
        )
    return plans


def load_configurations(overrides: Sequence[str], *, multirun: bool) -> list[dict[str, Any]]:
    """What the plans are made of, one resolved configuration a job, checked as the plans are."""
    return [cfg for cfg, _ in _checked(overrides, multirun=multirun)]


def _checked(lines: Sequence[str], *, multirun: bool) -> list[tuple[dict[str, Any], AnyPlan]]:
    """The one way from overrides to plans: jobs, the file each reads, its configuration, its plan."""
    with one_request():
        asked = [with_source(job) for job in jobs(lines, multirun=multirun)]
        found = compose_all(asked)
    plans = [_with_typed(plan_of(cfg, job.wing), job) for cfg, job in zip(found, asked, strict=True)]
    for cfg, job in zip(found, asked, strict=True):
        check_own_market(cfg, job)
    return list(zip(found, plans, strict=True))


def _with_typed(plan: AnyPlan, job: Job) -> AnyPlan:
    """The plan with what was typed for it; a job of several keeps the name that it got among them."""
    named = [f"study.name={written(plan.study)}"] if job.swept else []
    if isinstance(plan, Plan):
        return replace(plan, asked=Overrides((*job.typed, *named), identity(plan)))
    from quantray.callers.report import command

    return replace(plan, asked=Overrides((*job.typed, *named), command.identity(plan)))


def compose_all(jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Every job's configuration; several jobs that were given one ``run_dir`` get a folder each in it."""
    found = [compose(job) for job in jobs]
    shared = len({cfg["run_dir"] for cfg in found}) < len(found)
    for cfg in found if shared else ():
        cfg["run_dir"] = f"{cfg['run_dir']}/{cfg['study']['name']}"
    return found


def compose(job: Job) -> dict[str, Any]:
    """The resolved configuration of a job as plain values, with the study's name and run directory filled in."""
    cfg, chosen = _composed(job)
    study = cfg.setdefault("study", {})
    if isinstance(study, dict) and study.get("name") is None:
        study["name"], former = _name(job, cfg, chosen)
        _tell_former(study["name"], former, cfg)
    if cfg.get("run_dir") is None and isinstance(study, dict):
        cfg["run_dir"] = f"outputs/{study['name']}"
    return cfg


def _composed(job: Job) -> tuple[dict[str, Any], dict[str, str]]:
    """The configuration and the choices, without what means nothing to the alert baseline where that is asked for."""
    cfg, chosen = composed(job.wing, job.overrides)
    if job.wing == wings.CALLERS:
        keys = [line.lstrip("+~").partition("=")[0] for line in job.overrides]
        experiment = tuple(line for line in job.overrides if line.startswith("+experiment="))
        # the experiment is what asks for it: a choice that is typed chooses among several
        baseline = wings.BASELINE in (chosen if wings.BASELINE not in keys else composed(job.wing, experiment)[1])
        wings.check_baseline(keys, baseline and wings.BASELINE in chosen)
        alien = wings.OF_POLICIES if baseline else (wings.BASELINE,)
        cfg = {key: value for key, value in cfg.items() if key not in alien}
    return cfg, chosen


def _tell_former(name: str, former: str, cfg: dict[str, Any]) -> None:
    """Say where a study lies that this request made under the name that the former rule gave it."""
    if name == former or cfg.get("run_dir") is not None or os.path.isdir(f"outputs/{name}"):
        return
    if os.path.isdir(f"outputs/{former}"):
        _log.warning(
            "outputs/%s holds a study of this request under its former name; study.name=%s goes on with it",
            former, former,
        )  # fmt: skip


def _name(job: Job, cfg: dict[str, Any], chosen: dict[str, str]) -> tuple[str, str]:
    """What sets this job apart from the plain experiment (or from the plain strategy); and so by the former rule."""
    stem = chosen.get("experiment") or chosen.get("strategy") or "study"
    groups = tuple(line for line in job.overrides if line[:2] != "++" and line.lstrip("+").split("=")[0] in chosen)
    experiment = tuple(line for line in groups if line.startswith("+experiment="))
    plain, usual = (cfg, chosen) if groups == job.overrides else _composed(replace(job, overrides=groups))
    if groups != experiment:
        _, usual = composed(job.wing, experiment)
    named = {"experiment", "strategy"} if "experiment" not in chosen else {"experiment"}
    other = [
        choice
        for group, choice in chosen.items()
        if choice != usual.get(group) and group not in named and not study_name.silent(group)
    ]
    changes, every = study_name.differences(plain, cfg), study_name.differences(plain, cfg, former=True)
    # jobs of one multirun differ in name even where their results cannot differ
    swept = {key: value for key, value in job.swept if study_name.silent(key) and key != "run_dir"}
    stem = stem.replace("/", "_")
    return (
        study_name.study_name(stem, other, changes | swept),
        study_name.study_name(stem, other, every | swept, **study_name.FORMERLY),
    )


def plan_of(cfg: dict[str, Any], wing: str) -> AnyPlan:
    """Check a wing's composed configuration and turn it into its plan.

    Every section is refused by key, value and near miss.
    """
    check_top(cfg, wing)
    refuse_others(cfg)
    if wing == wings.CALLERS:
        from quantray.config.callers import baseline_plan_of, caller_plan_of

        return baseline_plan_of(cfg) if wings.BASELINE in cfg else caller_plan_of(cfg)
    return _sweep_of(cfg)


def _sweep_of(cfg: Mapping[str, object]) -> Plan:
    from quantray.sweeps.data.settings import KEYS, DataSettings
    from quantray.sweeps.objective import objective

    name, search = study_of(cfg), checked(Search, cfg, "search")
    judged = objective(scalar(cfg, "objective", str, "return_on_risk_percent"))
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
        objective=judged.text,
        objective_source=judged.source,
        constraints=constraints_of(section(cfg, "constraints")),
        fees=checked(Fees, cfg, "fees"),
        capital=checked(Capital, cfg, "capital"),
        search=search,
        runner=checked(Runner, cfg, "runner"),
        storage=storage_of(checked(Storage, cfg, "storage")),
        mirror=checked(Mirror, cfg, "mirror"),
        tracking=checked(Tracking, cfg, "tracking"),
        oos=checked(OutOfSample, cfg, "oos"),
        gates=checked(Gates, cfg, "gates"),
        report=checked(Report, cfg, "report"),
    )


def _check_search(search: Search, spec: Mapping[str, object]) -> None:
    if search.sampler is not None:
        from quantray.search.samplers import sampler_maker

        sampler_maker(search)
    elif search.kind not in KINDS:
        raise ConfigError(f"search.kind: {near_miss(search.kind, KINDS, what='kind of search')}")
    if search.sampler is None and search.kind == "rustuna":
        from quantray.search.rustuna_searcher import check_installed

        check_installed()
    if search.kind == "exhaustive":
        space = parse_space(spec)
        if space.size is None:
            wide = next(d.name for d in space.dimensions if d.values is None)
            raise ConfigError(f"search=exhaustive needs a finite space: give space.{wide} a step or a list of values")
        check_table(space)
