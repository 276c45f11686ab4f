"""Where a ledger lives: from the configuration, or from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from quantray.errors import LedgerError
from quantray.passwords import ADDRESSES
from quantray.passwords import masked as masked  # an address as it is shown
from quantray.settings import Storage

FILE = "ledger.db"
FOLDER = "postgres"  # of an embedded server, in the run's directory
EMBEDDED = "embedded://"  # our scheme for a server that quantray starts itself: embedded:///FOLDER
#: Variables that hold a whole address, in the order in which they are looked at.
VARIABLES = ADDRESSES
#: Any of these says that libpq's own variables describe a server.
_LIBPQ = ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGDATABASE")
NEEDED = (
    "storage=postgres needs an address: storage.url=postgresql://user:password@host/database, or in the environment "
    f"{', '.join(VARIABLES)}, or PGHOST with PGPORT, PGUSER, PGPASSWORD, PGDATABASE"
)


def address(storage: Storage, run_dir: Path | str, environ: Mapping[str, str] | None = None) -> str:
    """The address of ``storage``, which ``Database`` opens. A SQLite ``url`` may be a plain path.

    Postgres: ``storage.url``, else :data:`VARIABLES`, else what libpq reads (``PGHOST`` and its kin; the password
    then stays with libpq). Raises :class:`LedgerError` when nothing says where the server is.
    """
    if storage.kind == "memory":
        return "sqlite://"
    if storage.kind == "postgres_embedded":
        folder = Path(storage.url).expanduser() if storage.url else Path(run_dir) / FOLDER
        return f"{EMBEDDED}{quote(str(folder.absolute()))}"
    if storage.kind == "sqlite":
        return _sqlite(storage, run_dir)
    environ = os.environ if environ is None else environ
    found = storage.url or next((environ[name] for name in VARIABLES if environ.get(name)), None)
    if found:
        return found
    if any(environ.get(name) for name in _LIBPQ):
        return _libpq(environ)
    raise LedgerError(NEEDED)


def found_in(folder: Path) -> list[str]:
    """Addresses of the ledger of a run's directory, else of those in the directories below it, by path."""
    own = [address for file in (FILE, f"{FOLDER}/data/PG_VERSION") if (address := _found(folder / file))]
    if own:
        return own
    below = [*folder.glob(f"*/{FILE}"), *folder.glob(f"*/*/{FILE}")]
    servers = [*folder.glob(f"*/{FOLDER}/data/PG_VERSION"), *folder.glob(f"*/*/{FOLDER}/data/PG_VERSION")]
    return [address for file in sorted([*below, *servers]) if (address := _found(file))]


def _found(file: Path) -> str | None:
    if not file.is_file():
        return None
    place = file.absolute()
    return f"sqlite:///{place}" if file.name == FILE else f"{EMBEDDED}{quote(str(place.parents[1]))}"


def _sqlite(storage: Storage, run_dir: Path | str) -> str:
    if storage.url is None:
        return f"sqlite:///{Path(run_dir).absolute() / FILE}"
    if storage.url.startswith(("postgres:", "postgresql:", "postgresql+")):
        raise LedgerError(f"storage.url={storage.url} is a Postgres address; give storage=postgres with it")
    return storage.url if storage.url.startswith("sqlite:") else f"sqlite:///{Path(storage.url).absolute()}"


def _libpq(environ: Mapping[str, str]) -> str:
    """What names the server in messages; libpq itself reads the rest, the password included."""
    host, port = environ.get("PGHOST", ""), environ.get("PGPORT", "")
    user = f"{quote(environ['PGUSER'], safe='')}@" if environ.get("PGUSER") else ""
    path = f"/{quote(environ['PGDATABASE'], safe='')}" if environ.get("PGDATABASE") else "/"
    if not host or host.startswith(("/", "@")) or "," in host or not (port or "0").isdigit():
        return f"postgresql://{user}{path}"  # a socket's folder or a list of hosts: only libpq knows how to read it
    return f"postgresql://{user}{host}{f':{port}' if port else ''}{path}"
