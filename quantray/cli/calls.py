"""``quantray v1-baseline``, ``caller-policies``, ``baseline``, ``calls plan|coverage|slice``: flags instead of keys."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.cli import flags
from quantray.cli.run import DONE, quiet, run
from quantray.errors import ConfigError
from quantray.outlets import cleaned

if TYPE_CHECKING:
    from quantray.callers.plan import CallerPlan

#: Command -> experiment.
RUNS = {"v1-baseline": "v1_baseline", "caller-policies": "caller_policies", "baseline": "alert_baseline"}
STAGES = {
    "plan": "which calls count, and the stretch of the market that each needs",
    "coverage": "which calls have an entry, which are left out or thin, and why",
    "slice": "the candles of all windows: where they lie and what is wrong with them",
}


def parsers() -> dict[tuple[str, ...], argparse.ArgumentParser]:
    """Words of a command -> its parser; overrides and flags may stand in any order."""
    made = {(name,): _run_parser(name, experiment) for name, experiment in RUNS.items()}
    return made | {("calls", stage): _stage_parser(stage, help) for stage, help in STAGES.items()}


def _run_parser(name: str, experiment: str) -> argparse.ArgumentParser:
    what = f"The same as python -m quantray.run +experiment={experiment}; every flag is one key of it."
    parser = flags.Parser(prog=f"quantray {name}", description=what, allow_abbrev=False)
    every = flags.BASELINE if experiment == "alert_baseline" else (*flags.DATA, *flags.RUN)
    flags.add(parser, every)
    parser.add_argument("-m", "--multirun", action="store_true", help="run every combination of key=a,b")
    parser.add_argument("-c", "--cfg", choices=["job"], help="print the resolved configuration and stop")

    def work(args: argparse.Namespace, given: Sequence[str]) -> int:
        args.overrides = flags.overrides(args, experiment, every)
        return run(args, given, f"quantray {name}")

    parser.set_defaults(work=work)
    return parser


def _stage_parser(stage: str, help: str) -> argparse.ArgumentParser:
    parser = flags.Parser(prog=f"quantray calls {stage}", description=_sentence(help), allow_abbrev=False)
    flags.add(parser, flags.DATA)
    parser.add_argument("--out", metavar="FILE", help="write what is shown as JSON")
    if stage == "coverage":
        parser.add_argument("--worklist", metavar="FILE", help="write what is missing (asset, from, to) as CSV")
        parser.add_argument("--listed", metavar="FILE", help="write the calls that are left out or thin as CSV")

    def work(args: argparse.Namespace, given: Sequence[str]) -> int:
        quiet()
        plan = _plan(flags.overrides(args, "v1_baseline", flags.DATA))
        _WORK[stage](plan, args)
        return DONE

    parser.set_defaults(work=work)
    return parser


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _plan(lines: Sequence[str]) -> CallerPlan:
    from quantray.callers.plan import CallerPlan
    from quantray.config.plans import load_plan

    plan = load_plan(list(lines))
    if not isinstance(plan, CallerPlan):
        raise ConfigError(f"{lines[0]} is a sweep and has no calls; leave it out, or give +experiment=v1_baseline")
    return plan


def _show_plan(plan: CallerPlan, args: argparse.Namespace) -> None:
    from quantray.callers.data import describe
    from quantray.callers.prepare import planned
    from quantray.callers.report.stages import render_plan

    windows = planned(plan)
    _write(args.out, {"calls": describe(windows.calls), "windows": describe(windows)})
    _show(render_plan(plan, windows))


def _show_coverage(plan: CallerPlan, args: argparse.Namespace) -> None:
    from quantray.callers.data import describe, require_eligible, write_listed, write_worklist
    from quantray.callers.prepare import covered
    from quantray.callers.report.stages import render_coverage

    coverage = covered(plan)
    _write(args.out, {"calls": describe(coverage.plan.calls), "coverage": describe(coverage)})
    for path, writer in ((args.worklist, write_worklist), (args.listed, write_listed)):
        if path is not None:
            _guarded(path, lambda path=path, writer=writer: writer(coverage, path))  # type: ignore[misc]
    _show(render_coverage(coverage))
    require_eligible(coverage, plan.gates.max_excluded_calls)


def _show_slice(plan: CallerPlan, args: argparse.Namespace) -> None:
    from quantray.callers.data import check_candle_gates, describe
    from quantray.callers.prepare import planned, sliced
    from quantray.callers.report.stages import render_slice

    windows = planned(plan)
    made = sliced(plan, windows)
    _write(args.out, {**describe(made), "digest": made.digest(windows)})
    _show(render_slice(made, plan.gates))
    check_candle_gates(made.quality, plan.gates)


_WORK: dict[str, Callable[[Any, argparse.Namespace], None]] = {
    "plan": _show_plan, "coverage": _show_coverage, "slice": _show_slice,
}  # fmt: skip


def _write(path: str | None, content: dict[str, Any]) -> None:
    if path is not None:
        text = json.dumps(cleaned(content), indent=2) + "\n"
        _guarded(path, lambda: Path(path).write_text(text, encoding="utf-8"))


def _guarded(path: str, write: Callable[[], Any]) -> None:
    try:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        write()
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}; give a file in a folder that can be") from None


def _show(renderable: Any) -> None:
    from quantray.report.console import show

    show(renderable)
