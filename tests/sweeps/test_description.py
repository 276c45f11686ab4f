"""What a ledger keeps of a plan: sections as JSON, and no address of a server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from quantray.config.plans import load_sweep
from quantray.space import parse_space
from quantray.sweeps.description import describe, request


@pytest.mark.slow
def test_sections_are_json_and_hold_no_secret(tmp_path: Path) -> None:
    lines = ["+experiment=options_sweep", "storage=postgres", "storage.url=postgresql://me:secret@host/db"]
    plan = load_sweep([*lines, f"run_dir={tmp_path}"], asked="a test")
    for kept in (describe(plan), request(plan)):
        text = json.dumps(kept)
        assert "secret" not in text
        assert "__pydantic" not in text
    assert parse_space(describe(plan)["space"]) == plan.space
    assert request(plan)["run_dir"] == str(tmp_path)
