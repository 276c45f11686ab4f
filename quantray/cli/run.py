"""``quantray run`` and ``python -m quantray.run``: overrides in, plan out, run, report."""

from __future__ import annotations

import argparse
import shlex
import sys
import textwrap
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from quantray.capacity import check_run_dir
from quantray.cli.exits import DONE, INTERRUPTED, WORST, attended, guarded, quiet
from quantray.cli.verbs import Parser, Work
from quantray.errors import ConfigError
from quantray.passwords import masked
from quantray.plain import one_line

if TYPE_CHECKING:
    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.callers.plan import CallerPlan
    from quantray.sweeps.plan import Plan
    from quantray.tracking import Record

    AnyPlan = Plan | CallerPlan | BaselinePlan

EXAMPLES = """\
examples:
  python -m quantray.run +experiment=options_sweep
  python -m quantray.run +experiment=options_sweep search.n_trials=500 'space.stop_loss_percent=[-25,-50]'
  python -m quantray.run +experiment=options_table run_dir=results/table
  python -m quantray.run -m +experiment=options_sweep search=tpe,random seed=0,1
  python -m quantray.run +experiment=options_sweep --cfg job
  python -m quantray.run +experiment=v1_baseline
  python -m quantray.run +experiment=alert_baseline data.duckdb=calls.duckdb calls.chain=solana
  python -m quantray.run +experiment=caller_policies data.duckdb=calls.duckdb data.from=2025-05-01 policy=trailing

A run that was stopped goes on with the same command; fresh=true starts over.
exit codes: 0 done, 2 the request cannot be carried out (nothing was written), 130 interrupted, 1 anything else
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; returns the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    with attended(given):
        return guarded(lambda: parse(given, "python -m quantray.run")())


def parse(given: Sequence[str], command: str = "quantray run") -> Work:
    """What stands behind ``command``: overrides and two options, in any order."""
    parser = _Parser(command, "Search a strategy's parameters, or the best policy of each caller, and report the best.")
    parser.add_argument(
        "overrides", nargs="*", metavar="key=value", help="group=choice, key=value, space.<parameter>=[..]"
    )
    add_options(parser)
    args = parser.read(given)
    return lambda: run(args, given, command)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What every command takes that ends in :func:`run`."""
    parser.add_argument("-m", "--multirun", action="store_true", help="run every combination of key=a,b")
    parser.add_argument("-c", "--cfg", choices=["job"], help="print the resolved configuration and stop")
    parser.add_argument("--tui", action="store_true", help="an experiment about callers on screens: docs/tui.md")


class _Parser(Parser):
    """Lists groups and choices, but only when help is shown."""

    def format_help(self) -> str:
        from quantray.config import wings

        lines = ["groups and their choices:", *_listed(wings.SWEEPS)]
        lines += ["in an experiment about callers (" + ", ".join(wings.experiments_of(wings.CALLERS)) + "):"]
        lines += _listed(wings.CALLERS)
        self.epilog = "\n".join([*lines, "", EXAMPLES])
        return super().format_help()


