"""``quantray track RUN``: tell an experiment tracker of a run that is finished, whichever wing it is of."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from quantray.cli.exits import DONE, quiet
from quantray.cli.verbs import Parser, Work
from quantray.errors import ConfigError, near_miss
from quantray.settings import Tracking

if TYPE_CHECKING:
    from quantray.tracking import Record

OUTPUTS = "outputs"
ABOUT = """\
Tell MLflow of a finished run: its settings, the pick and the peak with their figures, the verdict, the digests, and its
report and tables as artifacts. A study has one run there; telling of it again brings that run up to date.
"""


def parse(given: Sequence[str]) -> Work:
    """What stands behind ``quantray track``."""
    usual = Tracking()
    parser = Parser("quantray track", ABOUT)
    parser.add_argument("run", metavar="RUN", help="run_dir of a finished run, or the name of a study in outputs/")
    parser.add_argument("--to", default="mlflow", metavar="TRACKER", help="mlflow")
    parser.add_argument("--uri", help="sqlite:///FILE or http://HOST:PORT (MLFLOW_TRACKING_URI, else mlflow.db here)")
    parser.add_argument("--experiment", default=usual.experiment, metavar="NAME", help=f"({usual.experiment})")
    parser.add_argument(
        "--largest-mb", type=float, default=usual.largest_mb, metavar="MB",
        help=f"larger files stay where they are ({usual.largest_mb:g})",
    )  # fmt: skip
    args = parser.read(given)
    return lambda: track(args)


def track(args: argparse.Namespace) -> int:
    """Tell of the run; ConfigError where there is none, QuantrayError where the tracker does not take it."""
    from quantray.tracking import publish

    quiet()
    if args.to == "none":
        raise ConfigError("--to none tells nobody; give --to mlflow, or leave it out")
    tracking = Tracking(args.to, args.uri, args.experiment, args.largest_mb)
    print(publish(tracking, record_of(_run_dir(args.run))))
    return DONE


def _goes_on(found: Mapping[str, Any]) -> bool:
    """Whether a summary is of what a study held before its end."""
    from quantray.callers.baseline.progress import INCOMPLETE
    from quantray.stats.checks import Word

    verdict = found.get("verdict")
    unjudged = isinstance(verdict, dict) and verdict.get("word") == Word.UNJUDGED
    return unjudged or any(str(note).startswith(INCOMPLETE) for note in found.get("notes", ()))


def record_of(run_dir: Path) -> Record:
    """What is told of the run that lies there, by the wing that wrote it."""
    try:
        found: Any = json.loads((run_dir / "summary.json").read_text(encoding="utf-8"))
        kind, settings = found.get("kind", "sweep"), found["settings"]
    except FileNotFoundError:
        raise ConfigError(f"{run_dir} holds no summary.json; give the run_dir of a finished run") from None
    except KeyError:
        raise ConfigError(
            f"{run_dir}/summary.json is of an earlier quantray; the same command writes it anew"
        ) from None
    except (OSError, ValueError, AttributeError) as error:
        raise ConfigError(f"{run_dir}/summary.json cannot be read ({error}); the same command writes it anew") from None
    assert settings is not None
    if _goes_on(found):
        raise ConfigError(f"{run_dir} holds the report of a run that has not ended; the same command goes on with it")
    if kind == "sweep":
        from quantray.sweeps.report.tracked import record_of as of_sweep

        return of_sweep(run_dir)
    from quantray.callers.report.tracked import record_of as of_callers

    return of_callers(run_dir)


def _run_dir(run: str) -> Path:
    """A folder as it is given, or a study of ``outputs/`` by its name."""
    for path in (Path(run).expanduser(), Path(OUTPUTS) / run):
        if path.is_dir():
            return path
    known = sorted(path.name for path in Path(OUTPUTS).iterdir()) if Path(OUTPUTS).is_dir() else []
    if known:
        raise ConfigError(f"{run} is no folder; {near_miss(run, known, what='study')}")
    raise ConfigError(f"{run} is no folder; give the run_dir of a finished run")
