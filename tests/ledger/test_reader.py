"""Looking at a ledger makes and changes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from quantray.errors import LedgerError
from quantray.ledger import open_ledger, open_reader
from quantray.settings import Storage
from quantray.testing.ledger import make_batch, make_trials


def test_reading_creates_nothing(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="does not exist"):
        open_reader(f"sqlite:///{tmp_path}/none/ledger.db")
    assert list(tmp_path.iterdir()) == []


def test_a_second_look_in_one_process_leaves_the_write_ahead_log_alone(tmp_path: Path) -> None:
    """POSIX locks belong to the process: a file opened and closed beside SQLite would drop those of an open ledger."""
    ledger = open_ledger(Storage(), tmp_path, "one", {}, described={})
    batch = make_batch(0, range(4))
    ledger.claim(batch)
    with open_reader(f"sqlite:///{tmp_path / 'ledger.db'}", "one") as beside:  # looks again, and leaves
        assert beside.counts().claimed == 4
    visit = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
        "c.execute('SELECT * FROM quantray_meta').fetchall(); c.close()"
    )
    subprocess.run([sys.executable, "-c", visit, str(tmp_path / "ledger.db")], check=True)
    assert (tmp_path / "ledger.db-wal").exists()
    ledger.store(0, make_trials(batch))
    ledger.close()
    with open_reader(f"sqlite:///{tmp_path / 'ledger.db'}", "one") as after:
        assert after.counts().attempts == 4
