"""How a command ends: the exit codes of all verbs, and what is said on the way out.

A check that ran and found something (``doctor``, ``data check``, ``strategy check``) ends with FAILED; where there is
nothing to look at (no such file, no such strategy) it ends with USER_ERROR as every other command.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Callable

from quantray.errors import Interrupted, LedgerStalled, QuantrayError, UserError
from quantray.outlets import drawing
from quantray.runner import presence

DONE, FAILED, USER_ERROR, INTERRUPTED = 0, 1, 2, 130
#: Of several jobs the worst decides: an interruption, then a failure, then a user's error.
WORST = (DONE, USER_ERROR, FAILED, INTERRUPTED)
#: What DuckDB makes of Ctrl-C in the middle of a query: a RuntimeError.
QUERY_INTERRUPTED = "Query interrupted"


def guarded(work: Callable[[], int], again: str | None = None) -> int:
    """The exit code of ``work``; what it raised on purpose is one sentence on stderr, anything else a traceback.

    ``again`` is the command that goes on after an interruption.
    """
    try:
        return work()
    except (KeyboardInterrupt, Interrupted) as error:
        return _interrupted(str(error), again)
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
    except Exception as error:
        if str(error) == QUERY_INTERRUPTED:
            return _interrupted("", again)
        traceback.print_exc()
        return FAILED


def _interrupted(said: str, again: str | None) -> int:
    resume = f"; what is stored stays stored, go on with: {again}" if again else ""
    print(f"interrupted{f': {said}' if said else ''}{resume}", file=sys.stderr)
    return INTERRUPTED


def quiet() -> None:
    """Leave the terminal to the command itself: warnings and worse are shown, libraries' chatter is not."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    for name in ("optuna", "ray", "alembic", "sqlalchemy", "matplotlib", "numba"):
        logging.getLogger(name).setLevel(logging.WARNING)
    presence.when_lost(end_with)


def end_with(sentence: str) -> None:
    """End this process with a sentence, from any thread: see :func:`quantray.runner.presence.when_lost`."""
    if sys.stderr.isatty():
        drawing(sys.stderr).write("\x1b[?25h")  # the cursor, which the live picture hides
    print(f"failed: {sentence}", file=sys.stderr, flush=True)
    with contextlib.suppress(Exception):
        sys.stdout.flush()
    os._exit(FAILED)
