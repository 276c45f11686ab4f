"""Tests mirror sources: a module with logic has a tests file of its path, and every tests file names its module."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE, TESTS = ROOT / "quantray", ROOT / "tests"
LEAST = 40  # lines: a shorter module has no logic that its users' tests do not show

#: Modules without a tests file of their own, and what shows that they do what they say. A new module is not added here:
#: it gets its tests file.
SHOWN_BY = {
    # what the tests of several rooms stand on
    "protocols": "test_layers.py",
    # tables of facts and settings, and parts of what the named file tests whole
    "callers/data/facts": "callers/data/test_slices.py",
    "callers/data/neighbours": "callers/data/test_prints.py",
    "callers/data/positions": "callers/data/test_slices.py",
    "callers/plan": "config/test_callers.py",
    "callers/results": "callers/test_pipeline.py",
    "callers/policies/program": "callers/kernels/test_combine.py",
    "callers/report/facts": "callers/report/test_files.py",
    "callers/report/stages": "cli/test_calls.py",
    "callers/report/summary": "callers/report/test_files.py",
    "callers/stages/lanes": "callers/stages/test_winners.py",
    "callers/stages/sequence": "callers/stages/test_checkpoints.py",
    "callers/stages/table": "callers/test_reference.py",
    "callers/stages/windows": "callers/stages/test_store.py",
    "callers/stages/work": "callers/stages/test_touch.py",
    # screens, driven key by key
    "cli/tui/letters": "cli/tui/test_chart.py",
    "cli/tui/listing": "cli/tui/test_app.py",
    "cli/tui/offers": "cli/tui/test_live_baseline.py",
    "cli/tui/policies": "cli/tui/test_live_policies.py",
    "cli/tui/shown": "cli/tui/test_app.py",
    "cli/tui/source": "cli/tui/test_app.py",
    # the baseline of calls, one walk
    "callers/baseline/offered": "callers/baseline/test_pipeline.py",
    "callers/report/beside": "callers/report/test_files.py",
    "callers/baseline/groups": "callers/baseline/test_pipeline.py",
    "callers/report/baseline/figures": "callers/report/baseline/test_page.py",
    "callers/report/baseline/sections": "callers/report/baseline/test_page.py",
    "callers/report/baseline/stored": "callers/baseline/test_pipeline.py",
    "callers/baseline/trace": "callers/baseline/test_pipeline.py",
    "callers/baseline_study": "callers/baseline/test_pipeline.py",
    "callers/report/baseline/charts": "callers/baseline/test_pipeline.py",
    "callers/report/baseline/files": "callers/baseline/test_pipeline.py",
    "callers/report/baseline/printout": "callers/baseline/test_pipeline.py",
    "callers/report/baseline/summary": "callers/baseline/test_pipeline.py",
    "callers/report/baseline/tables": "callers/baseline/test_pipeline.py",
    "callers/report/baseline/terminal": "callers/baseline/test_pipeline.py",
    "callers/report/baseline/words": "callers/baseline/test_pipeline.py",
    "callers/baseline/alerts": "callers/baseline/test_pipeline.py",
    "callers/baseline/leaderboard": "callers/baseline/test_pipeline.py",
    "callers/baseline/measure": "callers/baseline/test_pipeline.py",
    "callers/baseline/notes": "callers/baseline/test_pipeline.py",
    "callers/baseline/plan": "callers/baseline/test_pipeline.py",
    "callers/baseline/progress": "callers/baseline/test_pipeline.py",
    "callers/baseline/results": "callers/baseline/test_pipeline.py",
    "callers/stages/opening": "callers/test_pipeline.py",
    "sweeps/prepare": "sweeps/test_study.py",
    # kernels
    "sweeps/kernels/columns": "sweeps/kernels/test_score.py",
    "callers/kernels/columns": "callers/kernels/test_score.py",
    "callers/kernels/codes": "callers/kernels/test_combine.py",
    "callers/kernels/metrics": "callers/kernels/test_account.py",
    "callers/kernels/trades": "callers/kernels/test_account.py",
    "callers/kernels/triggers": "callers/kernels/test_combine.py",
    "sweeps/kernels/entries": "sweeps/kernels/test_score.py",
    # doors
    "cli/driver": "cli/test_launch.py",
    "config/sections": "config/test_plans.py",
    # files
    "files/delimited": "sweeps/data/test_tables.py",
    "files/journal": "files/test_killed.py",
    "files/marks": "files/test_strangers.py",
    "files/parts": "files/test_pieces.py",
    "files/published": "files/test_killed.py",
    "files/tables": "files/test_duckdb_file.py",
    # ledger
    "ledger/postmaster": "ledger/test_embedded.py",
    "ledger/rows": "ledger/test_bulk.py",
    "ledger/schema": "ledger/test_upgrade.py",
    "ledger/sql_ledger": "testing/test_ledger.py",
    # machines
    "report/terminal": "sweeps/report/test_terminal.py",
    "runner/local": "sweeps/loop/test_loop.py",
    "runner/worker": "runner/test_tune.py",
    "search/samplers": "test_plugins.py",
    # sweeps
    "sweeps/data/priced": "sweeps/data/test_options.py",
    "sweeps/grid/points": "sweeps/grid/test_surface.py",
    "sweeps/report/survival": "sweeps/test_survivors.py",
    "sweeps/report/survival_charts": "sweeps/test_survivors.py",
    "sweeps/grid/files": "sweeps/test_study.py",
    "sweeps/loop/ranges": "cli/test_launch.py",
    "sweeps/plan": "config/test_plans.py",
    "sweeps/recorder": "sweeps/test_clocks.py",
    "sweeps/report/facts": "sweeps/report/test_files.py",
    "sweeps/report/reasons": "test_failures.py",
    "sweeps/report/studies/layout": "sweeps/report/studies/test_screen.py",
    "sweeps/results": "sweeps/test_study.py",
    "sweeps/strategy": "sweeps/test_candidates.py",
    "sweeps/tables": "sweeps/test_evaluate.py",
}
#: Files that test several modules together, in a folder or in the package as a whole.
WHOLE = {
    "test_bad_input", "test_benchmarks", "test_calls", "test_determinism", "test_honesty", "test_hostile_names",
    "test_layers", "test_mirror", "test_notebook", "test_nothing_written", "test_readme", "test_shapes",
    "test_strategy_page", "test_typing",
    "callers/test_alone", "callers/test_real", "callers/test_reference", "callers/data/test_real",
    "callers/baseline/test_real",
    "callers/policies/test_docs", "callers/policies/test_real", "callers/policies/test_synthetic_market",
    "cli/test_stopped",
    "files/test_damage", "files/test_killed", "files/test_power", "files/test_room", "files/test_strangers",
    "report/test_one_figure", "sweeps/data/test_real", "sweeps/test_streaming",
    "faults/test_heads", "faults/test_jobs", "faults/test_kill_driver", "faults/test_workers",
}  # fmt: skip


def has_logic(path: Path) -> bool:
    """Long enough, and defines a function."""
    text = path.read_text(encoding="utf-8")
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return len(text.splitlines()) >= LEAST and any(isinstance(node, functions) for node in ast.walk(ast.parse(text)))


def name_of(path: Path, root: Path) -> str:
    return path.relative_to(root).with_suffix("").as_posix()


@cache
def sources() -> dict[str, Path]:
    return {name_of(path, PACKAGE): path for path in sorted(PACKAGE.rglob("*.py"))}


@cache
def written() -> tuple[str, ...]:
    return tuple(name_of(path, TESTS) for path in sorted(TESTS.rglob("test_*.py")))


def source_of(test: str) -> str:
    """``room/test_module`` or, where one file would be too long, ``room/test_module_topic``; "" for no module."""
    folder, _, file = test.rpartition("/")
    words = file.removeprefix("test_").split("_")
    room = f"{folder}/" if folder else ""
    known = {*sources(), *(name_of(path, TESTS) for path in (TESTS / "builders").glob("*.py"))}
    return next((name for n in range(len(words), 0, -1) if (name := f"{room}{'_'.join(words[:n])}") in known), "")


def own_file(source: str) -> str:
    folder, _, file = source.rpartition("/")
    return f"{folder}/test_{file}" if folder else f"test_{file}"


def test_every_module_with_logic_has_its_tests() -> None:
    modules = [name for name, path in sources().items() if path.stem != "__init__" and has_logic(path)]
    shown = {source_of(test) for test in written()} | set(SHOWN_BY)
    missing = [f"tests/{own_file(name)}.py" for name in modules if name not in shown]
    assert not missing


def test_every_tests_file_names_its_module() -> None:
    """Or stands in the list of those that test several together."""
    assert not [f"tests/{test}.py" for test in written() if not (source_of(test) or test in WHOLE)]


def test_what_shows_a_module_exists() -> None:
    assert not [place for place in SHOWN_BY.values() if not (TESTS / place).is_file()]


def test_a_missing_tests_file_would_be_noticed() -> None:
    assert has_logic(PACKAGE / "space.py")
    assert source_of("ledger/test_database_refusals") == "ledger/database"
    assert source_of("ledger/test_refusals") == ""
    assert own_file("callers/kernels/touch") == "callers/kernels/test_touch"
