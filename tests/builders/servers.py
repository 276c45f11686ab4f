"""A real Postgres server for tests: the embedded one, which can be stopped, started and asked as its administrator."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import psycopg2

from quantray.ledger import embedded
from quantray.settings import Storage


class Server:
    """In a folder of its own; ``url`` is that of its administrator."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"embedded://{folder}"
        self.url = embedded.join(self.address)
        for setting in ("fsync", "full_page_writes"):  # nobody pulls the plug of a test
            self.ask(f"ALTER SYSTEM SET {setting} = off")
        self.ask("SELECT pg_reload_conf()")

    @property
    def storage(self) -> Storage:
        return Storage("postgres", self.url)

    def ask(self, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Rows of one statement, committed."""
        connection = psycopg2.connect(self.url)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql, arguments or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def database(self, name: str) -> str:
        """The URL of a new database."""
        self.ask(f"CREATE DATABASE {name}")
        return self.url.replace("/postgres?", f"/{name}?")

    def cut(self) -> int:
        """End every connection of quantray; how many there were."""
        ended = self.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'quantray' "
            "AND pid <> pg_backend_pid()"
        )
        return len(ended)

    def stop(self) -> None:
        embedded._down(self.folder)

    def start(self) -> None:
        embedded._up(self.folder)

    def restart_after(self, seconds: float) -> threading.Thread:
        """Stop the server now, and start it again later."""
        self.stop()

        def later() -> None:
            time.sleep(seconds)
            self.start()

        thread = threading.Thread(target=later)
        thread.start()
        return thread

    def ask_passwords_of(self, role: str) -> None:
        """Connections of ``role`` need its password, others none."""
        rules = self.folder / "data" / "pg_hba.conf"
        rules.write_text(f"local all {role} scram-sha-256\n" + rules.read_text())
        self.ask("SELECT pg_reload_conf()")

    def close(self) -> None:
        embedded.leave(self.address)
