"""Exit code 2 means that nothing was written: every wrong request leaves the directory as it was, byte for byte."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from quantray.cli.exits import DONE, FAILED, USER_ERROR
from quantray.cli.run import main
from quantray.errors import DataError, Unfinished, begun
from tests.builders.drivers import ROOT

pytestmark = pytest.mark.slow

TPE = "search.sampler._target_=optuna.samplers.TPESampler"
NAN, LONG = ".nan", "x" * 300
#: What both kinds of run refuse.
BOTH = {
    "an address without a port": ("runner=ray", "runner.address=headnode"),
    "an address with a text as its port": ("runner=ray", "runner.address=headnode:ray"),
    "an address where nothing listens": ("runner=ray", "runner.address=127.0.0.1:1"),
    "an address that is looked for": ("runner=ray", "runner.address=nowhere.invalid:6379"),
    "an address even where no Ray is used": ("runner=local", "runner.address=headnode"),
    "workers": ("runner.workers=0",),
    "a lease": ("storage.lease_s=0",),
    "a folder as the ledger": ("storage.url=/tmp",),
    "a ledger below a file": ("storage.url=/etc/passwd/ledger.db",),
    "a ledger where none can be": ("storage.url=/proc/here/ledger.db",),
    "options of a SQLite address": ("storage.url='sqlite:///other.db?mode=memory'",),
    "a host of a SQLite address": ("storage.url='sqlite://host/other.db'",),
    "a database of another kind": ("storage=postgres", "storage.url='mysql://ann@host/market'"),
    "a server that does not answer": ("storage=postgres", "storage.url='postgresql://ann@127.0.0.1:1/market'"),
    "a port that no server has": ("storage=postgres", "storage.url='postgresql://ann@127.0.0.1:99999/market'"),
    "an option that libpq does not know": ("storage=postgres", "storage.url='postgresql://a@127.0.0.1:1/b?ssl=x'"),
    "a run_dir below a file": ("run_dir=/etc/passwd/run",),
    "a run_dir where none can be": ("run_dir=/proc/here/run",),
    "a run_dir that is too long": (f"run_dir={LONG}",),
    "a name that is too long": (f"study.name={LONG}",),
    "a seed": ("seed=-1",),
    "a share": ("oos.fraction=1.5",),
    "a list": ("report.top=0",),
}
SWEEPS = {
    **BOTH,
    "a parameter of the sampler": (TPE, "search.sampler.n_startup=3"),
    "a value of the sampler": (TPE, "search.sampler.gamma=3"),
    "a seed of the sampler": (TPE, "search.sampler.seed=3"),
    "a value that the sampler refuses": (
        "search.sampler._target_=optuna.samplers.NSGAIISampler", "search.sampler.population_size=1",
    ),
    "a sampler without its package": ("search.sampler._target_=optuna.samplers.GPSampler",),
    "a sampler that walks a table": ("search.sampler._target_=optuna.samplers.GridSampler",),
    "a sampler that is none": ("search.sampler._target_=strategy.vwap_reclaim.VwapReclaim",),
    "a sampler of a search that asks none": ("search=exhaustive", TPE),
    "Tune over Ray Client": ("runner=ray", "runner.address=ray://127.0.0.1:10001"),
    "a table on a cluster that is not there": ("search=exhaustive", "runner=ray", "runner.address=127.0.0.1:1"),
    "a table of a continuous space": ("search=exhaustive", "space.stop_loss_percent={low:-50,high:-10}"),
    "a table of 10^12 points": (
        "search=exhaustive", *(f"space.{name}={{low:{low},high:{low + 9999},step:1}}" for name, low in (
            ("take_profit_percent", 1), ("max_trade_duration_seconds", 60), ("cooldown_period_seconds", 60))),
    ),
    "a step that is too small": ("space.stop_loss_percent={low:-50,high:-10,step:1e-9}",),
    "a step of nothing": ("space.stop_loss_percent={low:-50,high:-10,step:0}",),
    "a range without an end": ("space.stop_loss_percent={low:-.inf,high:-10,step:1}",),
    "a level that is no number": (f"space.stop_loss_percent=[{NAN}]",),
    "time": ("search.timeout_s=-1",),
    "a mirror": ("mirror.max_trials=-1",),
    "a surface": ("report.surface_max_points=-1",),
    "an objective": ("objective=sharp",),
    "a bound": ("constraints.min_win_rat=.5",),
    "too few sessions": ("data.synthetic.sessions=2",),
    "a strategy's value": ("strategy.latency_seconds=0",),
}  # fmt: skip
CALLERS = {
    **BOTH,
    "an objective": ("objective=sharp",),
    "a mode": ("mode=per_callers",),
    "a tie breaker": ("ties=[profit]",),
    "a bound": ("constraints.min_foo=1",),
    "an axis": ("policy.take_profi=3",),
    "a file of data": ("data=duckdb", "data.duckdb=missing.duckdb"),
    "a gate": ("gates.max_excluded_calls=0",),
    "a key of sweeps": (TPE,),
    "an objective without an account": ("objective=final_capital", "capital=calls_unlimited"),
}
SWEEP = (
    "+experiment=options_sweep", "search=random", "search.n_trials=8", "search.batch=4", "runner=local",
    "data.synthetic.sessions=4", "constraints.min_trades=3", "report.surface_max_points=1", "mirror.enabled=false",
)  # fmt: skip
CALLER = ("+experiment=caller_policies", "policy=v1", "runner=local", "data.synthetic.callers=3")


def snapshot(folder: Path) -> dict[str, str]:
    """Name -> digest of every file, "" for a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"data.cache={tmp_path_factory.mktemp('cache')}"


