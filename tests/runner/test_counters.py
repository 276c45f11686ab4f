"""Ray's own metrics endpoint tells what workers and the driver did."""

from __future__ import annotations

import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from quantray.runner.counters import COUNTERS, SECONDS
from quantray.runner.dataflow import flow
from quantray.settings import Runner
from tests.builders.objectives import EMPTY, evaluate, make_plan, open_sweep
from tests.builders.rays import own_ray

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def _ray() -> Iterator[None]:
    with own_ray(metrics_report_interval_ms=200):
        yield


def told() -> dict[str, float]:
    """What the node exports: ``name{state}`` -> its sum over processes."""
    import ray

    (node,) = ray.nodes()
    address = f"http://{node['NodeManagerAddress']}:{node['MetricsExportPort']}/metrics"
    with urllib.request.urlopen(address, timeout=5) as answer:
        text = answer.read().decode()
    found: dict[str, float] = {}
    for name, tags, value in re.findall(r"^ray_(quantray_\w+)\{([^}]*)\} (\S+)$", text, re.MULTILINE):
        own = re.findall(r'\b(?:state|source|result)="([^"]*)"', tags)
        key = f"{name}{own}" if own else name
        found[key] = found.get(key, 0.0) + float(value)
    return found


def soon(name: str, least: float) -> dict[str, float]:
    """What is told once ``name`` has come to ``least``: processes report now and then."""
    end = time.monotonic() + 40
    while time.monotonic() < end:
        try:
            found = told()
        except OSError:
            found = {}
        if found.get(name, 0.0) >= least:
            return found
        time.sleep(0.2)
    raise AssertionError(f"{name} did not come to {least}: {found}")


def risky(limit: int, row: int) -> int:
    if row >= limit:
        raise ValueError("too far")
    return row


def of_limit(limit: int) -> partial[int]:
    return partial(risky, limit)


@pytest.mark.slow
@pytest.mark.usefixtures("_ray")
def test_a_search_and_rows_are_counted_as_they_are_stored(tmp_path: Path) -> None:
    from quantray.runner.tune import run_tune

    pytest.importorskip("opencensus", reason="ray[default] is not installed")
    plan = make_plan(tmp_path, kind="tpe", workers=2)
    sweep = open_sweep(plan)
    outcome = run_tune(plan, EMPTY, sweep, evaluate)
    sweep.ledger.close()
    with pytest.raises(ValueError, match="too far"):
        list(flow(Runner("ray", 1), [0, 1, 5], partial(of_limit, 3), name="rows"))
    found = soon("quantray_rows_total['failed']", 1)
    assert found["quantray_rows_total['done']"] == 2
    assert found["quantray_row_seconds_count"] == 3
    assert found["quantray_batches_total"] == found["quantray_batch_seconds_count"] > 0
    for state, n in (("COMPLETE", outcome.counts.complete), ("PRUNED", outcome.counts.pruned)):
        assert found.get(f"quantray_candidates_total['{state}']", 0) == n
    for source, n in outcome.duplicates.items():
        assert found.get(f"quantray_duplicates_total['{source}']", 0) == n


def test_every_counter_is_named_in_the_docs() -> None:
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    for name in COUNTERS:
        assert f"`ray_{name}_total`" in page
    for name in SECONDS:
        assert f"`ray_{name}`" in page


@pytest.mark.slow
def test_threads_count_nothing_and_import_no_ray() -> None:
    code = (
        "import sys\nfrom quantray.runner.dataflow import flow\nfrom quantray.settings import Runner\n"
        "from tests.runner.test_counters import of_limit\nfrom functools import partial\n"
        "print(list(flow(Runner('local', 2), [0, 1], partial(of_limit, 3), name='rows')))\n"
        "assert 'ray' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "[(0, 0), (1, 1)]\n", done.stderr
