"""A run in a thread of its own, which can be stopped as Ctrl-C stops one."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from contextvars import copy_context

from quantray.outlets import clean

#: A run that is deaf to the first wish so long is stopped at its next finished row.
DEAF_S = 2.0


class Running:
    """``work(self)`` begins at once. Its outcome is raised or returned by :meth:`result`, in whatever thread asks."""

    def __init__(self, work: Callable[[Running], object]) -> None:
        self.sentences: list[str] = []
        self._work, self._done = work, False
        self._error: BaseException | None = None
        self._asked: float | None = None
        self._thread = threading.Thread(target=copy_context().run, args=(self._go,), name="quantray-run", daemon=True)
        self._thread.start()

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    @property
    def failed(self) -> bool:
        """It is over, and did not come to its end."""
        return self.over and not self._done

    @property
    def said(self) -> str:
        """Its newest sentence."""
        return self.sentences[-1] if self.sentences else ""

    def say(self, sentence: str) -> None:
        self.sentences.append(clean(sentence))

    def met(self) -> None:
        """Called by the run wherever it may be stopped."""
        if self._asked is not None and time.monotonic() - self._asked > DEAF_S:
            raise KeyboardInterrupt

    def stop(self) -> None:
        """Raise KeyboardInterrupt in the run, once, at its next step: as Ctrl-C does where a run has no screens."""
        found = self._thread.ident
        if self._asked is None and found is not None and not self.over:
            self._asked = time.monotonic()
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(found), ctypes.py_object(KeyboardInterrupt))

    def result(self) -> None:
        """Wait for the end, and raise what the run raised."""
        self._thread.join()
        if not self._done:
            raise self._error or KeyboardInterrupt

    def _go(self) -> None:
        try:
            self._work(self)
            self._done = True
        except BaseException as error:
            self._error = error
