"""A door in front of a Postgres server that can be slammed at a chosen moment of the conversation."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from urllib.parse import quote


class Door:
    """Forwards a server's socket; the next COMMIT that :meth:`slam` chose is cut ``before`` or ``after`` it counts."""

    def __init__(self, server: str, folder: Path) -> None:
        self._server, self._place = server, folder / ".s.PGSQL.5432"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self._place))
        self._listener.listen()
        self._when, self._skip = "", 0
        self.slammed = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, database: str) -> str:
        return f"postgresql://postgres:@/{database}?host={quote(str(self._place.parent), safe='')}"

    def slam(self, when: str, skip: int = 0) -> None:
        """Cut the connection at a COMMIT, after ``skip`` others: ``before`` the server hears it, or ``after`` it

        answered, so that the client never learns that it was done.
        """
        self._when, self._skip = when, skip

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                server.connect(self._server)
                threading.Thread(target=self._forward, args=(client, server), daemon=True).start()
                threading.Thread(target=self._back, args=(server, client), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(1 << 16):
                if data.startswith(b"Q") and b"COMMIT" in data[:20] and self._when:
                    if self._skip == 0:
                        when, self._when = self._when, ""
                        self.slammed += 1
                        if when == "before":
                            break
                        _shut(client)  # whatever the server answers now is lost
                        server.sendall(data)
                        server.recv(1 << 16)
                        break
                    self._skip -= 1
                server.sendall(data)
        _shut(client)
        _shut(server)

    @staticmethod
    def _back(server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                client.sendall(data)
        _shut(client)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
