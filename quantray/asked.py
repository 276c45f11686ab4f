"""What a notebook's functions are given, told apart: plans of three kinds, overrides, and anything else.

And a run followed where somebody looks on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Literal, TextIO, TypeVar

from quantray.errors import GOES_ON, ConfigError, Interrupted
from quantray.interrupts import asked as asked_to_stop
from quantray.interrupts import listening
from quantray.sweeps.plan import Plan

if TYPE_CHECKING:
    from quantray.callers.baseline.plan import BaselinePlan
    from quantray.callers.plan import CallerPlan
    from quantray.protocols import Say
    from quantray.report.cell import Following, Watching

BASELINE = "+experiment=alert_baseline"
#: Which function gives a plan for each call.
LOADS = {"sweep": "sweep", "optimise": "callers", "baseline": "baseline"}
STOPPING = "stopping; what is stored stays stored"
Event = TypeVar("Event")


def asked(given: object, overrides: tuple[str, ...], call: str, made: Callable[..., object]) -> object:
    """The plan that was given, or the one that overrides make. ConfigError for what is neither."""
    from quantray.config.kinds import EXAMPLES, kind_of

    if isinstance(given, str | list | tuple):
        with loading(call):
            return made(given, *overrides)
    if kind_of(given) is None:
        example = f'qr.{call}("{EXAMPLES[call]}", "seed=1")'
        what = f"{type(given).__name__} {str(given)[:60]!r}"
        raise ConfigError(f"qr.{call} takes a plan or overrides, and this is {what}; e.g. {example}")
    if overrides:
        raise ConfigError(
            f"qr.{call}: a plan is checked already and takes no more overrides; give {overrides[0]!r} to "
            "qr.load, where the plan is made"
        )
    return given


def about_callers(plan: object, name: str) -> CallerPlan:
    from quantray.callers.plan import CallerPlan

    if not isinstance(plan, CallerPlan):
        raise ConfigError(_other(plan, name))
    return plan


def the_baseline(plan: object, name: str) -> BaselinePlan:
    from quantray.callers.baseline.plan import BaselinePlan

    if not isinstance(plan, BaselinePlan):
        raise ConfigError(_other(plan, name))
    return plan


def a_sweep(plan: object, name: str) -> Plan:
    if not isinstance(plan, Plan):
        raise ConfigError(_other(plan, name))
    return plan


def _other(plan: object, name: str) -> str:
    """What the plan is, what was called, and what runs it."""
    from quantray.config.kinds import kind_of, other

    call = kind_of(plan)
    if call is None:
        return f"qr.{name} takes a plan, and this is {type(plan).__name__} {str(plan)[:60]!r}; qr.load gives one"
    right = f"load_{LOADS[call]}" if name.startswith("load_") and name != "load_slice" else call
    return other(plan, call, f"qr.{name}", f"call qr.{right}")


@contextmanager
def followed(
    study: str,
    progress: Callable[[Event], object] | Literal[False] | None,
    say: Say | None,
    face: Callable[[TextIO, TextIO], Watching[Event]],
) -> Iterator[Following[Event]]:
    """Where nobody else follows the run it is shown; an interruption becomes a sentence that says how to go on."""
    from quantray.report.cell import Following, following

    with stoppable(study):
        if progress is None:
            with following(face) as seen:
                yield Following(seen.progress, say or seen.say, seen.reached)
        else:
            yield Following(progress or None, say)


@contextmanager
def stoppable(study: str) -> Iterator[None]:
    """Ctrl-C, and the interruption of a kernel, end the call with Interrupted, whatever they interrupted.

    Where somebody looks on, long queries are interrupted too (:mod:`quantray.interrupts`).
    """
    from quantray.report.cell import hush, place

    where = place()
    if where == "cell":
        hush()
    try:
        with listening(lambda: None, STOPPING) if where != "nowhere" else nullcontext():
            try:
                yield
            except Exception as error:
                if asked_to_stop() and not isinstance(error, Interrupted):  # what a library made of the signal
                    raise KeyboardInterrupt from None
                raise
    except (KeyboardInterrupt, Interrupted) as error:
        told = str(error).removesuffix(GOES_ON)
        said = f"{study} was interrupted{f': {told}' if told else ''}"
        told = f"{said}; what is stored stays stored, and the same call goes on there"
        if not isinstance(error, Interrupted):
            raise Interrupted(told) from None
        page = f"; the report so far is {error.report}" if error.report is not None else ""
        raise Interrupted(told + page, report=error.report, command=error.command) from None


@contextmanager
def loading(call: str) -> Iterator[None]:
    """Around what makes a plan: an interruption of it is a sentence too."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(f"qr.{call} was interrupted before anything began; nothing was written") from None
