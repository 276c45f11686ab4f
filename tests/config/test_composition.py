"""Whose an experiment is, what shadows what, and a Hydra application around this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.config import wings
from quantray.config.composition import composed
from quantray.config.plans import load_plan
from quantray.errors import ConfigError
from tests.builders.own_choices import write


@pytest.mark.slow
def test_a_flat_file_shadows_both_wings_and_a_wings_own_file_only_that_one(own: Path) -> None:
    write(own, "constraints/few", "min_trades: 2\n")
    write(own, "constraints/standard", "min_trades: 3\n")
    write(own, "callers/constraints/strict", "min_trades: 4\n")
    write(own, "shared/storage/sqlite", "kind: memory\n")

    def found(wing: str, *overrides: str) -> int:
        return int(composed(wing, overrides)[0]["constraints"]["min_trades"])

    for wing in wings.WINGS:
        assert found(wing, "constraints=few") == 2
        assert found(wing) == 3
        assert composed(wing, [])[0]["storage"] == {"kind": "memory"}
    assert (found("sweeps", "constraints=strict"), found("callers", "constraints=strict")) == (30, 4)


@pytest.mark.slow
def test_a_table_of_contents_of_ones_own_comes_first(own: Path) -> None:
    write(own, "sweeps", "defaults: [{strategy: vwap_reclaim}, {data: synthetic}, _self_]\nseed: 9\nrun_dir: null\n")
    assert load_plan().seed == 9
    assert load_plan("+experiment=v1_baseline").seed == 0


@pytest.mark.slow
def test_a_hydra_application_around_keeps_its_state(tmp_path: Path) -> None:
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    (tmp_path / "theirs.yaml").write_text("answer: 42\n")
    assert not GlobalHydra.instance().is_initialized()
    load_plan()
    assert not GlobalHydra.instance().is_initialized()
    with initialize_config_dir(str(tmp_path), version_base="1.3"):
        load_plan("+experiment=v1_baseline")
        with pytest.raises(ConfigError):
            load_plan("+experiment=nowhere")
        assert compose("theirs").answer == 42
