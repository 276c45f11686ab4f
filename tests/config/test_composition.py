"""Whose an experiment is, what shadows what, and a Hydra application around this one."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.config import composition, wings
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
def test_a_hydra_application_around_keeps_its_state(own: Path, tmp_path: Path) -> None:
    from hydra import compose, initialize_config_dir
    from hydra.core.global_hydra import GlobalHydra

    write(own, "constraints/few", "min_trades: 2\n")  # files that no test has, of which nothing is remembered
    (tmp_path / "theirs.yaml").write_text("answer: 42\n")
    assert not GlobalHydra.instance().is_initialized()
    load_plan()
    assert not GlobalHydra.instance().is_initialized()
    with initialize_config_dir(str(tmp_path), version_base="1.3"):
        load_plan("+experiment=v1_baseline")
        with pytest.raises(ConfigError):
            load_plan("+experiment=nowhere")
        assert compose("theirs").answer == 42


@pytest.mark.slow
def test_the_same_request_on_the_same_files_is_composed_once_and_any_change_is_seen(
    own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = composition._remembered.cache_info

    def found(*overrides: str) -> tuple[object, bool]:
        """What is found, and whether it was remembered."""
        before, cfg = known().misses, composed("sweeps", ["constraints=few", *overrides])[0]
        value, cfg["constraints"] = cfg["constraints"]["min_trades"], None  # whoever asked may change what he got
        return value, known().misses == before

    write(own, "constraints/few", "min_trades: 2\n")
    assert [found(), found()] == [(2, False), (2, True)]
    write(own, "constraints/few", "min_trades: 4\n")  # of the same length, in the same moment
    assert [found(), found(), found("seed=2")] == [(4, False), (4, True), (4, False)]
    write(own, "sweeps/constraints/few", "min_trades: 5\n")  # found later than the first
    assert [found(), found()] == [(4, False), (4, True)]
    (own / "constraints" / "few.yaml").unlink()
    assert [found(), found()] == [(5, False), (5, True)]
    monkeypatch.setenv("FEW", "6")
    asked = "constraints.min_trades=${oc.env:FEW}"
    assert [found(asked), found(asked)] == [("6", False), ("6", False)]
    monkeypatch.setenv("FEW", "7")
    assert found(asked) == ("7", False)
    write(own, "constraints/few", "min_trades: ${oc.env:FEW}\n")
    assert found() == ("7", False)
    monkeypatch.setenv("FEW", "8")
    with composition.one_request():
        assert [found(), found()] == [("8", False), ("8", True)]
    assert found() == ("8", False)
    (own / "constraints" / "few.yaml").unlink()
    (tmp_path / "elsewhere").mkdir()
    (own / "storage").symlink_to(tmp_path / "elsewhere")
    assert [found(), found()] == [(5, False), (5, False)]