def refused(capsys: pytest.CaptureFixture[str], *overrides: str) -> str:
    """The one sentence of a request that ends with exit code 2 and leaves the directory as it was."""
    before = snapshot(Path())
    code = main(overrides)
    error = capsys.readouterr().err.strip()
    assert code == USER_ERROR, error
    assert "Traceback" not in error
    assert snapshot(Path()) == before, overrides
    return error


@pytest.mark.parametrize(("command", "wrong"), [(SWEEP, SWEEPS), (CALLER, CALLERS)], ids=["sweep", "callers"])
def test_a_wrong_request_leaves_no_trace_and_the_corrected_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cache: str,
    command: tuple[str, ...], wrong: dict[str, tuple[str, ...]],
) -> None:  # fmt: skip
    """In an empty directory; and with fresh=true over a finished study, of which nothing is deleted."""
    assert len(wrong) >= 20
    monkeypatch.chdir(tmp_path)
    for what, overrides in wrong.items():
        assert refused(capsys, *command, cache, *overrides), what
    assert list(tmp_path.iterdir()) == []
    study = (*command, cache, "study.name=mine", "run_dir=run")
    assert main(study) == DONE
    for what, overrides in wrong.items():
        assert refused(capsys, *study, "fresh=true", *overrides), what
    assert main([*study, "fresh=true"]) == DONE


def test_a_study_of_another_plan_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cache: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (SWEEP, CALLER):
        study = (*command, cache, "study.name=mine", f"run_dir={command[1].partition('=')[2]}")
        assert main(study) == DONE
        assert "was made by another plan" in refused(capsys, *study, "seed=5")
        assert main(study) == DONE


def test_what_ends_a_study_that_is_open_is_no_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cache: str
) -> None:
    """A disk without room in mid-study: exit code 1 and a sentence, and the same command goes on."""
    resource = pytest.importorskip("resource")
    monkeypatch.chdir(tmp_path)
    study = (*SWEEP, cache, "study.name=mine", "run_dir=run", "search.n_trials=60")
    command = [sys.executable, "-B", "-m", "quantray.run", *study]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))  # noqa: E731
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, preexec_fn=limit)
    assert ended.returncode == FAILED, ended.stderr
    assert "free some space" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert main(study) == DONE
    with pytest.raises(Unfinished, match="the same command goes on"), begun():
        raise DataError("a file that was there is gone")


@contextmanager
def listening(answer: bytes | None) -> Iterator[str]:
    """HOST:PORT of something that is not Ray: it answers so, or (None) accepts and is silent."""
    kept: list[socket.socket] = []

    def serve(door: socket.socket) -> None:
        while True:
            try:
                kept.append(door.accept()[0])
            except OSError:
                return
            if answer is not None:
                kept[-1].sendall(answer)

    with closing(socket.socket()) as door:
        door.bind(("127.0.0.1", 0))
        door.listen()
        threading.Thread(target=serve, args=(door,), daemon=True).start()
        yield f"127.0.0.1:{door.getsockname()[1]}"
    for line in kept:
        line.close()


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.6\r\n", None])
@pytest.mark.parametrize("prefix", ["", "ray://"])
def test_what_is_not_ray_is_told_in_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], cache: str,
    answer: bytes | None, prefix: str,
) -> None:  # fmt: skip
    import time

    monkeypatch.chdir(tmp_path)
    with listening(answer) as address:
        began = time.monotonic()
        said = refused(capsys, *CALLER, cache, "runner=ray", f"runner.address={prefix}{address}")
        assert time.monotonic() - began < 30
    assert "no Ray cluster answers there" in said
