"""docs/policies.md: its examples run, its tables are complete, and its measured table is what the command prints."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from quantray.callers.codes import SKIPS
from quantray.callers.metrics import METRICS
from quantray.callers.policies import GRIDS, grid, grid_of, read_policy
from quantray.callers.policies.account import STRESS, Account, Costs
from quantray.callers.policies.grids import KNOWN
from quantray.callers.policies.martingale import as_markdown, fair_walks, martingale_table
from quantray.callers.policies.notation import KEYS
from quantray.callers.policies.objective import DEFAULT_TIES, OBJECTIVES, TIES, Bounds

PAGE = (Path(__file__).parents[3] / "docs" / "policies.md").read_text(encoding="utf-8")
SECTIONS: dict[str, Any] = {
    "policies": lambda given: [read_policy(spec) for spec in given],
    "policy": grid_of,
    "fees": lambda given: Costs(**given),
    "capital": lambda given: Account(**given),
    "constraints": lambda given: Bounds(**given),
}


def blocks(language: str) -> list[str]:
    """Of the page, but for the user's own files, which tests/test_strategy_page.py writes and runs."""
    found = re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    return [block for block in found if not block.startswith(("# conf/", "# strategy/"))]


@pytest.mark.slow
def test_every_yaml_is_read() -> None:
    seen = {}
    for block in blocks("yaml"):
        for name, given in yaml.safe_load(block).items():
            seen[name] = SECTIONS[name](given)
    assert set(seen) == set(SECTIONS)
    assert (seen["fees"], seen["capital"], seen["constraints"]) == (Costs(), Account(), Bounds())  # the defaults
    assert len(seen["policies"]) == 5
    # 5 stops x 5 targets x (none + 1 activation x 2 trails) x 2 x 2 x 2 x 2
    assert len(seen["policy"]) == 25 * 3 * 16


def test_every_part_is_shown_as_it_is_written() -> None:
    rows = re.findall(r"^\| [\w -]+ \| `((\w+): .+?)` \|", PAGE, re.MULTILINE)
    assert {key for _, key in rows} == set(KEYS)
    for text, key in rows:
        spec = yaml.safe_load(text)
        assert set(spec) == {key}
        if key != "entry":
            assert len(read_policy(spec).parts) == 1


def test_the_python_runs() -> None:
    (code,) = blocks("python")
    names: dict[str, Any] = {}
    exec(compile(code, "docs/policies.md", "exec"), names)
    assert names["net"].shape == (300, 31)
    assert 0 <= names["best"] < 31
    assert len(names["trades"]) == 300
    assert names["cash"].min() >= 0


def test_nothing_is_missing() -> None:
    words = set(re.findall(r"\w+", PAGE))
    assert set(METRICS) <= words
    assert set(OBJECTIVES) | set(TIES) | set(DEFAULT_TIES) <= words
    assert set(SKIPS) - {""} <= words
    for name in KNOWN:
        (cells,) = re.findall(rf"^\| `{name}` \| (.+) \| (\S+|their product) \|$", PAGE, re.MULTILINE)
        if name in GRIDS:
            assert int(cells[1]) == len(grid(name))
            assert re.findall(r"`(\w+)`", cells[0]) == list(GRIDS[name])
    assert all(f"{taker:g}/{slippage:g}" in PAGE for taker, slippage in STRESS)


@pytest.mark.slow
def test_the_measured_table_is_what_the_command_prints() -> None:
    table = as_markdown(martingale_table(fair_walks(20_000), Costs()))
    assert table in PAGE
