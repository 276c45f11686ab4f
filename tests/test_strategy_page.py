"""docs/strategy.md as a newcomer takes it, and what docs/policies.md adds: files, commands and sentences."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from quantray import LongOption, Session, Signals, Trades
from quantray.cli import command as cli
from quantray.cli import run
from quantray.sweeps.data.sessions import session_windows

PAGE = Path(__file__).parents[1] / "docs" / "strategy.md"
TEXT = PAGE.read_text(encoding="utf-8")
#: What makes a command one of seconds; nothing else of it is changed.
SMALL = ["runner=local", "mirror.enabled=false", "constraints.min_trades=1"]


def blocks(language: str, page: str = TEXT) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)


def files(page: str = TEXT) -> dict[str, str]:
    """Path -> text of every file that the page shows whole."""
    found = {}
    for text in (*blocks("python", page), *blocks("yaml", page)):
        path = re.search(r"^# ((?:conf|strategy)/\S+)$", "\n".join(text.splitlines()[:2]), re.MULTILINE)
        assert path is not None or page is not TEXT, text[:80]
        if path is not None:
            found[path[1]] = text
    return found


def write(folder: Path, found: dict[str, str]) -> None:
    for path, text in found.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")


def downloads(folder: Path, days: int = 4) -> None:
    """A vendor's files in the two layouts that the page shows: naive times of New York, a file of quotes a day."""
    folder.mkdir()
    rng, price = np.random.default_rng(3), 572.0
    bars, quotes = (text.splitlines()[0] for text in blocks("text")[:2])
    with open(folder / "SPY.csv", "w", newline="", encoding="utf-8") as out:
        under = csv.writer(out)
        under.writerow(bars.split(","))
        for window in session_windows("XNYS", "2024-10-01", "2024-12-31")[:days]:
            day, base = window.date, round(price)
            with open(folder / f"quotes_{day}.csv", "w", newline="", encoding="utf-8") as beside:
                options = csv.writer(beside)
                options.writerow(quotes.split(","))
                for minute in range(window.n_bars(60)):
                    path = price * np.exp(np.cumsum(np.append(0.0, rng.normal(0, 3e-4, 4))))
                    price = float(path[-1])
                    clock = f"{9 + (minute + 30) // 60:02d}:{(minute + 30) % 60:02d}"
                    shown = [f"{x:.2f}" for x in (path[0], path.max(), path.min(), price)]
                    under.writerow([f"{day[5:7]}/{day[8:]}/{day[:4]}", clock, *shown, rng.integers(100, 9_000)])
                    for strike in range(base - 2, base + 3):
                        for right, sign in (("C", 1), ("P", -1)):
                            worth = max(sign * (price - strike), 0.0) + 0.4
                            prices = f"{worth - 0.02:.2f}", f"{worth + 0.02:.2f}"
                            options.writerow([f"{day} {clock}:00", "SPY", day, strike, right, *prices])


def carried_out(line: str, small: list[str] = SMALL) -> tuple[int, str]:
    """Exit code and what is said by a command of the page."""
    words = shlex.split(line)
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
        if words[:3] == ["python", "-m", "quantray.run"]:
            code = run.main([*words[3:], *small])
        else:
            code = cli.main([*words[1:], *(["--bars", "20"] if words[1:3] == ["strategy", "check"] else [])])
    return code, said.getvalue()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty folder with the page's files and a vendor's downloads."""
    folder = tmp_path_factory.mktemp("newcomer")
    write(folder, files())
    downloads(folder / "downloads")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield folder
    for name in [
        name for name in sys.modules if name.startswith("strategy.") and f"{name.replace('.', '/')}.py" in files()
    ]:
        del sys.modules[name]


@pytest.mark.slow
def test_every_command_as_it_stands(home: Path) -> None:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(lines) == 9
    for line in lines:
        code, said = carried_out(line)
        assert code == 0, f"{line}\n{said[-2000:]}"
    summaries = [json.loads(path.read_text()) for path in sorted((home / "outputs").glob("*/summary.json"))]
    assert len(summaries) == 5
    assert all(s["n_completed"] and s["verdict"]["word"] for s in summaries)
    assert {s["objective"] for s in summaries} == {
        "return_on_risk_percent", "strategy.my_objective.careful", "total_pnl / max_drawdown",
    }  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("old", "new", "told"), [("close[self.bars :]", "clse[self.bars :]", 2), ("bar=bars,", "bar=bars + 1000,", 3)]
)
def test_what_goes_wrong_is_told_as_the_page_says(home: Path, old: str, new: str, told: int) -> None:
    """Figures of the data apart: the type, the sentence, the file and the line."""
    from quantray.failures import kind_of

    if not (home / "market.duckdb").is_file():
        assert carried_out(blocks("sh")[0].splitlines()[0])[0] == 0
    shown = " ".join(blocks("text")[told].split())
    file, text = home / "strategy" / "dip.py", files()["strategy/dip.py"]
    assert old in text
    sys.modules.pop("strategy.dip", None)
    file.write_text(text.replace(old, new), encoding="utf-8")
    try:
        line = blocks("sh")[0].splitlines()[3]
        code, said = carried_out(f"{line} study.name=wrong{told} space={{bars:[10,20],fall:[.0005,.001]}}")
    finally:
        file.write_text(text, encoding="utf-8")
        sys.modules.pop("strategy.dip", None)
    assert code == 1, said[-2000:]
    summary = json.loads((home / "outputs" / f"wrong{told}" / "summary.json").read_text())
    sentence = re.search(r"\w+Error: .*", shown)
    assert sentence is not None
    assert kind_of(summary["reasons"][0]["first"]) == kind_of(sentence[0].partition(". That is")[0])


@pytest.mark.parametrize(
    ("title", "of"), [("Session", Session), ("Signals", Signals), ("LongOption", LongOption), ("Trades", Trades)]
)
def test_the_tables_name_every_field_once(title: str, of: type) -> None:
    table = re.search(rf"^\| `{title}` \|.*\n\|[-|]+\n((?:\|.*\n)+)", TEXT, re.MULTILINE)
    assert table is not None
    named = [name for row in table[1].splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(named) == sorted(field.name for field in fields(of))


def test_the_defaults_that_are_told_are_those_of_the_fields() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (\S+) \|", TEXT, re.MULTILINE))
    told = {f.name: f.default for f in fields(LongOption)}
    for name, default in told.items():
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        assert rows[name].strip("`") == shown


@pytest.mark.slow
def test_a_policy_and_an_objective_for_callers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files and commands of docs/policies.md, on a small market."""
    page = (PAGE.parent / "policies.md").read_text(encoding="utf-8")
    write(tmp_path, files(page))
    monkeypatch.chdir(tmp_path)
    small = [
        "runner=local", "data=synthetic", "data.synthetic.assets=6", "data.synthetic.calls=60", "stress=false",
        "data.synthetic.callers=2", "data.synthetic.days=3", "data.synthetic.ticks_per_minute=3",
    ]  # fmt: skip
    lines = [line for block in blocks("sh", page) for line in block.splitlines() if "policy=mine" in line]
    assert len(lines) == 3
    for k, line in enumerate(lines):
        code, said = carried_out(line, [*small, f"study.name=run{k}"])
        assert code == 0, f"{line}\n{said[-2000:]}"
        summary = json.loads((tmp_path / "outputs" / f"run{k}" / "summary.json").read_text())
        assert summary["objective"] == ("captured_return", "strategy.calm.calm", "captured_return * sqrt(n_trades)")[k]
    sys.modules.pop("strategy.calm", None)
