"""Room is asked for before work starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.capacity import check_run_dir, check_table, memory, table_bytes
from quantray.errors import ConfigError
from quantray.space import parse_space

HUGE = parse_space({"a": list(range(1000)), "b": list(range(2000)), "c": list(range(2000)), "d": list(range(1000))})


def test_a_table_with_room_passes_and_one_without_names_points_and_remedy() -> None:
    check_table(parse_space({"a": [1, 2]}), sessions=250)
    with pytest.raises(ConfigError, match=r"4,000,000,000,000 points.*space\.b has 2,000.*search=tpe, random or qmc"):
        check_table(HUGE)
    with pytest.raises(ConfigError, match=r"^report\.surface_max_points: .*and it is left out"):
        check_table(HUGE, compared=True)


def test_memory_grows_with_points_and_sessions() -> None:
    assert (memory() or 1) > 0
    assert table_bytes(2, 10) == 2 * table_bytes(1, 10)
    assert table_bytes(1, 11) > table_bytes(1, 10)


def test_results_lie_in_a_folder_that_can_be_written(tmp_path: Path) -> None:
    check_run_dir(tmp_path / "a" / "b")
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"file is a file; give run_dir=DIR"):
        check_run_dir(tmp_path / "file" / "inside")
    with pytest.raises(ConfigError, match="name too long"):
        check_run_dir(tmp_path / ("x" * 300))
