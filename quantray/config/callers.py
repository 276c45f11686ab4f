"""A composed configuration about callers, checked and turned into a CallerPlan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from quantray.config.sections import checked, run_dir_of, scalar, section, seed_of, storage_of, study_of
from quantray.errors import ConfigError
from quantray.settings import OutOfSample, Report, Runner, Storage, Tracking

if TYPE_CHECKING:
    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.callers.data.settings import CallsData
    from quantray.callers.plan import CallerPlan


def caller_plan_of(cfg: Mapping[str, object]) -> CallerPlan:
    """Every section is refused by key, value and near miss; nothing is read but the configuration.

    Raises ConfigError.
    """
    from quantray.callers.data.settings import CallSettings, CoverageSettings, Gates
    from quantray.callers.plan import CallerPlan
    from quantray.callers.policies.account import Account, Costs
    from quantray.callers.policies.grids import grid_of
    from quantray.callers.policies.objective import DEFAULT_TIES, Bounds, objective

    name, grid = study_of(cfg), section(cfg, "policy")
    return CallerPlan(
        study=name,
        data=_data(cfg),
        policies=grid_of(grid),
        run_dir=run_dir_of(cfg, name),
        grid=grid,
        calls=checked(CallSettings, cfg, "calls"),
        coverage=checked(CoverageSettings, cfg, "coverage"),
        mode=scalar(cfg, "mode", str, "per_caller"),
        grouped=scalar(cfg, "grouped", str, "pool"),
        filter_collapsed=scalar(cfg, "filter_collapsed", bool, False),
        intrabar=scalar(cfg, "intrabar", str, "stop_first"),
        entry=scalar(cfg, "entry", str, "open"),
        target_gap=scalar(cfg, "target_gap", str, "limit"),
        costs=checked(Costs, cfg, "fees"),
        account=checked(Account, cfg, "capital"),
        bounds=checked(Bounds, cfg, "constraints"),
        objective=objective(scalar(cfg, "objective", str, "captured_return")).text,
        ties=_names(cfg, "ties", DEFAULT_TIES),
        oos=checked(OutOfSample, cfg, "oos"),
        stress=scalar(cfg, "stress", bool, True),
        seed=seed_of(cfg),
        fresh=scalar(cfg, "fresh", bool, False),
        runner=checked(Runner, cfg, "runner"),
        storage=storage_of(checked(Storage, cfg, "storage")),
        tracking=checked(Tracking, cfg, "tracking"),
        gates=checked(Gates, cfg, "gates"),
        report=checked(Report, cfg, "report"),
    )


def baseline_plan_of(cfg: Mapping[str, object]) -> BaselinePlan:
    """The same for a configuration that has a ``baseline`` and no policy. Raises ConfigError."""
    from quantray.callers.baseline.plan import BaselinePlan, BaselineSettings
    from quantray.callers.data.settings import CallSettings, CoverageSettings, Gates
    from quantray.callers.policies.account import Costs

    name = study_of(cfg)
    return BaselinePlan(
        study=name,
        data=_data(cfg),
        run_dir=run_dir_of(cfg, name),
        calls=checked(CallSettings, cfg, "calls"),
        coverage=checked(CoverageSettings, cfg, "coverage"),
        baseline=checked(BaselineSettings, cfg, "baseline"),
        costs=checked(Costs, cfg, "fees"),
        fresh=scalar(cfg, "fresh", bool, False),
        runner=checked(Runner, cfg, "runner"),
        storage=storage_of(checked(Storage, cfg, "storage")),
        tracking=checked(Tracking, cfg, "tracking"),
        gates=checked(Gates, cfg, "gates"),
        report=checked(Report, cfg, "report"),
    )


def _data(cfg: Mapping[str, object]) -> CallsData:
    """The section ``data``, with the section ``messages`` in it: how calls are read belongs to what is read."""
    from quantray.callers.chats import Messages
    from quantray.callers.data.settings import KEYS, CallsData

    if "messages" in section(cfg, "data"):
        raise ConfigError("data.messages: how calls are read from chats stands in a section of its own, messages")
    return replace(checked(CallsData, cfg, "data", rename=KEYS), messages=checked(Messages, cfg, "messages"))


def _names(cfg: Mapping[str, object], key: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """A list of names, or one name."""
    value = cfg.get(key)
    if value is None:
        return default
    many = value if isinstance(value, list) else [value]
    if not all(isinstance(name, str) for name in many):
        raise ConfigError(f"{key}={value!r} must be a list of names")
    return tuple(many)
