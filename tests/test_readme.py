"""Every command in README and docs is one that works; links lead somewhere."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from quantray.cli import backtest, run
from quantray.cli import command as cli

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
#: Makes a command of the README one of seconds; nothing else of it is changed.
SMALL = [
    "data.synthetic.sessions=4", "search.n_trials=4", "search.batch=4", "constraints.min_trades=0",
    "report.surface_max_points=1", "mirror.enabled=false", "runner.workers=1",
]  # fmt: skip
SMALL_CALLS = [
    "data.synthetic.assets=8", "data.synthetic.calls=80", "data.synthetic.callers=2", "data.synthetic.days=3",
    "data.synthetic.ticks_per_minute=3", "policy.hold=[2h]",
]  # fmt: skip
LAUNCHED = ["data.synthetic.sessions=2", "oos.fraction=0", "report.surface_max_points=1", "mirror.enabled=false"]
SMALL_TABLE = ["data.synthetic.sessions=3", "space={take_profit_percent:[50,100]}", "mirror.enabled=false"]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


COMMANDS = [line for page in PAGES for block in blocks(page, "bash") for line in block.splitlines()]


def words(command: str) -> list[str]:
    return [word.removeprefix(".venv/bin/") for word in shlex.split(command)]


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 20
    assert COMMANDS[:2] == ["make demo", "make test"]


@pytest.mark.parametrize("command", sorted(set(COMMANDS)))
def test_a_command_is_understood(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dry form of each: what it would do is worked out, and nothing is written."""
    first, *rest = words(command)
    monkeypatch.chdir(tmp_path)
    if first == "make":
        assert subprocess.run(["make", "-n", *rest], cwd=ROOT, capture_output=True, check=False).returncode == 0
    elif rest[:2] == ["-m", "quantray.run"]:
        dry = [] if "--help" in rest or "--cfg" in rest else ["--cfg", "job"]
        if "--help" in rest:
            with pytest.raises(SystemExit, match="0"):
                run.main(rest[2:])
        else:
            assert run.main([*rest[2:], *dry]) == 0
    elif first == "quantray":
        if "--help" in rest:
            with pytest.raises(SystemExit, match="0"):
                cli.main(rest)
        elif rest[0] in backtest.RUNS or rest[0] == "calls":
            assert cli.main([*rest, "--cfg", "job"]) == 0
        else:
            assert cli.parsed(rest) is not None
    elif "install" in rest:
        check_install(rest)
    else:
        known = (["python3", "-m", "venv", ".venv"], ["python", "-m", "pytest"])
        assert [first, *rest] in known or first == "optuna-dashboard", f"no test knows {command!r}"
    assert not list(tmp_path.iterdir())


def check_install(args: list[str]) -> None:
    """The constraints exist and the extras that are named do too."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (ROOT / args[args.index("-c") + 1]).is_file()
    for extra in re.findall(r"\[(\w+)\]", " ".join(args)):
        assert extra in project["optional-dependencies"]


def smaller(args: list[str]) -> list[str]:
    """A run of the README that takes seconds; what does not run stays as it is."""
    if args[:2] != ["-m", "quantray.run"] or {"--help", "--cfg"} & set(args):
        return args
    if "+experiment=options_table" in args:
        return [*(word for word in args if not word.startswith("data.synthetic.sessions=")), *SMALL_TABLE]
    for experiment in ("v1_baseline", "caller_policies", "alert_baseline"):
        if f"+experiment={experiment}" in args:
            own = any(word.startswith("data.duckdb=") for word in args)
            small = [word for word in SMALL_CALLS if experiment != "alert_baseline" or not word.startswith("policy.")]
            return args if own else [*args, *small, f"study.name={experiment}"]
    plain = set(args[2:]) <= {"+experiment=options_sweep", "search.n_trials=500"}
    kept = [word for word in args if word != "search.n_trials=500"]
    # what makes it small would be in the study's name, and the study tools below ask for the plain one
    return [*kept, *SMALL, *(["study.name=options_sweep"] if plain else [])]


def calls_of_ones_own(folder: Path) -> None:
    """The files that the README's commands about callers name."""
    from quantray.callers.data import CallsData, SyntheticCalls
    from quantray.callers.data.synthetic_file import synthetic_source

    market = SyntheticCalls(assets=8, calls=80, callers=2, ticks_per_minute=3)
    made = synthetic_source(CallsData(synthetic=market, cache=str(folder / "cache"))).duckdb
    shutil.copy(str(made), folder / "calls.duckdb")
    (folder / "groups.yaml").write_text("whales: [caller_1]\n", encoding="utf-8")
    other = "caller,tp_mult,sl_mult,n_trades,win_rate\ncaller_1,2,.9,30,.5\n"
    (folder / "other.csv").write_text(other, encoding="utf-8")


