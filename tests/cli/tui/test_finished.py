"""What a folder holds: a finished run, or a sentence with the remedy about what it is instead."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from quantray.callers.study import CallerStudy
from quantray.cli.tui.finished import finished_source
from quantray.cli.tui.stored_baseline import StoredBaselineSource
from quantray.cli.tui.stored_policies import StoredPolicies
from quantray.errors import ConfigError, DataError

SUMMARIES = {
    "a sweep": ({"study": "s", "objective": "sharpe", "stop_reason": None}, ConfigError, "holds a sweep"),
    "an older run": ({"study": "s", "objective": "captured_return"}, ConfigError, "says nothing of its kind"),
    "another kind": ({"kind": "dinner"}, ConfigError, "says nothing of its kind"),
    "a list": ([1], ConfigError, "of another program"),
    "a baseline without its tables": ({"kind": "alert_baseline"}, ConfigError, "holds no finished alert baseline"),
    "policies without their tables": (
        {"kind": "caller_policies", "study": "s", "objective": "sharpe"}, DataError, "cannot be read whole",
    ),
    "policies without a key": ({"kind": "caller_policies"}, DataError, "cannot be read whole"),
}  # fmt: skip


@pytest.mark.parametrize("name", SUMMARIES)
def test_look_alikes_are_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    facts, kind, said = SUMMARIES[name]
    (tmp_path / "summary.json").write_text(json.dumps(facts))
    with pytest.raises(kind, match=said) as refused:
        finished_source(tmp_path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["", "{", "\xff\xfe", "[" * 100_000], ids=["empty", "half", "bytes", "deep"])
def test_a_damaged_summary_says_so(text: str, tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text(text, encoding="latin-1")
    with pytest.raises(DataError, match="cannot be read"):
        finished_source(tmp_path)


def test_folders_that_hold_no_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="is not there"):
        finished_source(tmp_path / "none")
    with pytest.raises(ConfigError, match="holds no run"):
        finished_source(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is a file"):
        finished_source(tmp_path / "file")
    (tmp_path / "ledger.db").write_text("")
    with pytest.raises(ConfigError, match="has not finished; the command that began it goes on with it"):
        finished_source(tmp_path)


@pytest.mark.slow
def test_finished_runs_of_both_kinds(run_dir: Path, policies: CallerStudy, tmp_path: Path) -> None:
    assert isinstance(finished_source(run_dir), StoredBaselineSource)
    assert isinstance(finished_source(policies.plan.run_dir), StoredPolicies)
    shutil.copytree(run_dir, tmp_path / "copy")
    (tmp_path / "copy" / "alerts.parquet").write_bytes(b"PAR1")
    with pytest.raises(ConfigError, match="holds no finished alert baseline"):
        finished_source(tmp_path / "copy")
