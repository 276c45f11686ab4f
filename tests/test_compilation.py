"""Where kernels are kept: a folder for each state of their sources, also where no home can be written."""

from __future__ import annotations

import os
import pickle
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from quantray import compilation
from tests.builders.people import ROOT, as_user, needs_root, said_by, uid_of

PACKAGE = Path(compilation.__file__).parent
PROGRAM = """
import os, sys
{before}
import quantray
from quantray.cli import doctor
doctor.CHECKS = {{"numba": doctor._numba}}
from quantray.cli.run import guarded
print(quantray.__file__)
code = guarded(lambda: doctor.examine(["+experiment=options_sweep"]))
import numba
from quantray.compilation import digest_of_kernels
assert numba.config.CACHE_DIR.endswith("/kernels-" + digest_of_kernels())
print(os.path.dirname(numba.config.CACHE_DIR), code)
"""


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder that everybody can enter, with one for temporary files in it."""
    with tempfile.TemporaryDirectory(prefix="qr-") as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "tmp").mkdir()
        (Path(folder) / "tmp").chmod(0o1777)
        yield Path(folder)


@pytest.fixture
def path(room: Path) -> str:
    """The search path to a copy of the package that belongs to root and that nobody else can write to."""
    place = room / "site"
    for name in ("quantray", "conf", "strategy"):
        shutil.copytree(ROOT / name, place / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", place)
    return os.pathsep.join([str(place), *(p for p in sys.path if p.endswith("site-packages"))])


@needs_root
@pytest.mark.slow
@pytest.mark.parametrize("before", ["", "import numba"])
def test_a_user_without_a_home_has_a_private_cache(room: Path, path: str, before: str) -> None:
    told = said_by("nobody", PROGRAM.format(before=before), PYTHONPATH=path, TMPDIR=f"{room}/tmp")
    private = room / "tmp" / f"quantray-{uid_of('nobody')}" / "numba"
    assert told.splitlines()[0].startswith(f"{room}/site")
    assert f"cache {private}" in told
    assert "neither the installation nor a home can be written" in told
    assert "install again" not in told
    assert told.splitlines()[-1] == f"{private} 0"
    assert [stat.S_IMODE(p.stat().st_mode) for p in (private, private.parent)] == [0o700, 0o700]
    assert not list((room / "site").rglob("__pycache__"))


RUN = """
import sys
from quantray.cli import main
sys.exit(main(["run", "+experiment=options_sweep", "search.n_trials=10", "search.batch=10", "run_dir=" + sys.argv[1],
               "data.synthetic.sessions=3", "mirror.enabled=false", "runner.workers=1"]))
"""


@needs_root
@pytest.mark.slow
def test_a_run_on_ray_needs_no_home(room: Path, path: str) -> None:
    """The market's cache, Ray's token and the pictures' settings find a place of their own too."""
    told = as_user("nobody", RUN, f"{room}/tmp/run", PYTHONPATH=path, TMPDIR=f"{room}/tmp")
    out, errors = told.communicate(timeout=280)
    assert told.returncode == 0, out + errors
    assert "nonexistent" not in errors
    assert (room / "tmp" / "run" / "report.html").is_file()
    private = room / "tmp" / f"quantray-{uid_of('nobody')}"
    assert {p.name for p in private.iterdir()} == {"numba", "quantray", "matplotlib"}
    assert {stat.S_IMODE(p.stat().st_mode) for p in private.iterdir()} == {0o700}


@needs_root
@pytest.mark.slow
def test_a_cache_that_somebody_else_prepared_is_refused(room: Path, path: str) -> None:
    trap = room / "tmp" / f"quantray-{uid_of('nobody')}"
    (trap / "numba").mkdir(parents=True)
    os.chown(trap, uid_of("daemon"), -1)
    process = as_user("nobody", "import quantray.sweeps.kernels.touch", PYTHONPATH=path, TMPDIR=f"{room}/tmp")
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 1
    assert f"{trap} belongs to user daemon, not to user nobody, and is not used" in errors
    assert list((trap / "numba").iterdir()) == []


def test_every_kernel_counts_in_the_name_of_its_cache() -> None:
    """Numba does not look at what a kernel calls: a file of kernels that is not counted would run old code."""
    counted = set(compilation._sources())
    kernels = {
        p
        for p in PACKAGE.rglob("*.py")
        if re.search(r"^\s*@(nb\.|numba\.)?(njit|jit|guvectorize|vectorize)", p.read_text(), re.M)
    }
    assert kernels
    assert kernels <= counted
    assert PACKAGE / "callers" / "codes.py" in counted  # imported by kernels, in no folder of theirs


@pytest.mark.slow
def test_a_changed_callee_is_compiled_into_its_callers(path: str, room: Path) -> None:
    """An upgrade in place: the caller's file is the same, the function it calls in another file is not."""
    kernels = room / "site" / "quantray" / "kernels"
    (kernels / "callee.py").write_text("from numba import njit\n\n@njit(cache=True)\ndef step(x):\n    return x + 1\n")
    (kernels / "caller.py").write_text(
        "from numba import njit\nfrom quantray.kernels.callee import step\n\n"
        "@njit(cache=True)\ndef twice(x):\n    return step(step(x))\n"
    )
    program = "from quantray.kernels.caller import twice; print(twice(5), sum(twice.stats.cache_hits.values()))"

    def said() -> str:
        env = {**os.environ, "PYTHONPATH": path}
        return subprocess.run(
            [sys.executable, "-c", program], env=env, cwd=room, check=True, capture_output=True, text=True
        ).stdout

    assert said().split() == ["7", "0"]
    assert said().split() == ["7", "1"]
    (kernels / "callee.py").write_text("from numba import njit\n\n@njit(cache=True)\ndef step(x):\n    return x + 10\n")
    assert said().split() == ["25", "0"]


def test_no_probe_of_the_coverage_is_compiled() -> None:
    """slipcover writes its probes into byte code, which is what numba compiles: it leaves out every compiled module."""
    left_out = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["slipcover"]["omit"].split(",")
    compiled = [p.relative_to(ROOT) for p in (ROOT / "quantray").rglob("*.py") if "@njit" in p.read_text()]
    assert len(compiled) > 15
    assert not [path for path in compiled if not any(fnmatch(str(path), pattern) for pattern in left_out)]


@pytest.mark.slow
def test_no_kernel_is_compiled_for_a_literal(tmp_path: Path) -> None:
    """Called with a variable that began as a literal, a function is compiled once for it and once for the number."""
    import numba

    from quantray.callers.stages.warmup import warm
    from quantray.config.plans import load_plan
    from quantray.sweeps.study import sweep

    warm()
    small = ["data.synthetic.sessions=4", "search.n_trials=8", "report.surface_max_points=0", "mirror.enabled=false"]
    sweep(load_plan("+experiment=options_sweep", *small, "runner=local", f"run_dir={tmp_path}"))
    compiled = {}
    for file in Path(numba.config.CACHE_DIR).rglob("*.nbi"):
        with file.open("rb") as index:
            pickle.load(index)  # Numba's version
            compiled[file.name] = " ".join(str(key[0]) for key in pickle.loads(index.read())[1])
    assert len(compiled) > 60
    assert not {name: said for name, said in compiled.items() if "Literal" in said}
