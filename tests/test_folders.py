"""Where conf/ and strategy/ are found: in a checkout, in a wheel, in the working directory."""

from __future__ import annotations

import importlib
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from quantray import folders
from quantray.config import wings
from quantray.errors import ConfigError
from quantray.plugins import resolve, source_digest

ROOT = Path(__file__).parents[1]

MINE = """
from dataclasses import dataclass
from strategy.vwap_reclaim import VwapReclaim


@dataclass(frozen=True, kw_only=True)
class Mine(VwapReclaim):
    more: float = 1.0
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a shelf of its own; the imports of the test are undone."""
    (tmp_path / "strategy").mkdir()
    (tmp_path / "strategy" / "mine.py").write_text(MINE)
    (tmp_path / "conf" / "strategy").mkdir(parents=True)
    yaml = "# @package _global_\nstrategy: {_target_: strategy.mine.Mine}\nspace: {more: [1.0, 2.0]}\n"
    (tmp_path / "conf" / "strategy" / "mine.yaml").write_text(yaml)
    monkeypatch.chdir(tmp_path)
    path = list(folders.install().__path__)
    yield tmp_path
    sys.modules["strategy"].__path__[:] = path
    for name in [name for name in sys.modules if name.startswith("strategy.mine")]:
        del sys.modules[name]


def test_the_checkout_is_found() -> None:
    assert folders.shipped("conf") == ROOT / "conf"
    assert folders.folders("strategy", own=ROOT) == [ROOT / "strategy"]


def test_own_and_shipped_strategies_both_resolve(own: Path) -> None:
    mine = resolve("strategy.mine.Mine")
    shipped = resolve("strategy.opening_range_breakout.OpeningRangeBreakout")
    assert Path(sys.modules[mine.__module__].__file__ or "").parent == own / "strategy"
    assert Path(sys.modules[shipped.__module__].__file__ or "").parent == ROOT / "strategy"


def test_own_choices_stand_beside_the_shipped_ones(own: Path) -> None:
    assert wings.choices("strategy", "sweeps") == ["mine", "opening_range_breakout", "vwap_reclaim"]
    assert "search" in wings.groups("sweeps")
    assert not {"search", "strategy"} & set(wings.groups("callers"))


def test_an_own_file_hides_the_shipped_one_of_the_same_name(own: Path) -> None:
    before = sys.modules.pop("strategy.opening_range_breakout", None)
    try:
        (own / "strategy" / "opening_range_breakout.py").write_text("MARK = 7\n")
        importlib.invalidate_caches()
        assert resolve("strategy.opening_range_breakout.MARK") == 7
    finally:
        sys.modules.pop("strategy.opening_range_breakout", None)
        if before is not None:
            sys.modules["strategy.opening_range_breakout"] = before


def test_installing_twice_changes_nothing(own: Path) -> None:
    first = list(folders.install().__path__)
    assert list(folders.install().__path__) == first


def test_an_edited_strategy_has_another_digest(own: Path) -> None:
    mine = resolve("strategy.mine.Mine")
    before = source_digest(mine)
    assert before == source_digest(mine)
    (own / "strategy" / "mine.py").write_text(MINE + "# edited\n")
    assert source_digest(mine) != before


def test_a_strategy_that_cannot_be_imported_says_why(own: Path) -> None:
    (own / "strategy" / "mine_broken.py").write_text("import no_such_library_here\n")
    with pytest.raises(ConfigError, match="no_such_library_here"):
        resolve("strategy.mine_broken.Any")
    (own / "strategy" / "mine_typo.py").write_text("def (:\n")
    with pytest.raises(ConfigError, match="cannot be imported"):
        resolve("strategy.mine_typo.Any")


def test_a_module_called_strategy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "strategy", importlib.import_module("json.decoder"))
    with pytest.raises(ConfigError, match="hides the folder"):
        folders.install()


def test_a_fresh_interpreter_without_init_files(own: Path) -> None:
    """As on a worker: nothing imported yet, the working directory given by the driver."""
    code = f"from pathlib import Path; from quantray import folders; folders.install(Path({str(own)!r}))\n"
    code += "import strategy.mine, strategy.vwap_reclaim; print(strategy.mine.__file__)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd="/", check=True)
    assert done.stdout.strip() == str(own / "strategy" / "mine.py")


@pytest.mark.slow
def test_the_wheel_carries_its_shelf_inside(own: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Built, unpacked where only it is on the path, and run from a folder with an own strategy."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    wheel = next(folder.glob("*.whl"))
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info" not in name} == {"quantray"}
    assert "quantray/py.typed" in names
    home = folder / "env"
    venv.create(home, with_pip=False)
    site = next((home / "lib").glob("python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    others = [path for path in sys.path if path.endswith("site-packages")]
    (site / "dependencies.pth").write_text("\n".join(others) + "\n")
    code = (
        "import quantray as qr; from quantray import folders\n"
        "plan = qr.load('strategy=mine'); print(folders.shipped('conf')); print(plan.strategy.target)\n"
        "print(qr.load('+experiment=options_sweep').space.size)"
    )
    done = subprocess.run([home / "bin" / "python", "-c", code], capture_output=True, text=True, cwd=own, check=True)
    assert done.stdout.split() == [str(site / "quantray" / "_shelf" / "conf"), "strategy.mine.Mine", "1267200"]