def _listed(wing: str) -> list[str]:
    """Lines of help: each group with its choices."""
    from quantray.config import wings

    lines = []
    for group in wings.groups(wing):
        if wing == wings.CALLERS and group == wings.ADDED:
            continue  # they head the list
        line = f"{'+' if group == wings.ADDED else ''}{group}={'|'.join(wings.choices(group, wing))}"
        lines += textwrap.wrap(line, 110, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
    return lines


def run(args: argparse.Namespace, given: Sequence[str], command: str) -> int:
    """Check every job before the first one starts, then run them in order in this process.

    ``command`` and ``given`` are what was typed: the sentence about going on repeats them.
    """
    from quantray.config.plans import load_plan, load_plans

    quiet()
    if args.cfg:
        return print_config(args.overrides, multirun=args.multirun)
    if args.tui:
        _check_screens(args)
    plans = load_plans(args.overrides) if args.multirun else [load_plan(args.overrides)]
    for plan in plans:
        check_run_dir(plan.run_dir)
        _check_files(plan)
    tui = _has_screens(plans, args)
    if not args.multirun:
        return _in_order(plans, typed(command, given), tui=tui)[0]
    from quantray.cli import overview

    overview.check_place(plans)
    worst, codes = _in_order(plans, typed(command, given))
    return max(worst, guarded(partial(_told, plans, codes)), key=WORST.index)


def _told(plans: Sequence[AnyPlan], codes: Sequence[int]) -> int:
    from quantray.cli import overview

    overview.tell(plans, codes)
    return DONE


def _check_screens(args: argparse.Namespace) -> None:
    """ConfigError where screens cannot be had, before anything is looked at."""
    from quantray.cli.tui.session import check_installed

    check_installed("--tui")
    if args.multirun:
        raise ConfigError("--tui shows one run, and --multirun asks for several; leave one of them out")


def _has_screens(plans: Sequence[AnyPlan], args: argparse.Namespace) -> bool:
    """Whether the run has screens: it was asked for, and there is a terminal."""
    from quantray.sweeps.plan import Plan

    if not args.tui:
        return False
    if any(isinstance(plan, Plan) for plan in plans):
        raise ConfigError("--tui is for experiments about callers, and this is a sweep; leave it out")
    from quantray.cli.tui.outlet import has_terminal

    return has_terminal()


def _in_order(plans: Sequence[AnyPlan], again: str, *, tui: bool = False) -> tuple[int, list[int]]:
    """Carry out every plan; the worst exit code, and that of each one that began: an interruption ends all of them."""
    worst, codes = DONE, []
    for i, plan in enumerate(plans, 1):
        if len(plans) > 1:
            print(f"job {i} of {len(plans)}: {one_line(plan.study)}", file=sys.stderr)
        code = guarded(partial(_carry_out, plan, tui=tui), again)
        codes.append(code)
        worst = max(worst, code, key=WORST.index)
        if code == INTERRUPTED:
            break
    return worst, codes


def typed(command: str, given: Sequence[str]) -> str:
    """A command as it may be typed again, but for the password of an address."""
    return masked(f"{command} {shlex.join(given)}".strip())


def print_config(overrides: Sequence[str], *, multirun: bool = False) -> int:
    """Show every job's resolved configuration, which is checked as if it were run."""
    from omegaconf import OmegaConf

    from quantray.config.plans import load_configurations

    found = load_configurations(overrides, multirun=multirun)
    print("---\n".join(OmegaConf.to_yaml(OmegaConf.create(cfg)) for cfg in found), end="")
    return DONE


def _check_files(plan: AnyPlan) -> None:
    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.sweeps.plan import Plan

    if isinstance(plan, Plan):
        from quantray.sweeps.prepare import check_files as check_sweep

        check_sweep(plan)
        return
    from quantray.callers.seal import standing

    if standing(plan) is not None:  # what would be in the way would have broken its seal
        return
    if isinstance(plan, BaselinePlan):
        from quantray.callers.baseline_study import check_files as check_baseline

        check_baseline(plan)
    else:
        from quantray.callers.study import check_files as check_callers

        check_callers(plan)


def _carry_out(plan: AnyPlan, *, tui: bool = False) -> int:
    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.sweeps.plan import Plan

    if isinstance(plan, Plan):
        return _sweep(plan)
    if tui:
        from quantray.cli.tui.session import baseline_screens, policy_screens

        return baseline_screens(plan) if isinstance(plan, BaselinePlan) else policy_screens(plan)
    return _baseline(plan) if isinstance(plan, BaselinePlan) else _optimise(plan)


def _sweep(plan: Plan) -> int:
    from quantray.sweeps.seal import standing

    if (found := standing(plan)) is not None:
        from quantray.report.console import show
        from quantray.sweeps.report.printout import finished

        show(finished(plan, found.counts, found.files))
        return _tell_again(plan)
    from quantray.sweeps.report.terminal import Terminal
    from quantray.sweeps.study import sweep

    with Terminal(plan) as terminal:
        sweep(plan, progress=terminal.progress, say=terminal.say, done=terminal.finish, reached=terminal.reached)
    return DONE


def _tell_again(plan: AnyPlan) -> int:
    """A study that is finished may not be told yet: the tracker was down, or not asked for."""
    from quantray.sweeps.plan import Plan
    from quantray.tracking import tell

    def record() -> Record:
        if isinstance(plan, Plan):
            from quantray.sweeps.report.tracked import record_of as of_sweep

            return of_sweep(plan.run_dir)
        from quantray.callers.report.tracked import record_of

        return record_of(plan.run_dir)

    tell(plan.tracking, record, lambda said: print(said, file=sys.stderr))
    return DONE


def _still(plan: CallerPlan | BaselinePlan) -> bool:
    """Whether the request is carried out already, which is said."""
    from quantray.callers.seal import standing

    if (found := standing(plan)) is None:
        return False
    from quantray.plain import amount
    from quantray.protocols import REPORTED
    from quantray.report.console import show
    from quantray.report.ended import ended_of
    from quantray.report.listing import still

    ended = ended_of(found.notes.get(REPORTED))
    told = (
        "" if ended is None else f"{amount(ended.units or 0, 'caller')}{f': {ended.verdict}' if ended.verdict else ''}"
    )
    show(still(plan.study, told or "It has ended", "", found.files))
    _tell_again(plan)
    return True


def _optimise(plan: CallerPlan) -> int:
    if _still(plan):
        return DONE
    from quantray.callers.report.terminal import CallerTerminal
    from quantray.callers.study import optimise

    with CallerTerminal(plan) as terminal:
        optimise(plan, progress=terminal.progress, say=terminal.say, done=terminal.finish)
    return DONE


def _baseline(plan: BaselinePlan) -> int:
    if _still(plan):
        return DONE
    from quantray.callers.baseline_study import baseline
    from quantray.callers.report.baseline.terminal import BaselineTerminal

    with BaselineTerminal(plan) as terminal:
        baseline(plan, progress=terminal.progress, say=terminal.say, done=terminal.finish)
    return DONE
