"""Settings that both wings share."""

import dataclasses
import sys

import pytest

from quantray.callers.data.settings import Gates as OfCallers
from quantray.errors import ConfigError
from quantray.settings import Tracking
from quantray.sweeps.data.settings import Gates as OfSweeps


@pytest.mark.parametrize("gates", [OfCallers, OfSweeps])
def test_every_gate_is_a_share(gates):
    for field in dataclasses.fields(gates):
        with pytest.raises(ConfigError, match=f"gates.{field.name} is a share"):
            gates(**{field.name: 1.5})


def test_no_gate_is_of_both_wings():
    assert not {f.name for f in dataclasses.fields(OfCallers)} & {f.name for f in dataclasses.fields(OfSweeps)}


@pytest.mark.parametrize("kind", ["mlflow"])
def test_a_tracker_that_is_not_installed_is_refused_with_the_remedy(kind, monkeypatch):
    monkeypatch.setitem(sys.modules, kind, None)
    with pytest.raises(ConfigError, match=rf"tracking={kind} needs a package: pip install 'quantray\[{kind}\]'"):
        Tracking(kind)
    assert Tracking().kind == "none"  # which needs nothing


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kind": "mlfow"}, "did you mean 'mlflow'"),
        ({"kind": "mlflow", "uri": "runs.db"}, "tracking.uri=runs.db: give sqlite:///FILE"),
        ({"kind": "mlflow", "uri": "file:///tmp/runs"}, "MLflow keeps no runs in folders"),
        ({"experiment": " "}, "tracking.experiment=' '"),
        ({"largest_mb": float("nan")}, "tracking.largest_mb"),
        ({"largest_mb": 0}, "tracking.largest_mb"),
    ],
)
def test_what_a_tracker_would_not_take_is_refused_before_work(wrong, said):
    pytest.importorskip("mlflow", reason="mlflow is not installed")
    with pytest.raises(ConfigError) as refused:
        Tracking(**wrong)
    assert said in str(refused.value)
