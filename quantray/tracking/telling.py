"""Telling a tracker of a study, without letting it cost anything: whatever it raises becomes a sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable

from quantray.errors import QuantrayError
from quantray.outlets import clean
from quantray.plain import amount
from quantray.protocols import Say
from quantray.settings import Tracking
from quantray.tracking.record import Record

#: What a tracker says of itself is cut here: an answer in HTML fills pages.
LONGEST = 200
#: How long a tracker may take before it is said what is waited for.
WAITS_S = 3.0


def publish(tracking: Tracking, record: Record) -> str:
    """Put the study into its run, which is made where there is none; returns a sentence that says where it is.

    Raises :class:`QuantrayError` where the tracker does not take it.
    """
    from quantray.tracking import mlflow_runs

    large = [path for path in record.files if path.stat().st_size > tracking.largest_mb * 1e6]
    files = tuple(path for path in record.files if path not in large)
    try:
        where = mlflow_runs.put(tracking, record, files)
    except Exception as error:  # whatever a library, a network or a server makes of it
        said = clean(" ".join(f"{type(error).__name__}: {error}".split()))
        raise QuantrayError(f"MLflow did not take the study: {said[:LONGEST]}") from error
    left = f"; {amount(len(large), 'file')} of more than {tracking.largest_mb:g} MB stayed at home" if large else ""
    return f"told MLflow: {where}{left}"


def tell(tracking: Tracking, made: Callable[[], Record], say: Say) -> None:
    """The same at the end of a run, where nothing may cost its result: a failure is a sentence, Ctrl-C skips it."""
    if tracking.kind == "none":
        return
    waits = threading.Timer(WAITS_S, say, ["telling MLflow (Ctrl-C skips that; the results are complete)"])
    waits.daemon = True
    waits.start()
    try:
        told = publish(tracking, made())
    except KeyboardInterrupt:
        told = "MLflow was not told of the study; the same command does so"
    except Exception as error:
        told = f"{clean(str(error))}. The results are complete without it; the same command tries again"
    finally:
        waits.cancel()
    say(told)
