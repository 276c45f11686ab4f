"""The synthetic market: one identity, written once, shaped like a day, priced by its own dynamics."""

import subprocess
import sys
from pathlib import Path

import pytest

from quantray.files.caches import cache_dir
from quantray.sweeps.data import DataSettings, SyntheticSettings, load
from quantray.sweeps.data.synthetic_market import ensure_market

SMALL = SyntheticSettings(sessions=2, strikes=3)


def small(cache: Path, **changes) -> DataSettings:
    return DataSettings(cache=str(cache), synthetic=SyntheticSettings(**{"sessions": 2, "strikes": 3, **changes}))


@pytest.mark.slow
def test_same_seed_same_market_and_every_setting_another(tmp_path: Path):
    first = load(small(tmp_path / "a"))
    assert load(small(tmp_path / "b")).digest == first.digest
    assert "seed 0" in first.source
    digests = {first.digest, load(small(tmp_path, seed=1)).digest, load(small(tmp_path, edge=1.0)).digest}
    assert len(digests) == 3


def test_written_once_and_mended_when_damaged(tmp_path: Path):
    settings = small(tmp_path)
    folder = ensure_market(settings)
    stamps = {p.name: p.stat().st_mtime_ns for p in folder.iterdir()}
    assert ensure_market(settings) == folder
    assert {p.name: p.stat().st_mtime_ns for p in folder.iterdir()} == stamps
    (folder / "chain.parquet").unlink()
    assert sorted(p.name for p in ensure_market(settings).iterdir()) == sorted(stamps)
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]


def test_the_cache_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_dir(None) == tmp_path / "quantray"
    assert cache_dir("/x") == Path("/x")


@pytest.mark.slow
def test_two_processes_make_it_at_once(tmp_path: Path):
    code = (
        "import sys; from quantray.sweeps.data import *; "
        "print(load(DataSettings(cache=sys.argv[1], synthetic=SyntheticSettings(sessions=2, strikes=3))).digest)"
    )
    made = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
            for _ in range(3)]  # fmt: skip
    digests = {process.communicate(timeout=120)[0] for process in made}
    assert len(digests) == 1
    assert [process.returncode for process in made] == [0, 0, 0]
    assert len(list((tmp_path / "synthetic").iterdir())) == 1


@pytest.mark.slow
def test_sessions_of_the_calendar_with_a_half_day(tmp_path: Path):
    settings = DataSettings(from_="2024-11-27", to="2024-11-29", cache=str(tmp_path), synthetic=SMALL)
    market = load(settings)
    assert [(s.date, s.n_bars) for s in market] == [("2024-11-27", 23_400), ("2024-11-29", 12_600)]
    assert all((s.expiry == s.day).all() for s in market)


@pytest.mark.slow
def test_nothing_of_it_is_quarantined(tmp_path: Path):
    quality = load(small(tmp_path)).quality
    assert {k: v for k, v in quality.items() if k.startswith(("quarantined", "rows")) and v} == {}
    assert 0.15 < quality["carried_bars_share"] < 0.3
