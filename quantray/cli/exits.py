"""How a command ends: the exit codes of all verbs, and what is said on the way out.

A check that ran and found something (``doctor``, ``data check``, ``strategy check``) ends with FAILED; where there is
nothing to look at (no such file, no such strategy) it ends with USER_ERROR as every other command.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import NoReturn

from quantray.errors import GOES_ON, Interrupted, LedgerStalled, QuantrayError, UserError
from quantray.interrupts import asked, listening
from quantray.outlets import drawing, flush, guarded_streams
from quantray.passwords import masked
from quantray.runner import presence

DONE, FAILED, USER_ERROR, INTERRUPTED = 0, 1, 2, 130
#: Of several jobs the worst decides: an interruption, then a failure, then a user's error.
WORST = (DONE, USER_ERROR, FAILED, INTERRUPTED)
SO_FAR = "The report so far, for a browser"


def guarded(work: Callable[[], int], again: str | None = None) -> int:
    """The exit code of ``work``; what it raised on purpose is one sentence on stderr, anything else a traceback.

    ``again`` is the command that goes on after an interruption.
    """
    try:
        return work()
    except (KeyboardInterrupt, Interrupted) as error:
        with contextlib.suppress(OSError):
            _tell_report(error)
        return _interrupted(str(error), again)
    except Exception as error:
        try:
            interrupted = asked()  # whatever a query or a library made of the signal
        except KeyboardInterrupt:  # which reaches this thread only now
            interrupted = True
        return _interrupted("", again) if interrupted else _failed(error)


def _failed(failure: Exception) -> int:
    """What a failure is told as, and its exit code."""
    try:
        raise failure
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


def _interrupted(said: str, again: str | None) -> int:
    resume = f"; go on with: {again}" if again else ""
    told = said.removesuffix(GOES_ON) if again else said
    with contextlib.suppress(OSError):  # the terminal is gone
        print(f"interrupted{f': {told}' if told else ''}{resume}", file=sys.stderr, flush=True)
    return INTERRUPTED


def _tell_report(error: BaseException) -> None:
    """Where the report of what was found by then lies, or what writes it."""
    if not isinstance(error, Interrupted):
        return
    if error.report is not None:
        from quantray.report.console import PlainConsole
        from quantray.report.listing import REPORT, reports

        PlainConsole(sys.stderr, soft_wrap=False).print(*reports({REPORT: error.report}, SO_FAR), sep="\n")
    elif error.command:
        print(f"the report of what is stored by now: {masked(error.command)}", file=sys.stderr)


def quiet() -> None:
    """Leave the terminal to the command itself: warnings and worse are shown, libraries' chatter is not."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    for name in ("optuna", "ray", "alembic", "sqlalchemy", "matplotlib", "numba"):
        logging.getLogger(name).setLevel(logging.WARNING)
    presence.when_lost(end_with)


@contextlib.contextmanager
def attended(words: Sequence[str]) -> Iterator[None]:
    """Around a command whose line has the ``words``: what it prints shows no password, and Ctrl-C is heard."""
    with guarded_streams(words), listening(_end_now):
        yield


def end_with(sentence: str) -> None:
    """End this process with a sentence, from any thread: see :func:`quantray.runner.presence.when_lost`."""
    _leave(f"failed: {sentence}", FAILED)


def _end_now() -> None:
    _leave("interrupted at once; what is stored stays stored", INTERRUPTED)


def _leave(sentence: str, code: int) -> NoReturn:
    with contextlib.suppress(Exception):
        if sys.stderr.isatty():
            drawing(sys.stderr).write("\x1b[?25h")  # the cursor, which the live picture hides
        print(sentence, file=sys.stderr, flush=True)
        sys.stdout.flush()
    with contextlib.suppress(Exception):
        if _has_ray():
            _cut_off()
    os._exit(code)


def _has_ray() -> bool:
    """Whether a Ray that this process started is there, or on its way, and can be cut off."""
    cluster = sys.modules.get("quantray.runner.cluster")
    return cluster is not None and bool(cluster.severable())


def _cut_off() -> None:
    from quantray.runner import cluster

    cluster.cut_off()


def leave(code: int) -> NoReturn:
    """End the process of a command as soon as all is said: taking an interpreter apart takes seconds.

    Nor does anything wait for the goodbye of a Ray of its own, or for one that is only starting. Ray ends the process
    of whoever asks it for anything after it said goodbye, and with exit code 1: so it is cut off last of all.
    """
    ray = _has_ray()
    if not ray:
        atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        flush(stream)
    if ray:
        _cut_off()
    os._exit(code)
