"""What a dead process left unfinished goes, a living one keeps its own."""

from __future__ import annotations

import os
from pathlib import Path

from quantray.files.durable import unfinished_name
from tests.builders.study_pieces import pieces


def test_what_a_dead_process_left_unfinished_goes_and_a_living_one_keeps_its_own(tmp_path: Path) -> None:
    some = pieces(tmp_path)
    alive = some.folder / unfinished_name("a")
    dead = some.folder / alive.name.replace(f"~{os.getpid()}~", f"~{2**22 - 1}~")
    dead.write_text("")
    alive.write_text("")
    some.open()
    assert not dead.exists()
    assert alive.exists()
