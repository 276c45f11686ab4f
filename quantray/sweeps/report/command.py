"""The command that makes a sweep again: what was typed, or overrides that give the same plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from quantray.command_line import in_shell, written
from quantray.digests import digest_of
from quantray.passwords import masked
from quantray.settings import OutOfSample, Report, Search
from quantray.space import Dimension
from quantray.sweeps.plan import Capital, Fees, Plan

COMMAND = ("quantray", "run")


def identity(plan: Plan) -> str:
    """Digest of a study's name and of everything that decides what a run gives, wherever it runs and is kept."""
    decides = (
        plan.study, plan.strategy, plan.space.dimensions, plan.data, plan.seed, plan.objective, plan.objective_source,
        plan.fees, plan.capital, plan.constraints, plan.search, plan.oos, plan.gates, plan.report,
    )  # fmt: skip
    return digest_of(repr(decides))


def command(plan: Plan) -> str:
    """One line for a shell. Passwords are masked; ``fresh``, which deletes what is there, is left out."""
    asked = plan.asked
    lines = asked.lines if asked is not None and asked.of == identity(plan) else overrides(plan)
    lines = [line for line in lines if line.lstrip("+").partition("=")[0] != "fresh"]
    return masked(in_shell([*COMMAND, *lines]))


def overrides(plan: Plan) -> list[str]:
    """Overrides that give a plan of the same study and identity, whatever it was made by."""
    lines = [f"study.name={written(plan.study)}", "~strategy", f"strategy._target_={written(plan.strategy.target)}"]
    lines += [f"strategy.{name}={written(value)}" for name, value in plan.strategy.params.items()]
    lines += [f"space.{d.name}={written(_levels(d))}" for d in plan.space.dimensions]
    if plan.data is not None:
        lines += _differing("data", plan.data, type(plan.data)())
    lines += [f"objective={written(plan.objective)}", f"seed={plan.seed}"]
    for name, default in (("fees", Fees()), ("capital", Capital()), ("search", Search()), ("oos", OutOfSample()),
                          ("gates", type(plan.gates)()), ("report", Report())):  # fmt: skip
        lines += _differing(name, getattr(plan, name), default)
    bounds = {"min_trades": plan.constraints.min_trades, **plan.constraints.written}
    return lines + [f"constraints.{name}={written(value)}" for name, value in bounds.items()]


def _levels(dimension: Dimension) -> object:
    if dimension.values is not None:
        return dimension.values
    return {"low": dimension.low, "high": dimension.high, "log": dimension.log}


def _differing(where: str, settings: object, default: object) -> Iterator[str]:
    """``key=value`` for every setting that is not the default, sections of a section key by key."""
    assert is_dataclass(settings)
    for f in fields(settings):
        value, usual = getattr(settings, f.name), getattr(default, f.name)
        key = f"{where}.{f.name.rstrip('_')}"
        if value == usual:
            continue
        if is_dataclass(value) and type(value) is type(usual):
            yield from _differing(key, value, usual)
        elif is_dataclass(value):  # one value a table
            yield f"{key}={written({g.name: getattr(value, g.name) for g in fields(value)})}"
        else:
            yield f"{key}={written(value)}"
