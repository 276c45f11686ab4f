"""The files of a finished sweep, all at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from quantray.files import Published, room
from quantray.protocols import Say
from quantray.report.tables import write_parquet, write_table_csv
from quantray.sweeps.report.history import history_png
from quantray.sweeps.report.html import report_html
from quantray.sweeps.report.summary import summary_json
from quantray.sweeps.report.tables import completed_values, survivors_frame, trials_frame, write_top_csv
from quantray.sweeps.report.trades import trades_frame
from quantray.sweeps.results import Results

NAMES = (
    "trials.parquet", "survivors.parquet", "top_trials.csv", "trades.csv", "history.png", "summary.json", "report.html",
)  # fmt: skip
#: The folder in which the parts of a complete table are shown.
TABLE = "surface"


def check_results(run_dir: Path, *, table: bool) -> None:
    """ConfigError, before work starts, where a result would replace what quantray did not write.

    ``table``: the parts of a complete table will be shown.
    """
    Published(run_dir).check(NAMES, [TABLE] if table else [])


def write_all(
    results: Results, run_dir: Path, parts: Mapping[str, Path] | None = None, say: Say | None = None,
    leave: Collection[str] = (),
) -> dict[str, Path]:  # fmt: skip
    """Write every output under ``run_dir``; returns file name -> path.

    ``trials.parquet``, ``survivors.parquet``, ``top_trials.csv``, ``trades.csv``, ``history.png``, ``summary.json`` and
    ``report.html``; the first four have the same bytes for the same trials. ``parts`` of a complete table (name ->
    piece) are shown in ``surface/``. What is in ``leave`` stays as it is. ``say`` hears of results that were changed
    since quantray wrote them: they are kept. DiskError without room.
    """
    published, places = Published(run_dir), {name: run_dir / name for name in NAMES}
    with room(f"the report in {run_dir}", "every result is stored in the study"), published.staging() as folder:
        paths = {name: folder / name for name in NAMES}
        frame = trials_frame(results.trials, results.plan.space)
        write_parquet(frame, paths["trials.parquet"])
        write_parquet(survivors_frame(results), paths["survivors.parquet"])
        write_top_csv(frame, paths["top_trials.csv"], results.plan.report.top)
        write_table_csv(trades_frame(results), paths["trades.csv"])
        history_png(completed_values(frame), paths["history.png"])
        paths["summary.json"].write_text(summary_json(results), encoding="utf-8")
        paths["report.html"].write_text(report_html(results), encoding="utf-8")
        paths = {name: path for name, path in paths.items() if name not in leave}
        for sentence in published.write(results.study, paths, {TABLE: parts or {}}):
            if say is not None:
                say(sentence)
    return places | ({TABLE: run_dir / TABLE} if parts else {})