def carried_out(command: list[str], folder: Path, *, first: bool) -> tuple[int, str]:
    """Exit code and last words of a command: the first one in a process of its own, and on Ray, the others in this."""
    module, *args = command[1:]
    if first:
        done = subprocess.run([sys.executable, *command], cwd=folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr
    said = io.StringIO()
    with contextlib.redirect_stderr(said):
        try:
            return (run.main if module == "quantray.run" else cli.main)(args), said.getvalue()
        except SystemExit as end:
            return int(end.code or 0), said.getvalue()


def downloads_of_ones_own(folder: Path) -> None:
    """What the README's commands about data of one's own import."""
    from tests.builders import market_files, vendor_files, vendor_markets

    (folder / "downloads").mkdir()
    made = market_files.frames(prints=False)  # three sessions: fewer cannot be split
    options = made["options"].merge(made["chain"].drop(columns=["underlying", "multiplier"]), on="symbol")
    vendor_files.thetadata(folder / "downloads", options)
    made["underlying"].to_csv(folder / "downloads" / "underlying.csv", index=False)
    (folder / "made").mkdir()
    vendor_markets.three(folder / "made", length=6000)
    shutil.move(folder / "made" / "binance" / "bars", folder / "candles")
    shutil.move(folder / "made" / "binance" / "chat" / "result.json", folder / "result.json")


@pytest.mark.slow
def test_the_tour_in_its_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs and study tools of the README, for real, in one folder."""
    calls_of_ones_own(tmp_path)
    downloads_of_ones_own(tmp_path)
    monkeypatch.chdir(tmp_path)
    lines = [line for block in blocks(ROOT / "README.md", "bash") for line in block.splitlines()]
    ran = 0
    for line in lines:
        first, *rest = words(line)
        if first == "quantray":
            command = ["-m", "quantray", *rest, *(LAUNCHED if rest[0] == "launch" else [])]
        elif rest[:2] == ["-m", "quantray.run"] and "data=parquet" not in rest:
            command = [*smaller(rest), *(["runner=local"] if ran and "+experiment=options_sweep" in rest else [])]
        else:
            continue
        code, said = carried_out(command, tmp_path, first=ran == 0)
        assert code == 0, f"{line}\n{said[-2000:]}"
        ran += 1
    assert ran >= 24
    made_here = ("best.csv", "plots/history.png", "results/breakout/report.html", "missing.csv",
                 "outputs/v1_baseline/report.html", "outputs/caller_policies/optimal_policies.csv",
                 "outputs/baseline/alerts.csv")  # fmt: skip
    for made in made_here:
        assert (tmp_path / made).is_file()


@pytest.mark.slow
def test_the_notebook_and_the_strategy_of_your_own(tmp_path: Path) -> None:
    notebook, callers, strategy = blocks(ROOT / "README.md", "python")
    (settings,) = blocks(ROOT / "README.md", "yaml")
    for folder, name, text in (
        ("strategy", "morning_call.py", strategy),
        ("conf/strategy", "morning_call.yaml", settings),
    ):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / name).write_text(text, encoding="utf-8")
    small = ", ".join(repr(word) for word in [*SMALL, "runner=local"])
    assert notebook.count('"search.n_trials=500"') == 1
    notebook = notebook.replace('"search.n_trials=500"', small)
    done = subprocess.run([sys.executable, "-c", notebook], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert (tmp_path / "report.html").is_file()
    few = ", ".join(repr(word) for word in ["runner=local", *SMALL_CALLS])
    callers = callers.replace('"runner=local"', few) + "\nassert len(callers.frame()) == 3\n"
    done = subprocess.run([sys.executable, "-c", callers], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (line,) = re.findall(r"`(python -m quantray\.run strategy=morning_call [^`]+)`", (ROOT / "README.md").read_text())
    command = [sys.executable, *words(line)[1:], "data.synthetic.sessions=3"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert "minute" in done.stdout


def named_once(group: str) -> tuple[set[str], set[str]]:
    """Choices of a group in either wing, and those that are another name of one: their file only includes it."""
    from omegaconf import OmegaConf

    found, others = set(), set()
    for path in [*(ROOT / "conf").glob(f"*/{group}/*.yaml")]:
        found.add(path.stem)
        content = OmegaConf.load(path)
        if set(content) == {"defaults"}:
            others.add(path.stem)
    return found, others


def test_a_data_choice_has_one_name_on_every_page() -> None:
    """``data=csv`` is another name of ``data=parquet``: pages and messages say the one, and that there is another."""
    known, others = named_once("data")
    assert {"parquet", "duckdb", "synthetic"} <= known - others
    assert others == {"csv"}
    texts = [*PAGES, *(ROOT / "quantray").rglob("*.py"), *(ROOT / "conf").rglob("*.yaml")]
    for path in texts:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for choice in re.findall(r"(?<![\w.])data=([a-z_]+)\b(?![(.])", line):
                assert choice in known or path.suffix == ".py", f"{path}, line {number}: data={choice} does not exist"
                assert choice not in others or "another name" in line, f"{path}, line {number}: data={choice}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_keys_that_are_named_exist(page: Path) -> None:
    """A key in backticks, such as `search.n_trials`, is one that the configuration has."""
    from quantray.config.overrides import jobs
    from quantray.config.plans import compose
    from quantray.config.study_name import flatten
    from quantray.sweeps.study import Study

    composed = [
        compose(jobs(["study.name=x", *kind], multirun=False)[0])
        for kind in (
            ["data=synthetic"],
            ["data=synthetic", "tracking=mlflow"],
            ["+experiment=v1_baseline"],
            ["+experiment=caller_policies"],
            ["+experiment=caller_policies", "policy=listed"],
        )
    ]
    known = {key for cfg in composed for key in flatten(cfg)}
    sections = {key.split(".")[0] for key in known} - {"space", "strategy", "constraints"}
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    for quoted in re.findall(r"`([^`\n]+)`", text):
        for word in quoted.split():
            key = word.split("=")[0].strip("'")
            if (
                re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", key)
                and not key.endswith((".html", ".db", ".json", ".parquet", ".csv"))
                and key.split(".")[0] in sections
                and "sampler" not in key
                and not (key.startswith("study.") and hasattr(Study, key.split(".")[1]))  # of a notebook's object
            ):
                assert any(k == key or k.startswith(f"{key}.") for k in known), f"{page.name} names {key}"
