"""The pictures of a stored study: drawn from what the ledger holds, with axes that mean something."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.errors import LedgerError
from quantray.ledger import open_reader
from quantray.protocols import REPORTED
from quantray.sweeps.report.studies.plots import KINDS, importance_of, optuna_study, plot_study, varying
from quantray.sweeps.report.studies.stored import space_of
from quantray.testing.ledger import make_batch
from quantray.trial import Trial, TrialState
from tests.builders.fakes import SPACE, filled, opened


def _size(png: Path) -> tuple[int, int]:
    head = png.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(head[16:20]), int.from_bytes(head[20:24])


def _stored(folder: Path, values: list[float]) -> None:
    ledger = opened(folder)
    batch = make_batch(0, range(len(values)), SPACE)
    ledger.claim(batch)
    params = [batch.candidates.params(i) for i in range(len(values))]
    ledger.store(
        0,
        [Trial(d, p, TrialState.COMPLETE, v, (-1.0,)) for d, p, v in zip(batch.digests, params, values, strict=True)],
    )
    ledger.close()


@pytest.mark.slow
def test_every_kind_is_a_picture(tmp_path: Path) -> None:
    import matplotlib

    filled(tmp_path, 60).close()
    style = dict(matplotlib.rcParams)
    files = plot_study(tmp_path, "fake", tmp_path / "plots")
    assert [file.name for file in files] == [f"{kind}.png" for kind in KINDS]
    assert all(min(_size(file)) > 300 for file in files)
    assert dict(matplotlib.rcParams) == style
    first = [file.read_bytes() for file in files]
    assert [file.read_bytes() for file in plot_study(tmp_path, "fake", tmp_path / "plots")] == first


def test_one_kind_alone(tmp_path: Path) -> None:
    filled(tmp_path, 20).close()
    (file,) = plot_study(tmp_path, None, tmp_path / "plots", ["history"])
    assert file.name == "history.png"
    assert [p.name for p in (tmp_path / "plots").iterdir()] == ["history.png"]


@pytest.mark.slow
@pytest.mark.parametrize("values", [[], [1.0], [2.0, 2.0, 2.0]])
def test_too_little_to_draw_is_no_error(tmp_path: Path, values: list[float]) -> None:
    _stored(tmp_path, values)
    files = plot_study(tmp_path, None, tmp_path / "plots")
    assert files[0].name == "history.png"
    assert len(files) == 1 or len(values) > 1


def test_a_wrong_kind_has_a_near_miss(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="did you mean 'contour'"):
        plot_study(tmp_path, None, tmp_path, ["contours"])


def test_ordered_numbers_stay_numbers(tmp_path: Path) -> None:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    filled(tmp_path, 60).close()
    with open_reader(f"sqlite:///{tmp_path}/ledger.db") as study:
        trials = study.ranked()
        dimensions = varying(trials, space_of(study))
    assert "depth" not in [d.name for d in dimensions]  # it has one value
    rebuilt = optuna_study(trials, dimensions)
    assert len(rebuilt.trials) == len(trials)
    assert [t.value for t in rebuilt.trials] == [t.value for t in trials]
    axes = rebuilt.trials[0].distributions
    assert axes["take_profit_percent"] == FloatDistribution(25.0, 100.0)
    assert isinstance(axes["window"], CategoricalDistribution)
    assert rebuilt.best_trial.value == max(t.value for t in trials if t.feasible)


def test_importance_is_the_reports_while_its_report_holds(tmp_path: Path) -> None:
    ledger = filled(tmp_path, 20)
    with open_reader(f"sqlite:///{tmp_path}/ledger.db") as study:
        own, computed_on = importance_of(study)
        n, completed = study.counts().attempts, study.counts().complete
    assert computed_on == f"Computed on the {completed} trials that completed."
    assert max(own.values()) > 0
    said = {"table": "", "trials": n, "importance": {"window": 0.75}, "computed_on": "Computed on the exact table."}
    ledger.note(REPORTED, said)
    with open_reader(f"sqlite:///{tmp_path}/ledger.db") as study:
        assert importance_of(study) == ({"window": 0.75}, "Computed on the exact table.")
    ledger.note(REPORTED, {**said, "trials": n - 1})  # trials have come since
    with open_reader(f"sqlite:///{tmp_path}/ledger.db") as study:
        assert importance_of(study) == (own, computed_on)
    ledger.close()
