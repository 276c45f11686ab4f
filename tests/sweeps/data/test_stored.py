"""A market on disk is the one in memory: every byte, wherever it is sent, and made again when it is damaged."""

from __future__ import annotations

import pickle
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from quantray.digests import digest_of
from quantray.errors import ConfigError, DataError
from quantray.sweeps.data import load
from quantray.sweeps.data import stored as data_stored
from quantray.sweeps.data.settings import DataSettings, SyntheticSettings
from quantray.sweeps.data.stored import StoredSessions, read_session, write_session
from quantray.sweeps.market import Slice
from tests.builders.sessions import tiny_slice


def settings(folder: Path, memory_gb: float, sessions: int = 3) -> DataSettings:
    few = SyntheticSettings(sessions=sessions, strikes=2)
    return DataSettings(synthetic=few, cache=str(folder), memory_gb=memory_gb)


def same(a: Slice, b: Slice) -> bool:
    assert [digest_of(session) for session in a] == list(a.session_digests)
    told = (a.digest, a.source, dict(a.quality), a.dates, a.nbytes)
    return told == (b.digest, b.source, dict(b.quality), b.dates, b.nbytes)


@pytest.mark.parametrize("quotes", [True, False])
def test_a_session_is_read_as_it_was_written(tmp_path: Path, quotes: bool) -> None:
    given = tiny_slice(1, quotes=quotes, interval_s=60, n_bars=390, lunch=True, early_ends=True).sessions[0]
    path = tmp_path / "one.session"
    write_session(path, given)
    found = read_session(path)
    for field in fields(given):
        mine, theirs = getattr(found, field.name), getattr(given, field.name)
        if isinstance(theirs, np.ndarray):
            assert mine.dtype == theirs.dtype
            assert mine.tobytes() == theirs.tobytes()
            assert mine.shape == theirs.shape
            assert not mine.flags.writeable
        else:
            assert mine == theirs
            assert type(mine) is type(theirs)
    assert digest_of(found) == digest_of(given)


@pytest.mark.slow
def test_in_memory_and_on_disk_are_one_market(tmp_path: Path) -> None:
    held = load(settings(tmp_path, np.inf))
    assert isinstance(held.sessions, tuple)
    assert not (tmp_path / "sessions").exists()
    size = held.nbytes / 1e9
    for memory_gb in (0.0, size / 2, 0.0):  # all at once, some that were held first, and found again
        stored = load(settings(tmp_path, memory_gb))
        assert isinstance(stored.sessions, StoredSessions)
        assert same(stored, held)
    assert isinstance(load(settings(tmp_path, 2 * size)).sessions, tuple)  # found, and small enough to hold
    part = stored.take(1, 3)
    assert same(part, held.take(1, 3))
    assert part.sessions[-1].date == held.dates[2]
    sent = pickle.loads(pickle.dumps(part))
    assert isinstance(sent.sessions, tuple)
    assert same(sent, part)
    assert not [p for p in (tmp_path / "sessions").iterdir() if p.name.startswith(".unfinished")]
    assert held.named() is None
    assert stored.take(0, 0).named() is None
    named = part.named()
    assert named is not None
    assert len(message := pickle.dumps(named)) < 5000  # names, and no price
    assert named.nbytes == 0
    assert [digest_of(session) for session in pickle.loads(message).take(1, 2)] == [*held.session_digests[2:]]
    assert named.whole()
    assert not replace(named, session_digests=held.session_digests[:2]).whole()  # another market of that name
    victim = stored.sessions.folder / f"{held.dates[0]}.session"
    victim.write_bytes(victim.read_bytes()[:-1] + b"?")
    assert not named.whole()
    victim.unlink()
    assert not named.whole()


@pytest.mark.slow
def test_any_number_may_be_open_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stored = load(settings(tmp_path, 0.0))
    monkeypatch.setattr(data_stored, "MOST_MAPS", 2)
    held = [stored.sessions[k % 3] for k in range(9)]
    assert len(data_stored._maps) == 2
    assert [digest_of(session) for session in held] == [*stored.session_digests] * 3
    del held
    assert not data_stored._maps
    (stored.sessions.folder / f"{stored.dates[0]}.session").unlink()
    with pytest.raises(DataError, match="the same command makes it again"):
        stored.sessions[0]


@pytest.mark.slow
def test_another_market_has_another_place_and_a_damaged_one_is_made_again(tmp_path: Path) -> None:
    first, other = load(settings(tmp_path, 0.0)), load(settings(tmp_path, 0.0, sessions=4))
    places = {market.sessions.folder for market in (first, other)}
    assert len(places) == 2
    victim = first.sessions.folder / f"{first.dates[1]}.session"
    content = bytearray(victim.read_bytes())
    content[-1] ^= 1
    victim.write_bytes(content)
    again = load(settings(tmp_path, 0.0))
    assert again.digest == first.digest
    assert same(again, load(settings(tmp_path, np.inf)))


@pytest.mark.slow
def test_files_that_change_are_another_market(tmp_path: Path) -> None:
    made = load(settings(tmp_path / "made", np.inf, sessions=2))
    folder = next((tmp_path / "made" / "synthetic").iterdir())
    files = {name: str(folder / f"{name}.parquet") for name in ("underlying", "chain", "options")}
    given = DataSettings(kind="parquet", cache=str(tmp_path), memory_gb=0.0, **files)
    assert load(given).digest == made.digest
    other = load(settings(tmp_path / "other", np.inf, sessions=3))
    for path in (tmp_path / "other" / "synthetic").glob("*/*.parquet"):
        (folder / path.name).write_bytes(path.read_bytes())
    assert load(given).digest == other.digest


def test_the_limit_is_a_number_of_gigabytes(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.memory_gb"):
        replace(settings(tmp_path, 1.0), memory_gb=-1.0)
    with pytest.raises(ConfigError, match=r"data\.memory_gb"):
        replace(settings(tmp_path, 1.0), memory_gb=float("nan"))
