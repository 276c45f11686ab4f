"""``quantray`` itself: help without a verb, near misses, the version, and how soon it answers."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

import quantray
from quantray.cli import backtest, command

HEAVY = {"ray", "numba", "pandas", "optuna", "sqlalchemy", "duckdb", "pyarrow", "matplotlib", "scipy"}
QUICK = {
    "help": ["v1-baseline", "--help"],
    "help of a stage": ["calls", "coverage", "--help"],
    "help of the import": ["import-results", "--help"],
    "no verb": [],
    "a wrong verb": ["stdy"],
    "the version": ["--version"],
    "a wrong flag": ["v1-baseline", "--polcy", "v1"],
    "a wrong key": ["v1-baseline", "polcy=v1"],
    "a wrong level": ["caller-policies", "--sl-mults", "1.2"],
    "a wrong stage key": ["calls", "slice", "data.intervall=1m"],
    "a sweep's key": ["run", "+experiment=v1_baseline", "search=tpe"],
    "the configuration": ["v1-baseline", "--cfg", "job"],
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", QUICK)
def test_help_and_errors_load_nothing_heavy(name: str) -> None:
    program = (
        "import contextlib, sys\nfrom quantray import cli\n"
        f"with contextlib.suppress(SystemExit): cli.main({QUICK[name]!r})\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "quantray" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("given", [[], ["--help"], ["-h"], ["help"]], ids=" ".join)
@pytest.mark.parametrize("words", [[], ["study"], ["calls"], ["backtest"]], ids=" ".join)
def test_without_a_verb_its_help_is_shown(
    words: list[str], given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main([*words, *given]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"usage: {' '.join(['quantray', *words])} VERB")
    assert err == ""


def test_every_verb_is_listed_and_parses(capsys: pytest.CaptureFixture[str]) -> None:
    command.main([])
    shown = capsys.readouterr().out
    for name in command.VERBS:
        assert f"\n  {name} " in shown
        with suppress(SystemExit):
            assert command.main([name, "--help"]) == 0
        assert name in capsys.readouterr().out
    assert set(backtest.RUNS) <= set(command.VERBS)
    for name, (experiment, _) in backtest.RUNS.items():
        assert command.VERBS[name].help == backtest.verbs()[name].help == f"run +experiment={experiment} by flags"


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--version"]) == 0
    assert capsys.readouterr().out == f"quantray {quantray.__version__}\n"


@pytest.mark.parametrize(
    ("given", "answer"),
    [
        (["stdy"], "unknown verb of quantray 'stdy'; did you mean 'study'?"),
        (["v1_baseline"], "did you mean 'v1-baseline'?"),
        (["Study"], "did you mean 'study'?"),
        (["--versoin"], "did you mean '--version'?"),
        (["--hepl"], "did you mean '--help'?"),
        (["study", "exprot"], "unknown verb of quantray study 'exprot'; did you mean 'export'?"),
        (["calls", "coverge"], "did you mean 'coverage'?"),
        (["backtest", "v1-baselin"], "did you mean 'v1-baseline'?"),
        (["+experiment=options_sweep"], "did you mean quantray run +experiment=options_sweep?"),
        (["study", "list", "--were", "x"], "unknown flag '--were'; did you mean '--where'?"),
        (["study", "list", "mine"], "mine does not exist; give a ledger file, a run's directory"),
        (["study", "export", "--top", "0"], "--top: 0 must be at least 1"),
        (["study", "export", "--top", "many"], "--top: 'many' must be a whole number"),
        (["study", "delete"], "quantray study delete needs name"),
        (["launch"], "quantray launch needs N;"),
        (["launch", "five"], "N: 'five' must be a whole number"),
        (["doctor", "--hlp"], "did you mean '--help'?"),
        (["import-results"], "quantray import-results needs FILE"),
        (["import-results", "x.csv", "--decimal", "dot"], "--decimal: invalid choice: 'dot'"),
        (["run", "--cfg"], "-c/--cfg: expected one argument"),
        (["run", "--cfg", "jobs"], "-c/--cfg: invalid choice: 'jobs'"),
        (["stu\x1b[2Jdy"], "did you mean 'study'?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_typo_is_one_sentence_with_the_near_miss(
    given: list[str], answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(given) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert answer in err
    assert err.count("\n") == 1
    assert "\x1b" not in err


@pytest.mark.parametrize(
    "line", ["launch 5", "study list", "study show", "study export --top 50 --out best.csv", "doctor", "run seed=1"]
)
def test_what_old_scripts_did_has_a_verb(line: str) -> None:
    assert callable(command.parsed(line.split()))


@pytest.mark.slow
def test_a_verb_loads_its_own_family_alone() -> None:
    program = "import sys\nfrom quantray.cli import main\nmain(sys.argv[1:])\nprint(*sys.modules)"
    families = {"exits", "verbs", "command"}
    for given, more in (([], set()), (["study"], {"study"}), (["stdy"], set())):
        done = subprocess.run([sys.executable, "-c", program, *given], capture_output=True, text=True, check=True)
        loaded = {name for name in done.stdout.splitlines()[-1].split() if name.startswith("quantray.cli.")}
        assert loaded == {f"quantray.cli.{name}" for name in families | more}


@pytest.mark.slow
def test_help_and_typos_come_at_once() -> None:
    """About 0.2 s on an idle machine, twice what NumPy takes alone: as that, so that a busy machine is no fault."""

    def took(*command: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, *command], capture_output=True, check=False)
        return time.perf_counter() - began

    plain, ours = [], []
    for given in (["--help"], ["stdy"], ["v1-baseline", "--help"], ["study", "list", "--hlp"]):
        for _ in range(3):
            plain.append(took("-c", "import numpy"))
            ours.append(took("-m", "quantray", *given))
    assert min(ours) < 4 * min(plain)
