"""No password leaves the process, however it was spelt; and text that holds none leaves as it is."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from quantray import passwords
from quantray.cli import doctor
from quantray.cli.command import main
from quantray.config.plans import load_plan, load_plans
from quantray.errors import LedgerError, QuantrayError
from quantray.outlets import logger
from quantray.passwords import learn, masked, remembered

SECRET = "hunter2xyz"
RUN = ["run", "+experiment=options_sweep", "storage=postgres"]
#: What is typed behind a command, and the password in it.
SPELLINGS: dict[str, tuple[list[str], str]] = {
    "plain": ([f"storage.url=postgresql://ann:{SECRET}@127.0.0.1:1/s"], SECRET),
    "short scheme": ([f"storage.url=postgres://ann:{SECRET}@127.0.0.1:1/s"], SECRET),
    "driver": ([f"storage.url=postgresql+psycopg2://ann:{SECRET}@127.0.0.1:1/s"], SECRET),
    "unknown driver": ([f"storage.url=postgresql+psycop://ann:{SECRET}@127.0.0.1:1/s"], SECRET),
    "other database": ([f"storage.url=mysql://ann:{SECRET}@127.0.0.1:1/s"], SECRET),
    "no user": ([f"storage.url=postgresql://:{SECRET}@127.0.0.1:1/s"], SECRET),
    "user with @": ([f"storage.url=postgresql://ann@corp:{SECRET}@127.0.0.1:1/s"], SECRET),
    "user encoded": ([f"storage.url=postgresql://ann%40corp:{SECRET}@127.0.0.1:1/s"], SECRET),
    "one slash": ([f"storage.url=postgresql:/ann:{SECRET}@127.0.0.1/s"], SECRET),
    "three slashes": ([f"storage.url=postgresql:///ann:{SECRET}@127.0.0.1/s"], SECRET),
    "no slash": ([f"storage.url=postgresql:ann:{SECRET}@127.0.0.1/s"], SECRET),
    "no scheme": ([f"storage.url=ann:{SECRET}@127.0.0.1/s"], SECRET),
    "slashes alone": ([f"storage.url=//ann:{SECRET}@127.0.0.1/s"], SECRET),
    "upper case": ([f"storage.url=POSTGRESQL://ann:{SECRET}@127.0.0.1:1/s"], SECRET),
    "host left out": ([f"storage.url=postgresql://ann:{SECRET}"], SECRET),
    "port that is none": ([f"storage.url=postgresql://ann:{SECRET}@127.0.0.1:port/s"], SECRET),
    "no host, query": ([f"storage.url=postgresql:///s?password={SECRET}&connect_timeout=1"], SECRET),
    "query, ssl": ([f"storage.url=postgresql://127.0.0.1:1/s?sslpassword={SECRET}&sslmode=disable"], SECRET),
    "query, upper case": ([f"storage.url=postgresql://127.0.0.1:1/s?PASSWORD={SECRET}"], SECRET),
    "keywords": ([f"storage.url='host=db password={SECRET} user=ann'"], SECRET),
    "keywords, spaces": ([f"storage.url='host=db password = {SECRET} user=ann'"], SECRET),
    "keywords, quoted": (["storage.url=\"host=db password='hunter two xyz' user=ann\""], "hunter two xyz"),
    "keywords, escaped": ([r"storage.url=host=db password='hun\'ter2' user=ann"], r"hun\'ter2"),
    "keywords, ssl": ([f"storage.url='host=db sslpassword={SECRET}'"], SECRET),
    "typo in the section": ([f"storag.url=postgresql://ann:{SECRET}@db/s"], SECRET),
    "typo in the key": ([f"storage.ulr=postgresql://ann:{SECRET}@db/s"], SECRET),
    "key that does not exist": ([f"storage.password={SECRET}"], SECRET),
    "group": ([f"storage=postgresql://ann:{SECRET}@db/s"], SECRET),
    "another key": ([f"data.duckdb=postgresql://ann:{SECRET}@db/s"], SECRET),
    "study": ([f"study.name=postgresql://ann:{SECRET}@db/s"], SECRET),
    "comma": (["storage.url=postgresql://ann:hunter2,xyz@127.0.0.1:1/s"], "hunter2,xyz"),
    "quote": (["storage.url=postgresql://ann:hunter2'xyz@127.0.0.1:1/s"], "hunter2'xyz"),
    "two quotes": (["storage.url=postgresql://ann:hunter'2'xyz@127.0.0.1:1/s"], "hunter'2'xyz"),
    "double quote": (['storage.url=postgresql://ann:hunter2"xyz@127.0.0.1:1/s'], 'hunter2"xyz'),
    "space": (["storage.url='postgresql://ann:hunter two@127.0.0.1:1/s'"], "hunter two"),
    "brackets": (["storage.url=postgresql://ann:hunter[2]{xyz}@127.0.0.1:1/s"], "hunter[2]{xyz}"),
    "at sign": (["storage.url=postgresql://ann:hunter@2xyz@127.0.0.1:1/s"], "hunter@2xyz"),
    "slash": (["storage.url=postgresql://ann:hunter/2xyz@127.0.0.1:1/s"], "hunter/2xyz"),
    "question mark": (["storage.url=postgresql://ann:hunter?2xyz@127.0.0.1:1/s"], "hunter?2xyz"),
    "colon": (["storage.url=postgresql://ann:hunter:2xyz@127.0.0.1:1/s"], "hunter:2xyz"),
    "hash": (["storage.url=postgresql://ann:hunter#2xyz@127.0.0.1:1/s"], "hunter#2xyz"),
    "dollar": (["storage.url=postgresql://ann:hunter${x}2@127.0.0.1:1/s"], "hunter${x}2"),
    "backslash": ([r"storage.url=postgresql://ann:hunter\2xyz@127.0.0.1:1/s"], r"hunter\2xyz"),
    "percent": (["storage.url=postgresql://ann:hunter%402%2Cxyz@127.0.0.1:1/s"], "hunter%402%2Cxyz"),
    "digits": (["storage.url=postgresql://ann:5432@127.0.0.1:1/s"], ":5432@"),
    "list": ([f"storage.url=[postgresql://ann:{SECRET}@db/s,postgresql://bob:{SECRET}2@db/s]"], SECRET),
    "mapping": ([f"storage={{url:postgresql://ann:{SECRET}@db/s}}"], SECRET),
    "mapping, key": ([f"storage={{password:{SECRET}}}"], SECRET),
    "two of them": ([f"storage.url=postgresql://a:{SECRET}@db/s", f"storag.url=postgresql://b:{SECRET}9@d/s"], SECRET),
    "appended": ([f"+storage.url=postgresql://ann:{SECRET}@127.0.0.1:1/s"], SECRET),
    "deleted": ([f"~storage.url=postgresql://ann:{SECRET}@127.0.0.1:1/s"], SECRET),
    "two addresses, one of them typed": ([f"storage.url=a,postgresql://ann:{SECRET}@127.0.0.1:1/s"], SECRET),
}  # fmt: skip


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*passwords.ADDRESSES, *(name for name in os.environ if name.startswith("PG"))]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def forms(secret: str) -> set[str]:
    """The password as it is, and what may be left of it when something cuts it up."""
    pieces = {piece for cut in ",'\"@ " for piece in secret.split(cut) if len(piece) >= 4}
    return {secret, json.dumps(secret)[1:-1], quote(secret, safe=""), *pieces} - {"hunter"}


def said(capsys: pytest.CaptureFixture[str], words: list[str]) -> tuple[int, str]:
    try:
        code = main(words)
    except SystemExit as stop:
        code = int(stop.code or 0)
    got = capsys.readouterr()
    return code, got.out + got.err


@pytest.mark.slow
@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("way", ["--cfg", "doctor", "-m", "launch"])
def test_no_spelling_of_a_password_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, spelling: str, way: str
) -> None:
    words, secret = SPELLINGS[spelling]
    # the printed configuration needs no server; nothing else of a run is started
    command = {
        "--cfg": [*RUN, *words, "--cfg", "job"],
        "doctor": ["doctor", *RUN[1:], *words],
        "-m": [*RUN, "-m", *words, "seed=0,x"],
        "launch": ["launch", "2", *RUN[1:], *words, "seed=x"],
    }[way]
    if way == "doctor":
        monkeypatch.setattr(doctor, "CHECKS", {"ledger": doctor._ledger})
    code, told = said(capsys, command)
    assert told
    assert code in (0, 1, 2)
    assert "Traceback" not in told
    assert not [form for form in forms(secret) if form in told], told
    assert list(Path.cwd().rglob("*hunter*")) == []


@pytest.mark.slow
@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("verb", ["list", "show", "export", "delete"])
def test_nor_by_the_commands_about_studies(capsys: pytest.CaptureFixture[str], spelling: str, verb: str) -> None:
    words, secret = SPELLINGS[spelling]
    place = words[0].partition("=")[2]
    code, told = said(capsys, ["study", verb, *(["name"] if verb == "delete" else []), "--where", place])
    assert code != 0
    if "@" in place.partition("//")[2] or "assword" in place:
        assert not [form for form in forms(secret) if form in told], told


@pytest.mark.parametrize("name", ["QUANTRAY_STORAGE_URL", "DATABASE_URL", "PGPASSWORD"])
@pytest.mark.parametrize("secret", ["hunter2xyz", "hun'ter,2", "hun%40ter2", "päss wort"])
def test_what_the_environment_holds_is_known_by_value(monkeypatch: pytest.MonkeyPatch, name: str, secret: str) -> None:
    monkeypatch.setenv(name, secret if name == "PGPASSWORD" else f"postgresql://ann:{secret}@db/s")
    for text in (secret, f"why: {secret}!", repr({"x": secret}), json.dumps([secret]), quote(secret)):
        assert secret not in masked(text)
        assert "***" in masked(text)
    assert secret not in str(LedgerError(f"server said {secret}"))
    monkeypatch.delenv(name)


@pytest.mark.slow
def test_errors_logs_and_files_show_none(caplog: pytest.LogCaptureFixture) -> None:
    with remembered([f"storage.url=postgresql://ann:{SECRET}@db/s"]):
        assert str(QuantrayError(f"raised by a worker: {SECRET}")) == "raised by a worker: ***"
        with caplog.at_level(logging.WARNING):
            logger("quantray.test").warning("from a driver: %s", f"postgresql://ann:{SECRET}@db")
            logger("quantray.test").warning("%d%%", 5)
        assert caplog.messages == ["from a driver: postgresql://ann:***@db", "5%"]
    assert masked(SECRET) == SECRET  # what a command was given is forgotten with it
    plan = load_plan("+experiment=options_sweep", "storage=postgres", f"storage.url=postgresql://ann:{SECRET}@db/s")
    assert SECRET not in repr(plan)


@pytest.mark.slow
def test_a_real_process_prints_none(tmp_path: Path) -> None:
    """The traceback of a bug, a driver's words, and the sentence about going on, through real pipes."""
    program = (
        "import sys, quantray.cli.run as run\n"
        "def bug(plan, **_): raise RuntimeError('lost ' + plan.storage.url)\n"
        "run._carry_out = bug\nsys.exit(run.main(sys.argv[1:]))"
    )
    address = f"storage.url=postgresql://ann@corp:{SECRET}@127.0.0.1:1/s"
    done = subprocess.run(
        [sys.executable, "-c", program, *RUN[1:], address], capture_output=True, text=True, cwd=tmp_path
    )
    assert (done.returncode, "RuntimeError: lost postgresql://ann@corp:***@127.0.0.1:1/s" in done.stderr) == (1, True)
    assert SECRET not in done.stdout + done.stderr
    stopped = program.replace("RuntimeError('lost ' + plan.storage.url)", "KeyboardInterrupt")
    done = subprocess.run(
        [sys.executable, "-c", stopped, *RUN[1:], address], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 130
    assert "go on with: python -m quantray.run" in done.stderr
    assert SECRET not in done.stderr


@pytest.mark.slow
def test_a_study_is_not_named_after_a_password() -> None:
    lines = ["-m", "+experiment=options_sweep", "storage=postgres"]
    for address in (f"postgresql://ann:{SECRET}@db", f"ann:{SECRET}@db", f"postgresql://ann@db?password={SECRET}"):
        plans = load_plans([*lines[1:], f"storage.url={address},postgresql://bob@db"])
        assert not [plan.study for plan in plans if "hunter" in plan.study]


PLAIN = [
    "error: the password authentication failed for user \"ann\"",
    "check the user and the password in storage.url, or PGUSER and PGPASSWORD",
    "storage=postgres needs an address: storage.url=postgresql://user:password@host/database",
    "fe_sendauth: no password supplied",
    "postgresql://ann@db:5432/studies?application_name=a@b",
    "postgresql://db:5432/s",
    "postgresql://postgres@/postgres?host=/tmp/x",
    "postgresql://[::1]:5432/s", "postgresql://ann@[::1]:5432/s", "postgresql://…",
    "sqlite:////tmp/a:b@c/ledger.db",
    "passfile=~/.pgpass sslmode=require",
    "embedded:///run/postgres",
    "https://example.org:8080/a@b", "mail ann@example.org: see 12:30@noon", "C:\\data\\a@b",
    "run_dir=/data/a:b@c seed=1", "call 7:caller@x", "password_encryption = scram", "max_pass=3 bypass=1",
    "study 'options_sweep-seed_1': 1,000 of 1,000, 12.5/s, best 1.2e-5",
    '{"value": 1.5, "params": {"window": "am"}}',
]  # fmt: skip


@pytest.mark.parametrize("text", PLAIN)
def test_text_without_a_password_is_not_touched(text: str) -> None:
    assert masked(text) == text


@pytest.mark.slow
@given(st.text(st.characters(exclude_characters="@:=\n\r", codec="utf-8")))
def test_no_text_without_a_mark_of_one_is_touched(text: str) -> None:
    assert masked(text) == text


@given(
    user=st.text("abc@.%", max_size=6) | st.sampled_from(["postgres", "redis", "mysql", "pgsql"]),
    secret=st.text("abcXYZ123!$&*()+,;='\"#?/[]{}|~^- ", min_size=4, max_size=12),
)
def test_what_sqlalchemy_takes_for_the_password_is_found(user: str, secret: str) -> None:
    """Raw, and encoded as SQLAlchemy writes it: as a value of the command line, and later on its own."""
    try:
        url = sa.make_url(f"postgresql://{user}:{secret}@db/s")
    except (sa.exc.ArgumentError, ValueError):
        return
    if not url.password or url.password.isdigit() or re.match(r"\d{1,5}[/?#,]", secret):
        return
    encoded = sa.URL.create("postgresql", user or "ann", secret, "db", None, "s").render_as_string(hide_password=False)
    for text in (f"postgresql://{user}:{secret}@db/s", encoded):
        with remembered([f"storage.url={text}"]):
            assert secret not in masked(f"lost {text}")
            assert secret not in masked(f"lost ({secret})")


@pytest.mark.slow
@given(st.text("abcXYZ123!$&*()+,;=@#?/[]{}|~^- '\\", min_size=4, max_size=12))
def test_what_libpq_takes_for_the_password_is_found(secret: str) -> None:
    psycopg2 = pytest.importorskip("psycopg2")
    text = psycopg2.extensions.make_dsn(host="db", password=secret, user="ann")
    assert psycopg2.extensions.parse_dsn(text)["password"] == secret
    if secret.strip().isdigit():
        return
    with remembered([f"storage.url={text}"]):
        told = masked(f"lost {text}, and ({secret})")
        assert secret not in told
        assert "user=ann" in told


def test_learning_is_cheap_and_known_words_are_not_cut_out_of_others() -> None:
    with remembered(["storage.url=postgresql://ann:quant@db/s"]):
        assert masked("quantray searched; quant failed") == "quantray searched; *** failed"
    learn("nothing")
    assert masked("nothing") == "nothing"
