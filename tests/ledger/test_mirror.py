"""The Optuna study beside the ledger: complete, readable while the run goes on, and gone with its driver."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from quantray.ledger import open_reader, start_mirror
from quantray.settings import Mirror
from quantray.testing.ledger import make_batch, make_trials
from quantray.trial import Trial
from tests.builders.fakes import SPACE, SPEC, filled, opened, url_of

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def _load(folder: Path, name: str = "fake") -> Any:
    import optuna

    return optuna.load_study(study_name=name, storage=url_of(folder))


def _wait(until: Callable[[], bool], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.1)


def _trials(folder: Path) -> list[Any]:
    try:
        return _load(folder).get_trials()
    except KeyError:
        return []


def test_every_trial_arrives_as_it_is(tmp_path: Path) -> None:
    ledger = filled(tmp_path, 40)
    mirror = start_mirror(ledger, Mirror(), expected=40)
    assert mirror is not None
    report = mirror.finish()
    assert (report.mirrored, report.error) == (40, None)
    study = _load(tmp_path)
    stored = {t.digest: t for t in ledger.trials()}
    assert [t.user_attrs["number"] for t in study.trials] == list(range(40))
    for trial in study.trials:
        was = stored[trial.user_attrs["digest"]]
        _same(trial, was)
    best = max((t for t in stored.values() if t.feasible), key=lambda t: t.value or 0.0)
    assert study.best_trial.user_attrs["digest"] == best.digest
    assert study.direction.name == "MAXIMIZE"
    assert study.metric_names == ["return_on_risk_percent"]
    ledger.close()


def _same(trial: Any, was: Trial) -> None:
    assert trial.state.name == was.state.value
    assert trial.params == dict(was.params)
    assert trial.distributions["stretch"].choices == tuple(SPEC["stretch"])
    assert (trial.value if trial.state.name == "COMPLETE" else None) == was.value
    assert tuple(trial.constraints.values()) == was.violations
    assert {name: trial.user_attrs[name] for name in was.metrics} == dict(was.metrics)
    assert trial.user_attrs.get("why") == was.why
    assert trial.datetime_complete >= trial.datetime_start


def test_the_study_opens_while_the_run_goes_on(tmp_path: Path) -> None:
    from optuna_dashboard import wsgi

    ledger = filled(tmp_path, 20)
    mirror = start_mirror(ledger, Mirror(), expected=60)
    assert mirror is not None
    _wait(lambda: len(_trials(tmp_path)) == 20)
    batch = make_batch(9, [i for i in range(200) if not _known(ledger, i)][:20], SPACE)
    ledger.claim(batch)
    ledger.store(9, make_trials(batch))
    _wait(lambda: len(_trials(tmp_path)) == 40)

    app = wsgi(url_of(tmp_path))
    (summary,) = _get(app, "/api/studies")["study_summaries"]
    assert summary["study_name"] == "fake"
    detail = _get(app, f"/api/studies/{summary['study_id']}")
    assert len(detail["trials"]) == 40
    complete = next(t for t in detail["trials"] if t["state"] == "Complete")
    assert {"n_trades", "win_rate", "digest"} <= {a["key"] for a in complete["user_attrs"]}
    assert len(complete["constraints"]) == 1
    assert mirror.finish().mirrored == 40
    ledger.close()


def _known(ledger: Any, point: int) -> bool:
    return make_batch(0, [point], SPACE).digests[0] in {t.digest for t in ledger.trials()}


def _get(app: Any, path: str) -> Any:
    status: list[str] = []
    environment = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "test", "SERVER_PORT": "80",
        "wsgi.input": BytesIO(), "wsgi.errors": sys.stderr, "wsgi.url_scheme": "http",
    }  # fmt: skip
    body = b"".join(app(environment, lambda line, headers, *_: status.append(line)))
    assert status == ["200 OK"]
    return json.loads(body)


def test_a_resumed_mirror_adds_only_what_is_missing(tmp_path: Path) -> None:
    ledger = filled(tmp_path, 20)
    for expected in (20, 40):
        mirror = start_mirror(ledger, Mirror(), expected=100)
        assert mirror is not None
        assert mirror.finish().mirrored == expected
        ledger.close()
        ledger = opened(tmp_path)
        batch = make_batch(7, [i for i in range(200) if not _known(ledger, i)][:20], SPACE)
        ledger.claim(batch)
        ledger.store(7, make_trials(batch))
    digests = [t.user_attrs["digest"] for t in _load(tmp_path).trials]
    assert len(digests) == len(set(digests)) == 40
    ledger.close()


def test_a_large_study_gives_its_best(tmp_path: Path) -> None:
    ledger = filled(tmp_path, 120)
    mirror = start_mirror(ledger, Mirror(max_trials=30))
    assert mirror is not None
    assert mirror.finish().mirrored == 30
    with open_reader(url_of(tmp_path)) as study:
        best = {t.digest for t in study.ranked(15)}
    mirrored = {t.user_attrs["digest"] for t in _load(tmp_path).trials}
    assert len(mirrored) == 30
    assert best <= mirrored
    ledger.close()


def test_the_mirror_dies_with_its_driver(tmp_path: Path) -> None:
    filled(tmp_path, 20).close()
    program = (
        "import sys, time; from pathlib import Path\n"
        "from quantray.ledger import start_mirror\n"
        "from quantray.settings import Mirror\n"
        "from tests.builders.fakes import opened\n"
        "mirror = start_mirror(opened(Path(sys.argv[1])), Mirror())\n"
        "print(mirror.pid, flush=True); time.sleep(60)\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout is not None
        pid = int(process.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        os.kill(process.pid, signal.SIGKILL)
    _wait(lambda: not _runs(pid))


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_study_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    import optuna

    ledger = filled(tmp_path, 20)
    theirs = optuna.create_study(study_name="fake", storage=url_of(tmp_path))
    theirs.add_trial(optuna.trial.create_trial(value=1.0))
    mirror = start_mirror(ledger, Mirror())
    assert mirror is not None
    report = mirror.finish()
    assert report.mirrored is None
    assert "an Optuna study 'fake' of its own" in str(report.error)
    ledger.close()
    opened(tmp_path, fresh=True, say=lambda _: None).close()
    assert len(_load(tmp_path).trials) == 1


def test_fresh_deletes_the_mirror_too(tmp_path: Path) -> None:
    ledger = filled(tmp_path, 20)
    mirror = start_mirror(ledger, Mirror())
    assert mirror is not None
    mirror.finish()
    ledger.close()
    said: list[str] = []
    ledger = opened(tmp_path, fresh=True, say=said.append)
    assert "and its Optuna study" in said[0]
    with pytest.raises(KeyError):
        _load(tmp_path)
    ledger.close()


def test_nothing_to_mirror_into(tmp_path: Path) -> None:
    from quantray.ledger import open_ledger
    from quantray.settings import Storage

    memory = open_ledger(Storage("memory"), tmp_path, "s", {}, described={})
    assert start_mirror(memory, Mirror()) is None
    memory.close()
    ledger = opened(tmp_path)
    assert start_mirror(ledger, Mirror(enabled=False)) is None
    ledger.close()


def test_a_late_mirror_is_stopped(tmp_path: Path) -> None:
    ledger = filled(tmp_path, 200)
    mirror = start_mirror(ledger, Mirror())
    assert mirror is not None
    report = mirror.finish(timeout=0.01)
    assert "resume the study" in str(report.error)
    assert not _runs(mirror.pid)
    again = start_mirror(ledger, Mirror())
    assert again is not None
    assert again.finish().mirrored == 200
    ledger.close()


def test_two_drivers_fill_one_study(tmp_path: Path) -> None:
    first, second = filled(tmp_path, 20), opened(tmp_path, say=lambda _: None)
    one, two = start_mirror(first, Mirror(), expected=20), start_mirror(second, Mirror(), expected=20)
    assert one is not None
    assert two is not None
    assert two.finish().mirrored == 20
    second.close()
    assert one.finish().mirrored == 20
    first.close()
    digests = [t.user_attrs["digest"] for t in _load(tmp_path).trials]
    assert len(digests) == len(set(digests)) == 20
