"""Who may connect to an embedded server: the rules in its ``pg_hba.conf`` and ``pg_ident.conf``.

The kernel says who is at the other end of the socket, so there is no password that could leak, and whoever reaches
the socket is refused all the same unless he is the user who started the server.
"""

from __future__ import annotations

import os
import shlex
import tempfile
from contextlib import suppress
from pathlib import Path

from quantray.errors import LedgerError
from quantray.ledger.postmaster import Server

_RULE = "local all all peer map=quantray"
#: How a connection through the socket may be let in. Data of older versions say ``trust``.
_SOUND = ("peer", "scram-sha-256", "reject")


def admit(server: Server) -> bool:
    """Let this user in under any role and nobody else without a password; whether anything had to be changed.

    Rules that were added by hand stay as long as each asks the kernel or a password.
    """
    changed = False
    rules, people = server.data / "pg_hba.conf", server.data / "pg_ident.conf"
    lines = _lines(rules)
    if not all(map(_sound, lines)) or _RULE not in lines:
        _write(
            rules, f"# Written by quantray: the user who started the server, known to the kernel.\n{_RULE}\n", server
        )
        changed = True
    person = f'quantray "{_name()}" all'
    if person not in _lines(people):
        _write(people, f"# Written by quantray: that user may be any role.\n{person}\n", server)
        changed = True
    return changed


def _name() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name.replace('"', '""')
    except KeyError:
        raise LedgerError(f"user {os.geteuid()} has no name on this machine; choose another storage") from None


def _lines(file: Path) -> list[str]:
    with suppress(OSError):
        text = file.read_text(encoding="utf-8", errors="replace")
        return [line.strip() for line in text.splitlines() if line.split("#")[0].strip()]
    return []


def _sound(line: str) -> bool:
    try:
        words = shlex.split(line, comments=True)
    except ValueError:
        return False
    return len(words) >= 4 and words[0] == "local" and words[3] in _SOUND


def _write(file: Path, text: str, server: Server) -> None:
    """All of it or nothing, and the server's user can read it."""
    handle, beside = tempfile.mkstemp(prefix=".quantray-", dir=server.data)
    with os.fdopen(handle, "w", encoding="utf-8") as open_file:
        open_file.write(text)
        os.fchown(handle, server.user, server.group)
    Path(beside).replace(file)
