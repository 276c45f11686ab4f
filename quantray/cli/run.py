"""``quantray run`` and ``python -m quantray.run``: overrides in, plan out, run, report; exit codes of all verbs."""

from __future__ import annotations

import argparse
import contextlib
import logging
import os
import shlex
import sys
import textwrap
import traceback
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from quantray.capacity import check_run_dir
from quantray.errors import Interrupted, LedgerStalled, QuantrayError, UserError
from quantray.outlets import drawing, guarded_streams
from quantray.passwords import masked
from quantray.plain import one_line
from quantray.runner import presence

if TYPE_CHECKING:
    from quantray.callers.plan import CallerPlan
    from quantray.sweeps.plan import Plan

DONE, FAILED, USER_ERROR, INTERRUPTED = 0, 1, 2, 130
#: Of several jobs the worst decides: an interruption, then a failure, then a user's error.
WORST = (DONE, USER_ERROR, FAILED, INTERRUPTED)


EXAMPLES = """\
examples:
  python -m quantray.run +experiment=options_sweep
  python -m quantray.run +experiment=options_sweep search.n_trials=500 'space.stop_loss_percent=[-25,-50]'
  python -m quantray.run +experiment=options_table run_dir=results/table
  python -m quantray.run -m +experiment=options_sweep search=tpe,random seed=0,1
  python -m quantray.run +experiment=options_sweep --cfg job
  python -m quantray.run +experiment=v1_baseline
  python -m quantray.run +experiment=caller_policies data.duckdb=calls.duckdb data.from=2025-05-01 policy=trailing

A run that was stopped goes on with the same command; fresh=true starts over.
exit codes: 0 done, 2 the request cannot be carried out (nothing was written), 130 interrupted, 1 anything else
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; returns the exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    with guarded_streams(given):
        parser = make_parser("python -m quantray.run")
        return guarded(lambda: run(parser.parse_intermixed_args(given), given))


def make_parser(prog: str) -> argparse.ArgumentParser:
    """Options and overrides; the list of groups is only made when help is shown."""
    parser = _Parser(prog=prog, formatter_class=argparse.RawDescriptionHelpFormatter, add_help=False)
    parser.description = "Search a strategy's parameters, or the best policy of each caller, and report what was found."
    parser.add_argument(
        "overrides", nargs="*", metavar="key=value", help="group=choice, key=value, space.<parameter>=[..]"
    )
    parser.add_argument("-m", "--multirun", action="store_true", help="run every combination of key=a,b")
    parser.add_argument("-c", "--cfg", choices=["job"], help="print the resolved configuration and stop")
    parser.add_argument("-h", "--help", action="help", help="show this and stop")
    return parser


class _Parser(argparse.ArgumentParser):
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


def run(args: argparse.Namespace, given: Sequence[str], command: str = "python -m quantray.run") -> int:
    """Check every job before the first one starts, then run them in order in this process.

    ``command`` and ``given`` are what was typed: the sentence about going on repeats them.
    """
    from quantray.config.plans import load_plan, load_plans

    quiet()
    if args.cfg:
        return _print_config(args.overrides, args.multirun)
    plans = load_plans(args.overrides) if args.multirun else [load_plan(args.overrides)]
    for plan in plans:
        check_run_dir(plan.run_dir)
        _check_files(plan)
    again = typed(command, given)
    worst = DONE
    for i, plan in enumerate(plans, 1):
        if len(plans) > 1:
            print(f"job {i} of {len(plans)}: {one_line(plan.study)}", file=sys.stderr)
        code = guarded(lambda plan=plan: _carry_out(plan), again)  # type: ignore[misc]
        worst = max(worst, code, key=WORST.index)
        if code == INTERRUPTED:
            break
    return worst


def typed(command: str, given: Sequence[str]) -> str:
    """A command as it may be typed again, but for the password of an address."""
    return masked(f"{command} {shlex.join(given)}".strip())


def guarded(work: Callable[[], int], again: str | None = None) -> int:
    """The exit code of ``work``; what it raised on purpose is one sentence on stderr, anything else a traceback."""
    try:
        return work()
    except (KeyboardInterrupt, Interrupted) as error:
        said = f": {error}" if str(error) else ""
        resume = f"; what is stored stays stored, go on with: {again}" if again else ""
        print(f"interrupted{said}{resume}", file=sys.stderr)
        return INTERRUPTED
    except LedgerStalled as error:
        print(f"failed: {error}", file=sys.stderr)
        return FAILED
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return USER_ERROR
    except QuantrayError as error:
        print(f"failed: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # `… | head` has read enough
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except Exception:
        traceback.print_exc()
        return FAILED


def quiet() -> None:
    """Leave the terminal to the run itself: warnings and worse are shown, libraries' chatter is not."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    for name in ("optuna", "ray", "alembic", "sqlalchemy", "matplotlib", "numba"):
        logging.getLogger(name).setLevel(logging.WARNING)
    presence.when_lost(_end)


def _end(sentence: str) -> None:
    """End this process with a sentence, from any thread: see :func:`quantray.runner.presence.when_lost`."""
    if sys.stderr.isatty():
        drawing(sys.stderr).write("\x1b[?25h")  # the cursor, which the live picture hides
    print(f"failed: {sentence}", file=sys.stderr, flush=True)
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    os._exit(FAILED)


def _print_config(overrides: Sequence[str], multirun: bool) -> int:
    from omegaconf import OmegaConf

    from quantray.config.overrides import jobs
    from quantray.config.plans import compose_all, plan_of

    asked = jobs(overrides, multirun=multirun)
    composed = compose_all(asked)
    for cfg, job in zip(composed, asked, strict=True):
        plan_of(cfg, job.wing)
    print("---\n".join(OmegaConf.to_yaml(OmegaConf.create(cfg)) for cfg in composed), end="")
    return DONE


def _check_files(plan: Plan | CallerPlan) -> None:
    from quantray.sweeps.plan import Plan

    if isinstance(plan, Plan):
        from quantray.sweeps.prepare import check_files as check_sweep

        check_sweep(plan)
    else:
        from quantray.callers.study import check_files as check_callers

        check_callers(plan)


def _carry_out(plan: Plan | CallerPlan) -> int:
    from quantray.sweeps.plan import Plan

    return _sweep(plan) if isinstance(plan, Plan) else _optimise(plan)


def _sweep(plan: Plan) -> int:
    from quantray.sweeps.report.terminal import Terminal
    from quantray.sweeps.study import sweep

    with Terminal(plan) as terminal:
        sweep(plan, progress=terminal.progress, say=terminal.say, done=terminal.finish)
    return DONE


def _optimise(plan: CallerPlan) -> int:
    from quantray.callers.report.terminal import CallerTerminal
    from quantray.callers.study import optimise

    with CallerTerminal(plan) as terminal:
        optimise(plan, progress=terminal.progress, say=terminal.say, done=terminal.finish)
    return DONE
