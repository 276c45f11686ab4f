"""Every storage keeps the same contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from quantray.ledger import open_ledger
from quantray.ledger.sql_ledger import SqlLedger
from quantray.settings import Storage
from quantray.testing import LedgerContract


class TestSqlite(LedgerContract):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_ledger(self, study: str = "contract") -> SqlLedger:
        return open_ledger(Storage(), self.folder, study, {}, described={})


class TestMemory(LedgerContract):
    def make_ledger(self, study: str = "contract") -> SqlLedger:
        return open_ledger(Storage(kind="memory"), Path("unused"), study, {}, described={})
